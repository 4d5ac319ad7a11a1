#ifndef KOLLECT_CONSUMER_HTTP_SERVER_HPP
#define KOLLECT_CONSUMER_HTTP_SERVER_HPP

#include <kollect/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace kollect::consumer {

/// What a client asked.
struct http_request {
  std::string method; ///< such as GET
  std::string path;   ///< without the query, as it came
  std::string query;  ///< what follows `?`
};

struct http_response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Answers one request; called on the server's thread, so it must not wait for anything.
using http_handler = std::function<http_response(const http_request&)>;

/// What a client may cost.
struct http_limits {
  std::size_t connections = 128;           ///< more are closed at once
  std::uint32_t header_bytes = 16U * 1024; ///< over it: 431
  std::uint64_t body_bytes = 0;            ///< over it: 413; nothing here takes a body
  std::chrono::seconds idle{30};           ///< for a request to be complete, an answer to be taken
};

/// A small HTTP/1.1 server with one thread of its own. Methods other than GET and HEAD get 405.
class http_server {
public:
  /// Listens on `ADDRESS:PORT`, `[IPV6]:PORT`, or `:PORT` and `PORT` for 127.0.0.1; port 0 is a free one.
  /// error::invalid_value for another form, and when the address cannot be listened on.
  static result<std::unique_ptr<http_server>> start(const std::string& address, http_handler handler,
                                                    http_limits limits = {});
  ~http_server();

  std::string address() const; ///< `ADDRESS:PORT` as it is listened on

private:
  struct state;
  explicit http_server(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::consumer

#endif

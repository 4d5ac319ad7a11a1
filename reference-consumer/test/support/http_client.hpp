#ifndef KOLLECT_CONSUMER_TEST_HTTP_CLIENT_HPP
#define KOLLECT_CONSUMER_TEST_HTTP_CLIENT_HPP

#include <chrono>
#include <string>
#include <string_view>

namespace kollect::consumer::test {

/// One connection to an HTTP server, byte by byte: for what no well-behaved client would send.
class http_client {
public:
  explicit http_client(const std::string& address); ///< `ADDRESS:PORT`
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// False when the server does not take it any more.
  bool send(std::string_view text) const;
  /// Reads up to and with `end`; all there is when the server closes, or after ten seconds.
  std::string read_until(std::string_view end) const;
  /// Reads until the server closes.
  std::string read_all() const;

private:
  /// Whether there was more to receive.
  bool receive() const;

  int descriptor_;
  mutable std::string received_; ///< and not yet read
};

/// GET on a connection of its own: status line, headers and body.
std::string http_get(const std::string& address, const std::string& path);

} // namespace kollect::consumer::test

#endif

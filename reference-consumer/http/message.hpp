#ifndef KOLLECT_CONSUMER_HTTP_MESSAGE_HPP
#define KOLLECT_CONSUMER_HTTP_MESSAGE_HPP

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kollect::consumer {

/// What a client asked. Headers that it did not send are empty.
struct http_request {
  /// GET, HEAD, DELETE, POST, or OPTIONS where a browser asks for another site's page; empty: another, which
  /// no path has
  std::string method;
  std::string path;            ///< without the query, as it came
  std::string query{};         ///< what follows `?`
  std::string host{};          ///< as it came, with the port
  std::string authorization{}; ///< as it came
  std::string if_none_match{};
  std::string last_event_id{};
  std::string accept{};
  std::string accept_encoding{};
  std::string origin{}; ///< of the web page that asks
};

/// Names and values.
using header_list = std::vector<std::pair<std::string, std::string>>;

struct http_response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  header_list headers{};
};

/// What a stream has for its client now.
struct stream_part {
  std::string text{};   ///< empty: nothing yet
  bool is_last = false; ///< the stream ends after it
  /// With an empty text: ask again after this time, even without news; 0: only with news.
  std::chrono::milliseconds again_after{0};
};

/// Answers the next part of a stream, on a worker thread, one call at a time: when the one before has been
/// taken, when the server was told that there is news, and with `is_idle` when nothing has been sent for the
/// heartbeat's time. What is held for a client is one part.
using stream_source = std::function<stream_part(bool is_idle)>;

/// A response that goes on: Server-Sent Events.
struct http_stream {
  stream_source source;
  header_list headers{};
};

using http_outcome = std::variant<http_response, http_stream>;

/// Makes a response on a worker thread, where it may wait for a store.
using http_job = std::function<http_outcome()>;

using http_reply = std::variant<http_response, http_job>;

/// Answers one request; called on the server's own thread, so it must not wait for anything: what has to,
/// is a job.
using http_handler = std::function<http_reply(const http_request&)>;

} // namespace kollect::consumer

#endif

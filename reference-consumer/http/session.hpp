#ifndef KOLLECT_CONSUMER_HTTP_SESSION_HPP
#define KOLLECT_CONSUMER_HTTP_SESSION_HPP

#include "http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <semaphore>
#include <utility>

namespace kollect::consumer::http_session {

using tls_context = std::shared_ptr<boost::asio::ssl::context>;

/// What one client is about, and how to be rid of it.
struct client {
  enum class phase { reading, working, writing, closed };

  phase now = phase::reading;
  std::chrono::steady_clock::time_point since{}; ///< when that began
  std::size_t waiting_bytes = 0;                 ///< of an answer that it has not taken yet
  std::function<void()> close{};
};

/// What all sessions of a server share. Of the server's thread alone, but for `unplaced`.
struct shared {
  shared(http_handler answers, const http_limits& bounds, http_events told, boost::asio::thread_pool& on)
      : handler(std::move(answers)), limits(bounds), events(std::move(told)), workers(&on),
        unplaced(static_cast<std::ptrdiff_t>(bounds.workers)) {}

  http_handler handler;
  http_limits limits;
  http_events events;
  boost::asio::thread_pool* workers;
  /// Answers that are being made, or wait for the server's thread to count them: no more than workers, who
  /// wait for it. Else a thread that is busy sending would have any number of them behind it.
  std::counting_semaphore<> unplaced;
  std::size_t connections = 0;
  /// What wakes each stream that is open.
  std::map<const void*, std::function<void()>> streams{};
  std::map<const void*, client> clients{};
  std::size_t waiting_bytes = 0; ///< of all clients together

  void tell_open() const {
    if (events.open)
      events.open(connections, streams.size());
  }
};

/// Serves one client, from its first request to its last; with TLS where there is a context.
void begin(boost::asio::ip::tcp::socket socket, shared& of_all, const tls_context& tls);

void wake_all(shared& of_all);

/// Closes the connection whose request has been incomplete for longest, or else an answer that has not been
/// taken for a while, so that another client can be served. False where there is none.
bool close_idlest(shared& of_all);

} // namespace kollect::consumer::http_session

#endif

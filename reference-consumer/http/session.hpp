#ifndef KOLLECT_CONSUMER_HTTP_SESSION_HPP
#define KOLLECT_CONSUMER_HTTP_SESSION_HPP

#include "http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>

namespace kollect::consumer::http_session {

using tls_context = std::shared_ptr<boost::asio::ssl::context>;

/// What all sessions of a server share. Of the server's thread alone.
struct shared {
  http_handler handler;
  http_limits limits;
  http_events events;
  boost::asio::thread_pool* workers = nullptr;
  std::size_t connections = 0;
  /// What wakes each stream that is open.
  std::map<const void*, std::function<void()>> streams{};

  void tell_open() const {
    if (events.open)
      events.open(connections, streams.size());
  }
};

/// Serves one client, from its first request to its last; with TLS where there is a context.
void begin(boost::asio::ip::tcp::socket socket, shared& of_all, const tls_context& tls);

void wake_all(shared& of_all);

} // namespace kollect::consumer::http_session

#endif

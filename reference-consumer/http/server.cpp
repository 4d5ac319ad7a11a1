#include "http/server.hpp"

#include "http/session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <charconv>
#include <mutex>
#include <thread>
#include <utility>

namespace kollect::consumer {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

failure refuse(const std::string& address, std::string what) {
  auto out = make_failure(error::invalid_value, "--listen: " + std::move(what));
  out.source = address;
  return out;
}

result<tcp::endpoint> parse_address(const std::string& text) {
  constexpr auto help = "must be ADDRESS:PORT with a numeric address, as 127.0.0.1:8080 (names such as "
                        "localhost are not looked up), "
                        "[IPV6]:PORT, or :PORT for 127.0.0.1";
  const auto colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string port_text = colon == std::string::npos ? text : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto* const end = port_text.data() + port_text.size();
  if (const auto read = std::from_chars(port_text.data(), end, port);
      read.ec != std::errc{} || read.ptr != end)
    return refuse(text, help);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(host.empty() ? "127.0.0.1" : host, problem);
  if (problem)
    return refuse(text, help);
  return tcp::endpoint(address, port);
}

failure refuse_tls(const std::string& file, const boost::system::error_code& problem) {
  // OpenSSL's words name no content of the file.
  auto out = make_failure(error::invalid_value, "cannot be used for TLS: " + problem.message());
  out.source = file;
  return out;
}

result<http_session::tls_context> make_tls(const certificate_files& files) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code problem;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                           asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                       problem);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS); // idle streams are many
  if (!problem)
    context->use_certificate_chain_file(files.certificate, problem);
  if (problem)
    return refuse_tls(files.certificate, problem);
  context->use_private_key_file(files.key, asio::ssl::context::pem, problem);
  if (problem)
    return refuse_tls(files.key, problem);
  if (SSL_CTX_check_private_key(context->native_handle()) != 1)
    return make_failure(error::invalid_value, "--tls-key is not the key of --tls-certificate");
  return context;
}

} // namespace

struct http_server::state {
  http_session::shared shared; // before io, whose destructor ends the sessions
  http_settings settings;
  std::mutex tls_mutex;
  http_session::tls_context tls{};
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  std::atomic<bool> is_waking{false};
  asio::thread_pool workers;
  std::thread thread{};

  state(http_settings how, http_handler handler)
      : shared(std::move(handler), how.limits, how.events, workers), settings(std::move(how)),
        workers(settings.limits.workers) {}

  void accept() {
    acceptor.async_accept([this](const boost::system::error_code& problem, tcp::socket socket) {
      if (problem == asio::error::operation_aborted)
        return;
      if (problem)
        return accept_later();
      if (shared.connections < settings.limits.connections || http_session::close_idlest(shared)) {
        const std::scoped_lock lock(tls_mutex);
        http_session::begin(std::move(socket), shared, tls);
      } else if (settings.events.connection_refused) {
        settings.events.connection_refused();
      }
      accept();
    });
  }

  /// Without a free descriptor accepting fails at once, again and again.
  void accept_later() {
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](const boost::system::error_code& problem) {
      if (!problem)
        accept();
    });
  }
};

result<bool> is_loopback(const std::string& address) {
  const auto endpoint = parse_address(address);
  if (!endpoint)
    return endpoint.error();
  return endpoint->address().is_loopback();
}

result<std::unique_ptr<http_server>> http_server::start(http_settings settings, http_handler handler) {
  const auto endpoint = parse_address(settings.address);
  if (!endpoint)
    return endpoint.error();
  auto made = std::make_unique<state>(std::move(settings), std::move(handler));
  if (made->settings.tls) {
    auto tls = make_tls(*made->settings.tls);
    if (!tls)
      return tls.error();
    made->tls = std::move(*tls);
  }
  boost::system::error_code problem;
  made->acceptor.open(endpoint->protocol(), problem);
  if (!problem)
    made->acceptor.set_option(asio::socket_base::reuse_address(true), problem);
  if (!problem)
    made->acceptor.bind(*endpoint, problem);
  if (!problem)
    made->acceptor.listen(asio::socket_base::max_listen_connections, problem);
  if (problem)
    return refuse(made->settings.address, "the address cannot be listened on: " + problem.message());
  made->accept();
  made->thread = std::thread([&io = made->io] { io.run(); });
  return std::unique_ptr<http_server>(new http_server(std::move(made)));
}

http_server::http_server(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}

http_server::~http_server() {
  state_->workers.stop(); // what has not begun is given up
  state_->workers.join();
  state_->io.stop();
  state_->thread.join();
}

std::string http_server::address() const {
  boost::system::error_code ignored;
  const auto endpoint = state_->acceptor.local_endpoint(ignored);
  const auto host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

void http_server::wake_streams() {
  if (state_->is_waking.exchange(true))
    return; // is under way
  asio::post(state_->io, [this] {
    state_->is_waking = false;
    http_session::wake_all(state_->shared);
  });
}

void http_server::post(std::function<void()> work) {
  asio::post(state_->workers, std::move(work));
}

result<void> http_server::reload_tls() {
  if (!state_->settings.tls)
    return {};
  auto tls = make_tls(*state_->settings.tls);
  if (!tls)
    return tls.error();
  const std::scoped_lock lock(state_->tls_mutex);
  state_->tls = std::move(*tls);
  return {};
}

} // namespace kollect::consumer

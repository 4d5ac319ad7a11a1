#include "http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <optional>
#include <thread>
#include <utility>

namespace kollect::consumer {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

failure refuse(const std::string& address, std::string what) {
  auto out = make_failure(error::invalid_value, "--listen: " + std::move(what));
  out.source = address;
  return out;
}

result<tcp::endpoint> parse_address(const std::string& text) {
  constexpr auto help = "must be ADDRESS:PORT, [IPV6]:PORT, or :PORT for 127.0.0.1";
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

http_response plain(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body) + "\n"};
}

/// What went wrong with a request before anybody looked at it; nothing where no answer is of use.
std::optional<http_response> answer_to(const boost::system::error_code& problem) {
  if (problem == http::error::header_limit || problem == http::error::buffer_overflow)
    return plain(431, "the request's header is too large");
  if (problem == http::error::body_limit)
    return plain(413, "the request's body is too large");
  if (problem == http::error::end_of_stream || problem == http::error::partial_message ||
      problem == beast::error::timeout ||
      problem.category() != make_error_code(http::error::bad_method).category())
    return {};
  return plain(400, "this is not an HTTP request: " + problem.message());
}

/// One client, from its first request to its last.
class session : public std::enable_shared_from_this<session> {
public:
  session(tcp::socket socket, const http_handler& handler, const http_limits& limits, std::size_t& open)
      : stream_(std::move(socket)), handler_(handler), limits_(limits), open_(open) {
    ++open_;
  }
  ~session() { --open_; }

  void read() {
    parser_.emplace();
    parser_->header_limit(limits_.header_bytes);
    parser_->body_limit(limits_.body_bytes);
    stream_.expires_after(limits_.idle);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
                       self->on_read(problem);
                     });
  }

private:
  void on_read(const boost::system::error_code& problem) {
    if (problem) {
      if (auto answered = answer_to(problem))
        write(std::move(*answered), 11, false, false);
      return;
    }
    const auto& request = parser_->get();
    const bool is_head = request.method() == http::verb::head;
    if (request.method() != http::verb::get && !is_head)
      return write(plain(405, "only GET and HEAD are served"), request.version(), request.keep_alive(),
                   false);
    const std::string target(request.target());
    const auto mark = target.find('?');
    const http_request asked{std::string(request.method_string()), target.substr(0, mark),
                             mark == std::string::npos ? "" : target.substr(mark + 1)};
    write(handler_(asked), request.version(), request.keep_alive(), is_head);
  }

  void write(http_response answer, unsigned version, bool keep_alive, bool is_head) {
    response_ = {};
    response_.version(version);
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(http::field::content_type, answer.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    if (answer.status == 405)
      response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(keep_alive);
    response_.content_length(answer.body.size());
    if (!is_head)
      response_.body() = std::move(answer.body);
    stream_.expires_after(limits_.idle);
    serializer_.emplace(response_);
    serializer_->split(is_head);
    const auto done = [self = shared_from_this(), keep_alive](const boost::system::error_code& problem,
                                                              std::size_t) {
      if (!problem && keep_alive)
        return self->read();
      boost::system::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    };
    if (is_head)
      http::async_write_header(stream_, *serializer_, done);
    else
      http::async_write(stream_, *serializer_, done);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  const http_handler& handler_;
  const http_limits& limits_;
  std::size_t& open_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

} // namespace

struct http_server::state {
  http_handler handler;
  http_limits limits;
  std::size_t open = 0; // sessions; before io, whose destructor ends them
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  std::thread thread{};

  void accept() {
    acceptor.async_accept([this](const boost::system::error_code& problem, tcp::socket socket) {
      if (problem == asio::error::operation_aborted)
        return;
      if (problem)
        return accept_later();
      if (open < limits.connections)
        std::make_shared<session>(std::move(socket), handler, limits, open)->read();
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

result<std::unique_ptr<http_server>> http_server::start(const std::string& address, http_handler handler,
                                                        http_limits limits) {
  const auto endpoint = parse_address(address);
  if (!endpoint)
    return endpoint.error();
  auto made = std::make_unique<state>(std::move(handler), limits);
  boost::system::error_code problem;
  made->acceptor.open(endpoint->protocol(), problem);
  if (!problem)
    made->acceptor.set_option(asio::socket_base::reuse_address(true), problem);
  if (!problem)
    made->acceptor.bind(*endpoint, problem);
  if (!problem)
    made->acceptor.listen(asio::socket_base::max_listen_connections, problem);
  if (problem)
    return refuse(address, "the address cannot be listened on: " + problem.message());
  made->accept();
  made->thread = std::thread([&io = made->io] { io.run(); });
  return std::unique_ptr<http_server>(new http_server(std::move(made)));
}

http_server::http_server(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}

http_server::~http_server() {
  state_->io.stop();
  state_->thread.join();
}

std::string http_server::address() const {
  boost::system::error_code ignored;
  const auto endpoint = state_->acceptor.local_endpoint(ignored);
  const auto host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

} // namespace kollect::consumer

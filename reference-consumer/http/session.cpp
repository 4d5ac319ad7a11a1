#include "http/session.hpp"

#include "http/request_header.hpp"
#include "http/untaken_text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace kollect::consumer::http_session {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using clock = std::chrono::steady_clock;
using plain_stream = beast::tcp_stream;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

/// What a client may still send after it was refused, so that it gets to read why.
constexpr std::size_t most_discarded = 256UL * 1024;
constexpr std::chrono::seconds longest_goodbye{2};
/// Answers of this size are always given: probes, refusals.
constexpr std::size_t small_answer = 64UL * 1024;

http_response plain(int status, std::string body) {
  http_response out{status, "text/plain; charset=utf-8", std::move(body) + "\n"};
  if (status == 405)
    out.headers.emplace_back("Allow", "GET, HEAD");
  return out;
}

http_response busy() {
  auto out = plain(503, "too many answers have not been taken yet: try again");
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

/// What went wrong with a request before anybody looked at it; nothing where no answer is of use.
std::optional<http_response> answer_to(const error_code& problem) {
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

/// Now, as RFC 9110 wants it.
std::string http_date() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

/// The client that has been at something for longest, and for `patience` at least.
client* find_oldest(shared& of_all, client::phase what, clock::duration patience) {
  client* oldest = nullptr;
  for (auto& [who, one] : of_all.clients)
    if (one.now == what && (oldest == nullptr || one.since < oldest->since))
      oldest = &one;
  return oldest != nullptr && clock::now() - oldest->since >= patience ? oldest : nullptr;
}

/// Gives up answers that are not taken, until one more of this size fits. False where it does not.
bool make_room(shared& of_all, std::size_t bytes) {
  if (bytes <= small_answer)
    return true;
  while (of_all.waiting_bytes + bytes > of_all.limits.untaken_bytes) {
    auto* const oldest = find_oldest(of_all, client::phase::writing, of_all.limits.patience);
    if (oldest == nullptr)
      return of_all.waiting_bytes == 0; // one answer alone is always given
    oldest->close();
  }
  return true;
}

template <class Stream>
class session : public std::enable_shared_from_this<session<Stream>> {
public:
  template <class... Arguments>
  session(shared& of_all, tls_context tls, Arguments&&... arguments)
      : tls_(std::move(tls)), stream_(std::forward<Arguments>(arguments)...), shared_(of_all),
        timer_(stream_.get_executor()) {
    ++shared_.connections;
    shared_.clients[this] = {client::phase::reading, clock::now(), 0, [this] { close(); }};
    shared_.tell_open();
  }
  ~session() {
    enter(client::phase::closed);
    shared_.streams.erase(this);
    shared_.clients.erase(this);
    --shared_.connections;
    shared_.tell_open();
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void begin() {
    if constexpr (std::is_same_v<Stream, tls_stream>) {
      expire_after(shared_.limits.idle);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](const error_code& problem) {
                                if (!problem)
                                  self->read();
                              });
    } else {
      read();
    }
  }

private:
  /// What was written before has been taken, or will not be.
  void enter(client::phase next, std::size_t waiting_bytes = 0) {
    auto& own = shared_.clients[this];
    shared_.waiting_bytes += waiting_bytes - own.waiting_bytes;
    own.now = next;
    own.since = clock::now();
    own.waiting_bytes = waiting_bytes;
  }

  void close() {
    enter(client::phase::closed);
    if (source_)
      return end_stream();
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

  void expire_after(clock::duration time) { beast::get_lowest_layer(stream_).expires_after(time); }

  void read() {
    enter(client::phase::reading);
    parser_.emplace();
    parser_->header_limit(shared_.limits.header_bytes);
    parser_->body_limit(shared_.limits.body_bytes);
    expire_after(shared_.limits.idle);
    // Header and body at once: a body that is not served is refused as soon as the header announces it.
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](const error_code& problem, std::size_t) {
                       self->on_read(problem);
                     });
  }

  void on_read(const error_code& problem) {
    begun_at_ = clock::now();
    const auto method = parser_->get().method();
    const bool is_change = method == http::verb::delete_ || method == http::verb::post;
    const bool is_served =
        method == http::verb::get || method == http::verb::head ||
        (is_change && shared_.limits.takes_changes) ||
        (method == http::verb::options && shared_.limits.takes_preflights && is_preflight(parser_->get()));
    // A method that is not served is that, whatever comes with it.
    if (!is_served && (!shared_.limits.takes_changes || problem) &&
        (!problem || problem == http::error::body_limit))
      return refuse(plain(405, "only GET and HEAD are served"));
    if (problem)
      return refuse(answer_to(problem));
    version_ = parser_->get().version();
    if (!has_one_host(parser_->get()))
      return refuse(plain(400, "a request names one Host"));
    if (!has_one_token(parser_->get()))
      return refuse(plain(400, "a request has one Authorization"));
    is_head_ = method == http::verb::head;
    keep_alive_ = parser_->get().keep_alive();
    auto request = request_of(parser_->get().base());
    if (!is_served) // the handler knows which methods a path has
      request.method.clear();
    auto reply = shared_.handler(request);
    parser_.reset();
    if (auto* const answer = std::get_if<http_response>(&reply))
      write(std::move(*answer));
    else
      run(std::move(std::get<http_job>(reply)));
  }

  /// What cannot be gone on with: an answer, if there is one, and the end.
  void refuse(std::optional<http_response> answer) {
    if (!answer)
      return;
    keep_alive_ = false;
    write(std::move(*answer));
  }

  /// On a worker thread, and back; the session is never let go of over there.
  template <class Work, class Done>
  void work(Work what, Done done) {
    asio::post(*shared_.workers,
               [self = this->shared_from_this(), what = std::move(what), done = std::move(done)]() mutable {
                 auto& unplaced = self->shared_.unplaced;
                 unplaced.acquire();
                 auto found = what();
                 const auto server_thread = self->timer_.get_executor();
                 asio::post(server_thread, [self = std::move(self), done = std::move(done),
                                            found = std::move(found), &unplaced]() mutable {
                   done(*self, std::move(found));
                   unplaced.release();
                 });
               });
  }

  void run(http_job job) {
    beast::get_lowest_layer(stream_).expires_never();
    enter(client::phase::working);
    work(std::move(job), [](session& self, http_outcome found) {
      if (auto* const response = std::get_if<http_response>(&found))
        self.write(std::move(*response));
      else
        self.begin_stream(std::move(std::get<http_stream>(found)));
    });
  }

  void write(http_response answer) {
    if (!make_room(shared_, answer.body.size())) {
      answer = busy();
      keep_alive_ = false; // what else it has asked for already would be made for nothing, too
    }
    enter(client::phase::writing, answer.body.size());
    if (shared_.events.answered)
      shared_.events.answered(answer.status, clock::now() - begun_at_);
    response_ = {};
    response_.version(version_);
    response_.result(static_cast<unsigned>(answer.status));
    if (answer.status != 304)
      response_.set(http::field::content_type, answer.content_type);
    response_.set(http::field::date, http_date());
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers)
      if (name == "Vary") // of which several may be
        response_.insert(name, value);
      else
        response_.set(name, value);
    response_.keep_alive(keep_alive_);
    if (answer.status != 304)
      response_.content_length(answer.body.size());
    if (!is_head_ && answer.status != 304)
      body_ = untaken_text(std::move(answer.body));
    response_.body() = {body_.view().data(), body_.view().size()};
    expire_after(shared_.limits.idle);
    http::async_write(stream_, response_,
                      [self = this->shared_from_this()](const error_code& problem, std::size_t) {
                        self->on_written(problem);
                      });
  }

  void on_written(const error_code& problem) {
    response_ = {};
    body_ = {};
    enter(client::phase::working);
    if (problem)
      return;
    if (keep_alive_)
      return read();
    say_goodbye();
  }

  /// Ends our side and reads what the client still sends: closed at once, the connection would take our
  /// answer with it.
  void say_goodbye() {
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(tcp::socket::shutdown_send, ignored);
    expire_after(longest_goodbye);
    discard();
  }

  void discard() {
    buffer_.clear();
    beast::get_lowest_layer(stream_).async_read_some(
        buffer_.prepare(4096),
        [self = this->shared_from_this()](const error_code& problem, std::size_t size) {
          self->discarded_ += size;
          if (!problem && self->discarded_ < most_discarded)
            self->discard();
        });
  }

  // A stream: the source is asked for a part, the part is written, and so on; with nothing to send it waits
  // to be woken, or for the heartbeat.

  void begin_stream(http_stream opened) {
    if (shared_.streams.size() >= shared_.limits.streams) {
      drop("full");
      return write(plain(503, "there are too many streams already: try again later"));
    }
    if (shared_.events.answered)
      shared_.events.answered(200, clock::now() - begun_at_);
    source_ = std::make_shared<stream_source>(std::move(opened.source));
    std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nDate: " +
        http_date() + "\r\nX-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\nConnection: close\r\n";
    for (const auto& [name, value] : opened.headers)
      head.append(name).append(": ").append(value).append("\r\n");
    head += "\r\n";
    keep_alive_ = false;
    if (is_head_)
      return send(std::move(head), true);
    buffer_ = beast::flat_buffer(); // there is nothing more to read from this client
    shared_.streams[this] = [this] { on_news(); };
    shared_.tell_open();
    watch_for_end();
    send(std::move(head), false);
  }

  /// A client that goes is noticed at once, not with the next heartbeat. What it sends is passed over.
  void watch_for_end() {
    auto& socket = beast::get_lowest_layer(stream_).socket();
    socket.async_wait(tcp::socket::wait_read, [self = this->shared_from_this()](const error_code& problem) {
      if (problem)
        return;
      auto& watched = beast::get_lowest_layer(self->stream_).socket();
      std::array<char, 512> ignored{};
      error_code failed;
      watched.non_blocking(true, failed);
      const auto size = watched.read_some(asio::buffer(ignored), failed);
      if (failed && failed != asio::error::would_block)
        return self->end_stream();
      self->discarded_ += size;
      if (self->discarded_ > most_discarded)
        return self->end_stream();
      self->watch_for_end();
    });
  }

  void end_stream() {
    is_ended_ = true;
    shared_.streams.erase(this);
    timer_.cancel();
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

  void drop(std::string_view reason) {
    if (shared_.events.stream_dropped)
      shared_.events.stream_dropped(reason);
  }

  void on_news() {
    has_news_ = true;
    if (!is_busy_)
      timer_.cancel();
  }

  void ask(bool is_idle) {
    if (shared_.waiting_bytes >= shared_.limits.untaken_bytes)
      return wait(shared_.limits.patience); // others do not take what they have
    is_busy_ = true;
    has_news_ = false;
    enter(client::phase::working);
    work([source = source_, is_idle] { return (*source)(is_idle); },
         [](session& self, stream_part part) { self.on_part(std::move(part)); });
  }

  void on_part(stream_part part) {
    if (is_ended_)
      return;
    if (part.text.empty() && !part.is_last)
      return wait(part.again_after);
    send(std::move(part.text), part.is_last);
  }

  void send(std::string text, bool is_last) {
    if (!make_room(shared_, text.size())) {
      drop("full");
      return end_stream();
    }
    is_busy_ = true;
    part_ = untaken_text(std::move(text));
    enter(client::phase::writing, part_.view().size());
    expire_after(shared_.limits.idle);
    asio::async_write(stream_, asio::buffer(part_.view()),
                      [self = this->shared_from_this(), is_last](const error_code& problem, std::size_t) {
                        self->on_sent(problem, is_last);
                      });
  }

  void on_sent(const error_code& problem, bool is_last) {
    part_ = {};
    enter(client::phase::working);
    if (problem == beast::error::timeout)
      drop("slow");
    if (problem)
      return end_stream();
    beast::get_lowest_layer(stream_).expires_never();
    if (!is_last)
      return ask(false);
    shared_.streams.erase(this);
    is_ended_ = true;
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(tcp::socket::shutdown_send, ignored);
    timer_.expires_after(longest_goodbye);
    timer_.async_wait([self = this->shared_from_this()](const error_code&) { self->end_stream(); });
  }

  void wait(std::chrono::milliseconds again_after) {
    is_busy_ = false;
    if (has_news_ && again_after.count() == 0)
      return ask(false);
    const bool is_idle = again_after.count() == 0 || again_after >= shared_.limits.heartbeat;
    timer_.expires_after(is_idle ? shared_.limits.heartbeat : again_after);
    timer_.async_wait([self = this->shared_from_this(), is_idle](const error_code& problem) {
      if (!self->is_ended_ && !self->is_busy_)
        self->ask(is_idle && !problem);
    });
  }

  tls_context tls_; // before the stream, which uses it
  Stream stream_;
  shared& shared_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::span_body<const char>> response_;
  clock::time_point begun_at_{};
  unsigned version_ = 11;
  bool keep_alive_ = false;
  bool is_head_ = false;
  std::size_t discarded_ = 0;

  std::shared_ptr<stream_source> source_;
  untaken_text body_, part_;
  bool is_busy_ = false;  // a part is being made or sent
  bool has_news_ = false; // since the last part was asked for
  bool is_ended_ = false;
};

} // namespace

void begin(tcp::socket socket, shared& of_all, const tls_context& tls) {
  if (tls)
    std::make_shared<session<tls_stream>>(of_all, tls, std::move(socket), *tls)->begin();
  else
    std::make_shared<session<plain_stream>>(of_all, tls, std::move(socket))->begin();
}

bool close_idlest(shared& of_all) {
  auto* found = find_oldest(of_all, client::phase::reading, {});
  if (found == nullptr)
    found = find_oldest(of_all, client::phase::writing, of_all.limits.patience);
  if (found == nullptr)
    return false;
  found->close();
  return true;
}

void wake_all(shared& of_all) {
  for (const auto& [stream, wake] : of_all.streams)
    wake();
}

} // namespace kollect::consumer::http_session

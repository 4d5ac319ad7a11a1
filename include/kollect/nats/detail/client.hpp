#ifndef KOLLECT_NATS_DETAIL_CLIENT_HPP
#define KOLLECT_NATS_DETAIL_CLIENT_HPP

#include <kollect/connection.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/error.hpp>
#include <kollect/nats/detail/events.hpp>
#include <kollect/nats/detail/make_options.hpp>
#include <kollect/nats/detail/pointers.hpp>
#include <kollect/nats/detail/subject.hpp>
#include <kollect/version.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

[[nodiscard]] inline std::string_view data_of(const natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

/// An answer of the JetStream API: an object, or the error in it.
struct api_reply {
  boost::json::object body;
  int error_code = 0; ///< JetStream's own code; 0: no error
  int status = 0;     ///< the HTTP-like code beside it
  std::string description;
};

[[nodiscard]] inline failure explain(const api_reply& reply, std::string_view doing,
                                     boost::source_location location = BOOST_CURRENT_LOCATION) {
  return explain(to_error(reply.error_code, reply.status),
                 std::string(doing) + " failed: " + reply.description, location);
}

// Fields of JetStream's answers. One that is absent, as Go leaves out zeros, is zero or empty.

[[nodiscard]] inline std::uint64_t number(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr)
    return 0;
  if (const auto* natural = value->if_uint64())
    return *natural;
  const auto* integer = value->if_int64();
  return integer != nullptr && *integer > 0 ? static_cast<std::uint64_t>(*integer) : 0;
}

[[nodiscard]] inline std::string text(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string() : std::string(string->data(), string->size());
}

[[nodiscard]] inline const boost::json::object& child(const boost::json::object& object,
                                                      std::string_view key) {
  static const boost::json::object none;
  const auto* value = object.if_contains(key);
  const auto* found = value == nullptr ? nullptr : value->if_object();
  return found == nullptr ? none : *found;
}

/// Reads an answer of the JetStream API; nothing for what is not one.
[[nodiscard]] inline std::optional<api_reply> read_reply(std::string_view json) {
  boost::system::error_code problem;
  auto value = boost::json::parse(json, problem);
  if (problem || !value.is_object())
    return {};
  api_reply reply{std::move(value.get_object()), 0, 0, {}};
  const auto& trouble = child(reply.body, "error");
  if (trouble.empty())
    return reply;
  reply.status = static_cast<int>(number(trouble, "code"));
  reply.error_code = static_cast<int>(number(trouble, "err_code"));
  reply.description = text(trouble, "description");
  if (reply.error_code == 0)
    reply.error_code = -1; // servers before 2.3 have no code
  return reply;
}

/// A subscription of our own for answers: what is sent to `prefix.ANYTHING` arrives in it.
struct inbox {
  std::string prefix;
  subscription_pointer subscription;

  /// The number that a message's subject has behind the prefix.
  std::optional<std::uint64_t> number_of(const natsMsg* message) const {
    const std::string_view subject = natsMsg_GetSubject(message);
    return read_number(subject.substr(std::min(subject.size(), prefix.size() + 1)));
  }
};

/// What ends a wait at an inbox.
enum class inbox_event {
  message,
  no_responders, ///< the server says that nobody listens where the question went
  none,          ///< the time is over
  lost,          ///< the connection was, so that answers may be missing
  closed         ///< the connection is, for good
};

struct inbox_read {
  inbox_event event = inbox_event::none;
  message_pointer message;
};

/// A connection to NATS, with requests to JetStream in its own JSON: so that a stream's settings that
/// this cnats does not know survive being read and written back (NAT-03).
class client {
public:
  [[nodiscard]] static result<std::unique_ptr<client>> connect(const connection& target,
                                                               const client_options& settings) {
    auto options = make_options(target, settings);
    if (!options)
      return options.error();
    auto made = std::unique_ptr<client>(new client(settings));
    for (const std::string& line : start_warnings(target))
      made->report(line);
    natsStatus status = made->events_->attach(options->get());
    natsConnection* raw = nullptr;
    if (status == NATS_OK)
      status = natsConnection_Connect(&raw, options->get());
    made->connection_.reset(raw);
    if (status != NATS_OK)
      return connect_failure(target, status);
    return made;
  }

  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { close(); }

  natsConnection* handle() const noexcept { return connection_.get(); }
  const connection_events& events() const noexcept { return *events_; }
  const client_options& settings() const noexcept { return settings_; }

  void report(std::string_view line) const {
    if (settings_.log)
      settings_.log(line);
  }

  /// Hands on what cnats' threads have noticed.
  void report_events() {
    for (const std::string& line : events_->take_lines())
      report(line);
  }

  /// Fails once there is no connection and never will be one again.
  [[nodiscard]] result<void> check_open() const {
    if (connection_ == nullptr)
      return make_failure(error::closed, "this has been closed; create a new one");
    if (!events_->closed())
      return {};
    if (to_error(events_->last_error()) == error::authentication_failed)
      return make_failure(
          error::authentication_failed,
          "the NATS server no longer accepts the credentials; correct the secret and start the program again",
          "NAT-04");
    return make_failure(error::transport_fatal,
                        "the NATS server has ended the connection for good; create a new one");
  }

  /// Asks JetStream something. An error in its answer is no failure here, but the lack of an answer is.
  [[nodiscard]] result<api_reply> request(const std::string& subject, const boost::json::object& body,
                                          std::chrono::milliseconds timeout) {
    const std::string json = body.empty() ? std::string() : boost::json::serialize(body);
    const auto refusals = events_->refusals();
    natsMsg* raw = nullptr;
    const auto status =
        natsConnection_Request(&raw, handle(), subject.c_str(), json.data(), static_cast<int>(json.size()),
                               std::max<std::int64_t>(timeout.count(), 1));
    const message_pointer answer{raw};
    if (status == NATS_NO_RESPONDERS)
      return explain(error::broker_unavailable,
                     "JetStream does not answer: it is not enabled, or not ready yet");
    if (status == NATS_TIMEOUT && events_->refusals() != refusals)
      return explain(error::authentication_failed, "the NATS user has no permission for " + subject);
    if (status != NATS_OK)
      return explain(status, "asking " + subject);
    auto reply = read_reply(data_of(answer.get()));
    if (!reply)
      return explain(error::transport_fatal, "the answer to " + subject + " is not JSON");
    return std::move(*reply);
  }

  [[nodiscard]] result<inbox> subscribe_inbox() {
    natsInbox* name = nullptr;
    if (const auto status = natsInbox_Create(&name); status != NATS_OK)
      return explain(status, "making an inbox");
    inbox made{name, nullptr};
    natsInbox_Destroy(name);
    natsSubscription* raw = nullptr;
    auto status = natsConnection_SubscribeSync(&raw, handle(), (made.prefix + ".*").c_str());
    made.subscription.reset(raw);
    // What waits here is bounded by what we ask for; cnats' own limits would drop it in silence.
    if (status == NATS_OK)
      status = natsSubscription_SetPendingLimits(raw, -1, -1);
    if (status != NATS_OK)
      return explain(status, "subscribing to an inbox");
    return made;
  }

  natsStatus publish(const std::string& subject, const std::string& reply, std::string_view data) const {
    if (reply.empty())
      return natsConnection_Publish(handle(), subject.c_str(), data.data(), static_cast<int>(data.size()));
    return natsConnection_PublishRequest(handle(), subject.c_str(), reply.c_str(), data.data(),
                                         static_cast<int>(data.size()));
  }

  /// Waits for the next message. A connection that is lost more often than `losses` ends the wait, after
  /// what had arrived before.
  inbox_read next(const inbox& from, clock::time_point deadline, std::uint64_t losses) const {
    using namespace std::chrono_literals;
    for (;;) {
      const bool lost = events_->losses() != losses;
      // Nothing wakes a waiting cnats when the connection is lost.
      const auto patience = lost ? 0ms : std::min<std::chrono::milliseconds>(time_left(deadline), 100ms);
      natsMsg* raw = nullptr;
      const auto status = natsSubscription_NextMsg(&raw, from.subscription.get(), patience.count());
      message_pointer message{raw};
      if (status == NATS_OK && natsMsg_IsNoResponders(raw))
        return {inbox_event::no_responders, nullptr};
      if (status == NATS_OK)
        return {inbox_event::message, std::move(message)};
      if (status == NATS_NO_RESPONDERS)
        return {inbox_event::no_responders, nullptr};
      if (status != NATS_TIMEOUT && status != NATS_SLOW_CONSUMER)
        return {inbox_event::closed, nullptr};
      if (lost)
        return {inbox_event::lost, nullptr};
      if (clock::now() >= deadline)
        return {inbox_event::none, nullptr};
    }
  }

  /// Sends what is buffered, if that is possible at once, and ends the connection.
  void close() noexcept {
    if (is_closed_)
      return;
    is_closed_ = true;
    const bool made = connection_ != nullptr;
    connection_.reset();
    events_->release(made);
  }

private:
  explicit client(const client_options& settings)
      : settings_(settings), events_(connection_events::create()) {}

  static failure refused_login(const connection& target) {
    const bool has_login =
        target.secret && (!target.secret->token.empty() || !target.secret->username.empty());
    if (!has_login)
      return make_failure(error::authentication_failed,
                          "the NATS server asks for a login, and the manifest names no secret with one: set "
                          "spec.secretRef",
                          "NAT-04");
    return make_failure(error::authentication_failed,
                        "the NATS server refuses the credentials; correct token, or username and password, "
                        "in the secret that secretRef names" +
                            kollect::detail::doubt_secret(*target.secret),
                        "NAT-04");
  }

  static failure connect_failure(const connection& target, natsStatus status) {
    if (to_error(status) == error::authentication_failed)
      return refused_login(target);
    const auto servers = describe_servers(target);
    if (to_error(status) == error::tls_failed) {
      const char* detail = nats_GetLastError(nullptr); // OpenSSL's reason; it has no secret
      return explain(error::tls_failed, "no trusted TLS connection to " + servers + ": " +
                                            (detail == nullptr ? natsStatus_GetText(status) : detail));
    }
    if (status == NATS_TIMEOUT || to_error(status) == error::broker_unavailable)
      return explain(error::broker_unavailable, "no NATS server answers at " + servers);
    return explain(status, "connecting to " + servers);
  }

  client_options settings_;
  std::shared_ptr<connection_events> events_;
  connection_pointer connection_;
  bool is_closed_ = false;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

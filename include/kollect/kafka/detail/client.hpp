#ifndef KOLLECT_KAFKA_DETAIL_CLIENT_HPP
#define KOLLECT_KAFKA_DETAIL_CLIENT_HPP

#include <kollect/kafka/config.hpp>
#include <kollect/kafka/detail/error.hpp>
#include <kollect/kafka/detail/make_config.hpp>
#include <kollect/kafka/detail/unreachable.hpp>
#include <kollect/version.hpp>

#include <charconv>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// The group's coordinator has given us partitions, or taken them.
struct rebalance {
  bool assigned = false;
  std::vector<std::int32_t> partitions;
};

/// What librdkafka tells on its own, outside of answers. Its callbacks write it while we poll.
struct client_events {
  std::function<void(std::string_view)> log;
  std::string password;              ///< never to be logged
  std::string secret_doubt;          ///< about a secret whose login is refused; empty: none
  std::optional<failure> refused;    ///< a broker refused our login, or we its certificate
  std::string trouble;               ///< the last connection trouble, in librdkafka's words
  std::vector<rebalance> rebalances; ///< to be followed, oldest first
  std::optional<std::int64_t>
      oversized;                      ///< bytes of an answer over receive.message.max.bytes, asked for again
  std::shared_ptr<const void> in_use; ///< what the instance reads or writes; let go of when it has ended
  unreachable_brokers unreachable;    ///< and why

  void forget() {
    refused.reset();
    trouble.clear();
  }
};

/// The text with every occurrence of the password blotted out (SEC-02).
[[nodiscard]] inline std::string without_password(std::string text, const std::string& password) {
  constexpr std::size_t shortest = 3; // blots of one letter would tell which letter it is
  if (password.size() < shortest)
    return text;
  for (auto at = text.find(password); at != std::string::npos; at = text.find(password, at + 3))
    text.replace(at, password.size(), "***");
  return text;
}

/// Why a broker cannot be connected to; empty where nothing is known.
[[nodiscard]] inline std::string why_unreachable(const client_events& events) {
  auto reasons = events.unreachable.reasons();
  return reasons.empty() ? events.trouble : reasons;
}

inline void report(const client_events& events, std::string_view line) {
  if (events.log)
    events.log(without_password(std::string(line), events.password));
}

/// An answer that is too large is no event of librdkafka's, and it asks for the same again for ever. What it
/// says of the connection then is "Invalid response size 20971661 (0..10000000): increase
/// receive.message.max.bytes". A negative size is no batch that is too large: whoever answers speaks no
/// Kafka.
[[nodiscard]] inline std::optional<std::int64_t> oversized_answer(std::string_view text) noexcept {
  constexpr std::string_view before = "Invalid response size ", after = "receive.message.max.bytes";
  const auto found = text.find(before);
  if (found == text.npos || text.find(after, found) == text.npos)
    return std::nullopt;
  std::int64_t size = 0;
  const auto* const begin = text.data() + found + before.size();
  const auto read = std::from_chars(begin, text.data() + text.size(), size);
  return read.ec == std::errc{} && size > 0 ? std::optional(size) : std::nullopt;
}

// librdkafka calls these from rd_kafka_poll() and its kin, thus in our own thread.

inline void on_log(const rd_kafka_t* native, int, const char* facility, const char* text) noexcept {
  auto& events = *static_cast<client_events*>(rd_kafka_opaque(native));
  if (const auto size = oversized_answer(text))
    events.oversized = size;
  // With debug=security this line would hold the username.
  if (std::string_view(facility) != "SCRAMAUTH")
    report(events, std::string(facility) + ": " + text);
}

[[nodiscard]] inline int on_statistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) noexcept {
  report(*static_cast<const client_events*>(opaque), std::string_view(json, size));
  return 0; // librdkafka keeps the memory
}

/// Why a broker has not let us in, by librdkafka's words for it, which themselves are not repeated. What is
/// in doubt about the secret is told where its values were looked at.
[[nodiscard]] inline std::string refused_login(std::string_view reason, std::string_view secret_doubt) {
  constexpr std::string_view ours = "SCRAM-SHA-256", offered = "broker's supported mechanisms:";
  if (reason.find("current SASL state") != reason.npos)
    return "the Kafka broker's listener asks for no login, and the secret has a username: name the listener "
           "that "
           "does (SASL_SSL or SASL_PLAINTEXT), or take the username out of the secret";
  if (const auto at = reason.find(offered);
      at != reason.npos && reason.substr(at + offered.size()).find(ours) == reason.npos)
    return "the Kafka broker's listener does not offer SASL/SCRAM-SHA-256: enable it there "
           "(sasl.enabled.mechanisms), or name another listener";
  std::string text =
      "the Kafka broker refused the login with SASL/SCRAM-SHA-256; correct username and password "
      "in the secret";
  if (rd_kafka_version() < 0x020601ff)
    text += ", or use librdkafka 2.6.1 or later if the broker is Kafka 4.0 or later";
  text += secret_doubt;
  return text;
}

[[nodiscard]] inline failure refused_certificate(rd_kafka_resp_err_t number, const std::string& reason) {
  // librdkafka would have its own property set, which no manifest may.
  if (reason.find("ssl.ca.location") != reason.npos)
    return make_failure(
        error::tls_failed,
        "no trusted connection to the Kafka broker: no authority that is trusted here has signed "
        "its certificate; put that authority's certificate into spec.tls.caBundle, or into the "
        "Secret that spec.tls.caSecretRef names",
        "KAF-08");
  return make_kafka_failure(number, "no trusted connection to the Kafka broker", reason);
}

inline void on_error(rd_kafka_t* native, int code, const char* reason, void* opaque) noexcept {
  auto& events = *static_cast<client_events*>(opaque);
  const auto number = static_cast<rd_kafka_resp_err_t>(code);
  const error kind = describe(number).reason;
  if (const auto size = oversized_answer(reason))
    events.oversized = size;
  if (kind == error::authentication_failed) {
    events.refused =
        make_failure(error::authentication_failed, refused_login(reason, events.secret_doubt), "KAF-07");
  } else if (kind == error::tls_failed) {
    events.refused = refused_certificate(number, without_password(reason, events.password));
  } else if (number != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    events.trouble = without_password(reason, events.password);
  }
  if (events.refused)
    rd_kafka_yield(native);
}

// These two are called from librdkafka's own threads.

[[nodiscard]] inline int on_resolve(const char* name, const char* service, const addrinfo* hints,
                                    addrinfo** found, void* opaque) noexcept {
  return resolve_broker(static_cast<client_events*>(opaque)->unreachable, name, service, hints, found);
}

[[nodiscard]] inline int on_connect(int socket, const sockaddr* address, int size, const char* name,
                                    void* opaque) noexcept {
  return connect_to_broker(static_cast<client_events*>(opaque)->unreachable, socket, address, size, name);
}

inline void on_rebalance(rd_kafka_t* native, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                         void* opaque) noexcept {
  rebalance change{code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, {}};
  for (int index = 0; index < list->cnt; ++index)
    change.partitions.push_back(list->elems[index].partition);
  static_cast<client_events*>(opaque)->rebalances.push_back(std::move(change));
  rd_kafka_yield(native); // lets consumer_poll() return, so that the change is followed at once
}

/// How long the end of an instance is waited for.
inline constexpr std::chrono::milliseconds destroy_timeout{5'000};

/// Ends an instance without leaving its group: who wants that must have done so. librdkafka 2.0 waits for
/// ever if a topic was deleted and recreated under a consumer, so this happens in a thread of its own,
/// which in that case is left to itself, with the events that the instance may still refer to.
inline void destroy(rd_kafka_t* native, std::shared_ptr<client_events> events) noexcept {
  const auto end = [native, events] { rd_kafka_destroy_flags(native, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); };
  try {
    std::packaged_task<void()> task(end);
    const auto ended = task.get_future();
    std::thread worker(std::move(task));
    if (ended.wait_for(destroy_timeout) == std::future_status::ready)
      worker.join();
    else
      worker.detach();
  } catch (const std::system_error&) {
    end(); // no thread is to be had
  }
}

/// A librdkafka instance with the state that its callbacks use, which therefore outlives it.
class client {
public:
  /// Starts the instance; connections are made in the background.
  [[nodiscard]] static result<std::shared_ptr<client>> create(rd_kafka_type_t type, config_pointer config,
                                                              const connection& target,
                                                              const client_options& options) {
    auto made = std::shared_ptr<client>(new client);
    made->events_->log = options.log;
    if (target.secret)
      made->events_->password = target.secret->password;
    if (has_login(target))
      made->events_->secret_doubt = kollect::detail::doubt_secret(*target.secret);
    rd_kafka_conf_set_opaque(config.get(), made->events_.get());
    rd_kafka_conf_set_log_cb(config.get(), on_log);
    rd_kafka_conf_set_error_cb(config.get(), on_error);
    rd_kafka_conf_set_stats_cb(config.get(), on_statistics);
    rd_kafka_conf_set_resolve_cb(config.get(), on_resolve);
    rd_kafka_conf_set_connect_cb(config.get(), on_connect);
    if (type == RD_KAFKA_CONSUMER)
      rd_kafka_conf_set_rebalance_cb(config.get(), on_rebalance);

    char reason[512] = "";
    made->native_ = rd_kafka_new(type, config.get(), reason, sizeof reason);
    if (made->native_ == nullptr)
      return refuse(target, reason);
    (void)config.release(); // now the instance's
    if (auto set = made->set_credentials(target); !set)
      return set.error();
    rd_kafka_set_log_queue(made->native_, nullptr);
    for (const std::string& line : start_warnings(target))
      report(*made->events_, line);
    return made;
  }

  /// The configuration drops white space before a value, which a secret may begin with (KAF-07: verbatim).
  /// The first login comes after a connection and an exchange of versions, so this is in time for it.
  [[nodiscard]] result<void> set_credentials(const connection& target) {
    if (!has_login(target))
      return {};
    rd_kafka_error_t* const failed = rd_kafka_sasl_set_credentials(native_, target.secret->username.c_str(),
                                                                   target.secret->password.c_str());
    if (failed == nullptr)
      return {};
    rd_kafka_error_destroy(failed); // its text is not ours to vouch for
    return make_failure(error::authentication_failed, std::string(sasl_failure_text), "SEC-02");
  }

  /// Has librdkafka's threads look at once whether there is room to fetch into; see prefetch_meter. It has no
  /// function for this alone, but wakes them when it is given credentials, here those that it has.
  void wake(const connection& target) noexcept {
    const bool login = has_login(target);
    rd_kafka_error_destroy(rd_kafka_sasl_set_credentials(
        native_, login ? target.secret->username.c_str() : "", login ? target.secret->password.c_str() : ""));
  }

  client(const client&) = delete;
  client& operator=(const client&) = delete;

  ~client() noexcept {
    if (native_ != nullptr)
      destroy(native_, std::move(events_));
  }

  rd_kafka_t* native() const noexcept { return native_; }
  client_events& events() noexcept { return *events_; }

private:
  client() = default;

  static failure refuse(const connection& target, std::string_view reason) {
    if (has_login(target) && (reason.find("sasl") != reason.npos || reason.find("SASL") != reason.npos))
      return make_failure(error::authentication_failed, std::string(sasl_failure_text), "SEC-02");
    if (target.tls && reason.find("ssl") != reason.npos)
      return make_failure(error::tls_failed,
                          "the certificates of spec.tls cannot be used: " + std::string(reason), "KAF-08");
    return make_failure(error::invalid_value, "librdkafka refuses the settings: " + std::string(reason));
  }

  std::shared_ptr<client_events> events_ = std::make_shared<client_events>();
  rd_kafka_t* native_ = nullptr;
};

/// A client for questions alone: it publishes nothing, and so joins no group either.
[[nodiscard]] inline result<std::shared_ptr<client>> create_asking_client(const connection& target,
                                                                          const client_options& options) {
  publisher_options settings;
  settings.client = options;
  auto config = make_config(target, settings);
  if (!config)
    return config.error();
  return client::create(RD_KAFKA_PRODUCER, std::move(*config), target, options);
}

/// Milliseconds as librdkafka takes them: from 0, not -1, which would wait for ever.
[[nodiscard]] inline int milliseconds_of(std::chrono::milliseconds duration) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24);
  return static_cast<int>(std::clamp(duration, std::chrono::milliseconds(0), longest).count());
}

/// A moment by which something has to be over.
class deadline {
public:
  explicit deadline(std::chrono::milliseconds timeout) noexcept
      : end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds_of(timeout))) {}
  explicit deadline(std::chrono::steady_clock::time_point end) noexcept : end_(end) {}

  bool passed() const noexcept { return std::chrono::steady_clock::now() >= end_; }

  /// What is left, rounded up, but no more than `most`; never negative.
  std::chrono::milliseconds left(std::chrono::milliseconds most = std::chrono::hours(24)) const noexcept {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::clamp(rest, std::chrono::milliseconds(0), most);
  }

private:
  std::chrono::steady_clock::time_point end_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

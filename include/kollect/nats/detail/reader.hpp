#ifndef KOLLECT_NATS_DETAIL_READER_HPP
#define KOLLECT_NATS_DETAIL_READER_HPP

#include <kollect/log_reader.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/consumer.hpp>
#include <kollect/nats/detail/fetch.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/version.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// Whose consumer the server may forget after nobody has asked for messages for so long.
inline constexpr std::chrono::minutes reader_inactive_threshold{5};

/// A consumer without a name, which the server forgets by itself.
struct ephemeral {
  std::string name;
  std::uint64_t undelivered = 0;
};

/// Makes one that begins with the message `first` of the stream, or where that is 0, at `instant`, or else
/// with the first message there is.
[[nodiscard]] inline result<ephemeral> create_ephemeral(client& server, const std::string& stream,
                                                        const std::string& subject, std::uint64_t first,
                                                        const timestamp* instant,
                                                        std::chrono::milliseconds timeout) {
  boost::json::object config;
  config["ack_policy"] = "none";
  config["filter_subject"] = subject;
  config["replay_policy"] = "instant";
  config["inactive_threshold"] = std::chrono::nanoseconds(reader_inactive_threshold).count();
  if (first != 0) {
    config["deliver_policy"] = "by_start_sequence";
    config["opt_start_seq"] = first;
  } else if (instant != nullptr) {
    config["deliver_policy"] = "by_start_time";
    config["opt_start_time"] = to_string(*instant);
  } else {
    config["deliver_policy"] = "all";
  }
  boost::json::object body;
  body["stream_name"] = stream;
  body["config"] = std::move(config);
  const auto reply = server.request("$JS.API.CONSUMER.CREATE." + stream, body, timeout);
  if (!reply)
    return reply.error();
  if (reply->error_code != 0)
    return explain(*reply, "beginning to read the stream " + stream);
  return ephemeral{text(reply->body, "name"), number(reply->body, "num_pending")};
}

/// The reader of create_reader(). The server does not repeat what was lost on the way to us, so whenever
/// something may have been, a new consumer begins after the last message that came.
class stream_reader final : public log_reader {
public:
  stream_reader(std::unique_ptr<client> server, inbox messages, stream_info stream, std::string subject,
                reader_options options)
      : server_(std::move(server)), stream_(std::move(stream)), subject_(std::move(subject)),
        options_(std::move(options)), log_(identify_log(stream_, subject_)),
        fetch_(*server_, std::move(messages),
               {std::max<std::size_t>(options_.fetch_messages, 1),
                std::max<std::size_t>(options_.fetch_bytes, 1), std::chrono::seconds(30)}),
        end_(stream_.last_sequence),
        is_at_end_(stream_.messages == 0 || options_.start == read_from(read_start::latest)) {
    if (options_.start == read_from(read_start::latest))
      last_sequence_ = end_;
  }
  ~stream_reader() override { close(); }
  stream_reader(const stream_reader&) = delete;
  stream_reader& operator=(const stream_reader&) = delete;

  const log_identity& log() const noexcept override { return log_; }

  [[nodiscard]] result<std::vector<received_message>> poll(std::size_t max_messages, std::size_t max_bytes,
                                                           std::chrono::milliseconds timeout) override {
    const auto deadline = deadline_after(timeout);
    const bool was_at_end = is_at_end_;
    for (;;) {
      if (auto served = serve(); !served)
        return served.error();
      // An end that is reached is worth telling at once.
      if (!fetch_.waiting().empty() || clock::now() >= deadline || is_at_end_ != was_at_end)
        break;
      if (auto came = fetch_.next(std::min(deadline, clock::now() + std::chrono::milliseconds(250))))
        take(std::move(*came));
    }
    return fetch_.hand_out(max_messages, max_bytes, [](const delivery&) {});
  }

  bool at_end() const noexcept override { return is_at_end_ && fetch_.waiting().empty(); }

  /// Of the whole stream, other subjects included.
  std::vector<partition_position> ends() const override { return {{0, static_cast<std::int64_t>(end_) + 1}}; }

  /// Of the whole stream, other subjects included.
  std::vector<partition_position> begins() const override {
    return {{0, static_cast<std::int64_t>(std::max<std::uint64_t>(stream_.first_sequence, 1))}};
  }

  [[nodiscard]] result<std::optional<received_message>> find(std::int32_t, std::int64_t offset,
                                                             std::chrono::milliseconds timeout) override {
    if (offset < 1)
      return std::optional<received_message>{};
    return to_message(find_message(*server_, stream_.name, static_cast<std::uint64_t>(offset), timeout));
  }

  [[nodiscard]] result<std::optional<received_message>>
  find_next(std::int32_t, std::int64_t offset, std::chrono::milliseconds timeout) override {
    const auto first = static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 1));
    return to_message(find_next_message(*server_, stream_.name, subject_, first, timeout));
  }

  void close() noexcept override {
    if (is_closed_)
      return;
    is_closed_ = true;
    fetch_.forget_all();
    fetch_.stop();
    // What is left behind is forgotten by the server after a while.
    if (!consumer_.empty() && server_->events().connected())
      (void)delete_consumer(*server_, stream_.name, consumer_, std::chrono::milliseconds(500));
    server_->close();
  }

private:
  [[nodiscard]] result<std::optional<received_message>>
  to_message(result<std::optional<stored_message>> found) const {
    if (!found)
      return found.error();
    if (!*found)
      return std::optional<received_message>{};
    auto held = std::make_shared<stored_message>(std::move(**found));
    received_message message;
    message.offset = static_cast<std::int64_t>(held->sequence);
    message.subject = subject_;
    if (auto time = parse_timestamp(held->time))
      message.appended_at = *time;
    message.value = held->value;
    message.owner = std::move(held);
    return std::optional(std::move(message));
  }

  [[nodiscard]] result<void> begin() {
    const auto timeout = server_->settings().request_timeout;
    const auto stream = find_stream(*server_, stream_.name, timeout);
    if (!stream)
      return stream.error();
    if (!*stream || (*stream)->created != stream_.created)
      return explain(error::topic_missing, "the stream " + stream_.name + " was deleted or recreated");
    if ((*stream)->is_work_queue)
      return make_failure(
          error::invalid_value,
          "the stream " + stream_.name +
              " is a work queue, which gives each message to its one consumer: nobody can read "
              "it beside that; read a mirror of it, or another stream for the subject");
    const std::uint64_t first = last_sequence_ ? *last_sequence_ + 1 : 0;
    auto made = create_ephemeral(*server_, stream_.name, subject_, first,
                                 std::get_if<timestamp>(&options_.start), timeout);
    if (!made)
      return made.error();
    consumer_ = std::move(made->name);
    consumer_sequence_ = 0;
    // What came for the one before begins with the same message again.
    fetch_.forget_requests();
    is_lost_ = false;
    is_at_end_ = is_at_end_ || made->undelivered == 0;
    looked_at_ = clock::now();
    return {};
  }

  /// Everything that is due besides waiting. A server that cannot answer now is asked again later.
  [[nodiscard]] result<void> serve() {
    server_->report_events();
    if (auto open = server_->check_open(); !open)
      return open;
    while (auto came = fetch_.next(clock::now()))
      take(std::move(*came));
    is_lost_ |= fetch_.has_lost_requests();
    if (!server_->events().connected() || clock::now() < ask_again_at_)
      return {};
    auto done = is_lost_ ? begin() : look_for_end();
    if (done) {
      fetch_.request_more(stream_.name, consumer_);
      return {};
    }
    const error reason = done.error().reason();
    if (reason != error::broker_unavailable && reason != error::broker_timeout)
      return done;
    ask_again_at_ = clock::now() + std::chrono::milliseconds(500);
    return {};
  }

  /// Messages that were there at the start may be gone by now: then no message tells that the end is reached.
  [[nodiscard]] result<void> look_for_end() {
    if (is_at_end_ || !fetch_.waiting().empty() || clock::now() - looked_at_ < std::chrono::seconds(1))
      return {};
    looked_at_ = clock::now();
    const auto found = find_consumer(*server_, stream_.name, consumer_, server_->settings().request_timeout);
    if (!found)
      return found.error();
    if (!*found)
      is_lost_ = true;
    else if ((*found)->undelivered == 0 && (*found)->delivered_consumer == consumer_sequence_)
      is_at_end_ = true;
    return {};
  }

  void take(fetched came) {
    if (came.message)
      return take_message(std::move(*came.message));
    is_lost_ |= came.status == pull_status::unavailable || came.status == pull_status::deleted;
  }

  void take_message(fetched_message message) {
    const delivery& place = message.place;
    if (is_lost_)
      return; // it comes again, with all that is missing before it
    const bool is_old = last_sequence_ && place.stream_sequence <= *last_sequence_;
    if (place.consumer_sequence != consumer_sequence_ + 1 || is_old) {
      // Late ones of the consumer before are passed over; a leap says that something is missing.
      is_lost_ = !is_old;
      return;
    }
    consumer_sequence_ = place.consumer_sequence;
    last_sequence_ = place.stream_sequence;
    if (place.pending == 0 || place.stream_sequence >= end_)
      is_at_end_ = true;
    fetch_.push(std::move(message));
  }

  std::unique_ptr<client> server_;
  stream_info stream_;
  std::string subject_;
  reader_options options_;
  log_identity log_;
  message_fetch fetch_;
  std::string consumer_;
  std::uint64_t consumer_sequence_ = 0;        ///< of the last delivery of consumer_
  std::optional<std::uint64_t> last_sequence_; ///< of the stream: nothing up to it is wanted any more
  std::uint64_t end_;                          ///< the stream's last sequence at the start
  bool is_at_end_;
  bool is_lost_ = true; ///< there is no consumer_ (yet), or something of it may not have come
  bool is_closed_ = false;
  clock::time_point looked_at_{};
  clock::time_point ask_again_at_{};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

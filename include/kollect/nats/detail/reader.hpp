#ifndef KOLLECT_NATS_DETAIL_READER_HPP
#define KOLLECT_NATS_DETAIL_READER_HPP

#include <kollect/log_reader.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/arrived.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/consumer.hpp>
#include <kollect/nats/detail/pull.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/version.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
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
      : server_(std::move(server)), messages_(std::move(messages)), stream_(std::move(stream)),
        subject_(std::move(subject)), options_(std::move(options)),
        pulls_({std::max<std::size_t>(options_.fetch_messages, 1),
                std::max<std::size_t>(options_.fetch_bytes, 1), std::chrono::seconds(30)}),
        end_(stream_.last_sequence),
        is_at_end_(stream_.messages == 0 || options_.start == read_from(read_start::latest)),
        losses_(server_->events().losses()) {
    if (options_.start == read_from(read_start::latest))
      last_sequence_ = end_;
    const auto created = stream_.created.seconds * 1'000'000'000 + stream_.created.nanoseconds;
    log_ = {broker_system::nats, "nats/" + stream_.name + "/" + std::to_string(created) + "/" + subject_};
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
      if (!arrived_.empty() || clock::now() >= deadline || is_at_end_ != was_at_end)
        break;
      take(server_->next(messages_, std::min(deadline, clock::now() + std::chrono::milliseconds(250)),
                         losses_));
    }
    return hand_out(max_messages, max_bytes);
  }

  bool at_end() const noexcept override { return is_at_end_ && arrived_.empty(); }

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
    arrived_.clear();
    messages_.subscription.reset();
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
      return explain(error::topic_missing, "the stream " + stream_.name + " was deleted or made anew");
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
    pulls_.forget_all();
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
    while (take(server_->next(messages_, clock::now(), losses_)))
      ;
    if (const auto losses = server_->events().losses(); losses != losses_) {
      losses_ = losses;
      is_lost_ = true;
    }
    if (!server_->events().connected() || clock::now() < ask_again_at_)
      return {};
    auto done = is_lost_ ? begin() : look_for_end();
    if (done) {
      request_more();
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
    if (is_at_end_ || !arrived_.empty() || clock::now() - looked_at_ < std::chrono::seconds(1))
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

  void request_more() {
    const auto request = pulls_.next(clock::now(), arrived_.size(), arrived_bytes_);
    if (!request)
      return;
    const auto status = server_->publish("$JS.API.CONSUMER.MSG.NEXT." + stream_.name + "." + consumer_,
                                         messages_.prefix + "." + std::to_string(request->number),
                                         to_json(*request, pulls_.limits().expiry));
    if (status != NATS_OK)
      pulls_.ended(request->number, pull_status::busy, clock::now());
  }

  /// True if something was taken.
  bool take(received came) {
    if (came.kind == arrival::no_responders) {
      is_lost_ = true;
      pulls_.pause(clock::now());
    }
    if (came.kind != arrival::message)
      return came.kind == arrival::no_responders;
    const char* reply = natsMsg_GetReply(came.message.get());
    const auto place = reply == nullptr ? std::nullopt : read_delivery(reply);
    if (place)
      take_message(*place, std::move(came.message));
    else
      take_status(came.message.get());
    return true;
  }

  void take_message(const delivery& place, message_pointer message) {
    pulls_.message_arrived();
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
    auto arrived = to_arrived(std::move(message));
    arrived_bytes_ += arrived->message.value.size();
    arrived_.push_back(std::move(arrived->message));
  }

  void take_status(natsMsg* message) {
    const auto code = status_code(message), description = status_description(message);
    const std::string_view subject = natsMsg_GetSubject(message);
    const auto number = read_number(subject.substr(std::min(subject.size(), messages_.prefix.size() + 1)));
    if (code.empty() || !number)
      return server_->report("a message came that is not JetStream's; it is ignored");
    const auto status = read_status(code, description);
    pulls_.ended(*number, status, clock::now());
    is_lost_ |= status == pull_status::unavailable || status == pull_status::deleted;
  }

  std::vector<received_message> hand_out(std::size_t max_messages, std::size_t max_bytes) {
    std::vector<received_message> handed_out;
    std::size_t bytes = 0;
    while (!arrived_.empty() && handed_out.size() < max_messages) {
      const std::size_t size = arrived_.front().value.size();
      if (!handed_out.empty() && bytes + size > max_bytes)
        break;
      bytes += size;
      arrived_bytes_ -= size;
      handed_out.push_back(std::move(arrived_.front()));
      arrived_.pop_front();
    }
    return handed_out;
  }

  std::unique_ptr<client> server_;
  inbox messages_;
  stream_info stream_;
  std::string subject_;
  reader_options options_;
  log_identity log_;
  pull_requests pulls_;
  std::string consumer_;

  std::deque<received_message> arrived_;
  std::size_t arrived_bytes_ = 0;
  std::uint64_t consumer_sequence_ = 0;        ///< of the last delivery of consumer_
  std::optional<std::uint64_t> last_sequence_; ///< of the stream: nothing up to it is wanted any more
  std::uint64_t end_;                          ///< the stream's last sequence at the start
  bool is_at_end_;
  bool is_lost_ = true; ///< there is no consumer_ (yet), or something of it may not have come
  bool is_closed_ = false;
  std::uint64_t losses_;
  clock::time_point looked_at_{};
  clock::time_point ask_again_at_{};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

#ifndef KOLLECT_KAFKA_DETAIL_SUBSCRIBER_HPP
#define KOLLECT_KAFKA_DETAIL_SUBSCRIBER_HPP

#include <kollect/detail/ask_for_positions.hpp>
#include <kollect/kafka/detail/end_marks.hpp>
#include <kollect/kafka/detail/fetch.hpp>
#include <kollect/kafka/detail/group_commits.hpp>
#include <kollect/kafka/detail/log_check.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// How long the topic may be unknown before poll() calls it missing: a broker that has just started
/// does not know its topics at once.
inline constexpr std::chrono::milliseconds topic_missing_time{5'000};

/// Longest wait of poll() for what it must know before it can go on.
inline constexpr std::chrono::milliseconds question_timeout{10'000};

/// The subscriber of create_subscriber().
class group_subscriber final : public subscriber {
public:
  group_subscriber(connection target, subscriber_options options, partition_listener listener)
      : target_(std::move(target)), options_(std::move(options)), listener_(std::move(listener)),
        topic_(target_.destination), fetch_(target_, options_), log_check_(target_, options_) {}
  group_subscriber(const group_subscriber&) = delete;
  group_subscriber& operator=(const group_subscriber&) = delete;
  ~group_subscriber() noexcept override { close(); }

  /// Connects and subscribes. To be called once, first.
  [[nodiscard]] result<void> open() {
    if (auto opened = connect(); !opened) {
      fetch_.close();
      return opened;
    }
    return {};
  }

  const log_identity& log() const noexcept override { return log_; }

  [[nodiscard]] result<std::vector<received_message>> poll(std::size_t max_messages, std::size_t max_bytes,
                                                           std::chrono::milliseconds timeout) override {
    if (!fetch_.is_open())
      return closed_failure();
    const deadline end{timeout};
    // While nothing is fetched the group is to be served all the same, even if the listener keeps failing.
    if (phase_ != phase::fetching)
      serve_group();
    std::vector<received_message> messages;
    std::size_t bytes = 0;
    while (messages.size() < max_messages && (messages.empty() || bytes < max_bytes)) {
      fetch_.note(make_ready());
      for (auto& skipped : fetch_.places().take_skipped())
        messages.push_back(std::move(skipped));
      if (has_problem())
        break; // what was taken is given first
      auto native = fetch_.next(messages.empty() ? end.left() : std::chrono::milliseconds(0));
      if (serve_rebalances()) {
        messages.clear(); // they were of partitions that are not ours any more
        bytes = 0;
      } else if (!native) {
        if (!messages.empty() || end.passed())
          break;
      } else if (native->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        notice(*native);
      } else if (auto message = fetch_.deliver(std::move(native))) {
        bytes += message->value.size();
        messages.push_back(std::move(*message));
      }
    }
    tell_revoked();
    check_log(messages);
    if (messages.empty() && phase_ == phase::fetching)
      commits_.commit_skipped();
    if (messages.empty())
      if (auto problem = take_problem())
        return std::move(*problem);
    return messages;
  }

  [[nodiscard]] result<void> commit(std::chrono::milliseconds timeout) override {
    return fetch_.is_open() ? commits_.commit(timeout) : closed_failure();
  }

  [[nodiscard]] result<void> begin_commit(std::chrono::milliseconds timeout) override {
    return fetch_.is_open() ? commits_.begin(timeout) : closed_failure();
  }

  [[nodiscard]] result<void> keep_alive() override {
    if (!fetch_.is_open())
      return closed_failure();
    // What was fetched ahead is dropped, and fetched again from our own positions by the next poll().
    if (phase_ == phase::fetching) {
      if (auto stopped = fetch_.stop(); !stopped)
        return stopped;
      phase_ = phase::stopped;
    }
    serve_group();
    if (auto fatal = fatal_failure(fetch_.source(), topic_))
      return std::move(*fatal);
    return {};
  }

  [[nodiscard]] result<void> mark_end(std::chrono::milliseconds timeout) override {
    if (!fetch_.is_open())
      return closed_failure();
    auto marks = end_marks::measure(fetch_.source(), topic_, timeout);
    if (!marks)
      return marks.error();
    end_ = std::move(*marks);
    return {};
  }

  [[nodiscard]] result<bool> caught_up(std::chrono::milliseconds timeout) override {
    if (!fetch_.is_open())
      return closed_failure();
    // Without a part in the group we know nothing of what it has read.
    if (!end_ || (phase_ != phase::fetching && phase_ != phase::stopped))
      return false;
    const auto of_others = end_->left_to_others(fetch_.read());
    if (!of_others)
      return false;
    // A log that was replaced may well be as long as the one that was read.
    if (auto is_same = look_at_log(); !is_same || !*is_same)
      return is_same;
    return end_->are_committed(fetch_.source(), topic_, *of_others, timeout);
  }

  std::vector<partition_lag> lag() const override {
    return fetch_.is_open() ? fetch_.lag() : std::vector<partition_lag>{};
  }

  std::span<const unreadable_batch> unreadable() const noexcept override { return fetch_.places().held(); }

  std::int64_t settled_sequence() const noexcept override { return 0; }

  void close() noexcept override {
    if (!fetch_.is_open())
      return;
    commits_.drop();
    fetch_.read().clear();
    log_check_.close();
    const deadline end{options_.close_timeout};
    if (options_.instance_id.empty()) // a static member does not take leave
      await_coordinator(fetch_.source(), topic_, options_.close_timeout / 2);
    leave_group(fetch_.source(), end.left());
    fetch_.close();
  }

private:
  /// How far we are with the partitions that the group has given us.
  enum class phase {
    without, ///< none are ours
    unasked, ///< ours, but where to start is not known
    stopped, ///< known, but not being fetched
    fetching
  };

  [[nodiscard]] result<void> connect() {
    if (auto opened = fetch_.open(); !opened)
      return opened;
    client& source = fetch_.source();
    if (auto found = await_topic(source, target_, topic_, options_.client.connect_timeout); !found)
      return found.error();
    auto log = identify_log(source, topic_, options_.client.connect_timeout);
    if (!log)
      return log.error();
    log_ = std::move(*log);

    // From here on everything comes through consumer_poll().
    rd_kafka_poll_set_consumer(source.native());
    const partitions_pointer topics{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    const auto code = rd_kafka_subscribe(source.native(), topics.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return make_kafka_failure(code, "subscribing to Kafka topic " + topic_);
    return {};
  }

  static failure closed_failure() {
    return make_failure(error::closed, "the Kafka subscriber has been closed; open another one");
  }

  /// Serves callbacks and notes errors, taking no messages.
  void serve_group() {
    constexpr int most = 1'000; // what waits now; more could come in as fast as we go on
    for (int served = 0; served < most; ++served) {
      const auto native = fetch_.next(std::chrono::milliseconds(0));
      const bool changed = serve_rebalances();
      if (native && native->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        notice(*native);
      if (!native && !changed)
        return;
    }
  }

  /// Follows what the group has decided. True if anything has changed: what was taken may not be ours now.
  bool serve_rebalances() {
    if (fetch_.source().events().rebalances.empty())
      return false;
    const auto changes = std::exchange(fetch_.source().events().rebalances, {});
    fetch_.places().forget();
    for (const rebalance& change : changes) {
      if (change.assigned) {
        fetch_.read().take_over(change.partitions);
        phase_ = phase::unasked;
        // The group needs an answer now; where to start is asked in make_ready().
        fetch_.note(fetch_.stop());
      } else {
        revoked_.insert(revoked_.end(), change.partitions.begin(), change.partitions.end());
        fetch_.read().clear();
        phase_ = phase::without;
        rd_kafka_assign(fetch_.source().native(), nullptr);
      }
    }
    return true;
  }

  void tell_revoked() {
    if (revoked_.empty())
      return;
    const auto partitions = std::exchange(revoked_, {});
    if (listener_.revoked)
      listener_.revoked(partitions);
  }

  /// Brings us to phase::fetching, if partitions are ours.
  [[nodiscard]] result<void> make_ready() {
    tell_revoked();
    if (phase_ == phase::unasked) {
      if (auto known = ask_where_to_start(); !known)
        return known;
      phase_ = phase::stopped;
    }
    if (auto passed = pass_unreadable(); !passed)
      return passed;
    if (phase_ == phase::stopped) {
      if (auto begun = fetch_.start(); !begun)
        return begun;
      phase_ = phase::fetching;
    }
    return {};
  }

  /// Looks at what cannot be read, and has the others fetched without it.
  [[nodiscard]] result<void> pass_unreadable() {
    if (phase_ == phase::without)
      return {};
    auto is_changed = fetch_.pass_unreadable();
    if (!is_changed)
      return is_changed.error();
    if (*is_changed && phase_ == phase::fetching)
      phase_ = phase::stopped;
    return {};
  }

  [[nodiscard]] result<void> ask_where_to_start() {
    const auto partitions = fetch_.read().partitions();
    if (partitions.empty())
      return {};
    auto log = identify_log(fetch_.source(), topic_, question_timeout);
    if (!log)
      return log.error();
    log_ = std::move(*log);
    if (!listener_.assigned)
      return {};
    const auto known = kollect::detail::ask_for_positions(listener_, log_, partitions);
    if (!known)
      return known.error();
    for (std::size_t index = 0; index < partitions.size(); ++index) {
      const auto& position = (*known)[index];
      fetch_.read().start(partitions[index], position ? std::optional(position->next) : std::nullopt);
    }
    return gone_ ? read_successor() : result<void>{};
  }

  /// The topic was gone and is there again. Without a topic id in its identity, the listener has answered
  /// for the old one: the new one is read from its beginning.
  [[nodiscard]] result<void> read_successor() {
    const bool has_id = !log_.name.ends_with("/" + topic_);
    for (const std::int32_t partition : has_id ? std::vector<std::int32_t>{} : fetch_.read().partitions()) {
      auto held = measure(fetch_.source(), topic_, partition, question_timeout);
      if (!held)
        return held.error();
      pass_gap_to(partition, *held);
    }
    gone_ = false;
    return {};
  }

  /// What librdkafka gives in the place of a message.
  void notice(const rd_kafka_message_t& native) {
    switch (native.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      if (phase_ == phase::fetching) // else it may be of what was fetched before, from another position
        if (fetch_.read().skip_to(native.partition, native.offset))
          commits_.note_skipped();
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      fetch_.note(pass_gap(native.partition));
      return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      if (!missing_)
        missing_.emplace(topic_missing_time);
      break;
    default:
      break;
    }
    log_check_.hurry();
    if (fetch_.note_error(native) && phase_ == phase::fetching)
      phase_ = phase::stopped;
  }

  /// The log does not hold what comes next. Goes on at its beginning, and says so.
  [[nodiscard]] result<void> pass_gap(std::int32_t partition) {
    if (phase_ != phase::fetching || !fetch_.read().holds(partition))
      return {};             // if it still matters, it is told again
    phase_ = phase::stopped; // librdkafka has given the partition up
    auto held = measure(fetch_.source(), topic_, partition, question_timeout);
    if (!held)
      return held.error();
    const auto expected = fetch_.read().next(partition);
    // It may hold it after all, where the broker that answered first was behind.
    if (expected && held->first <= *expected && *expected <= held->end)
      return {};
    pass_gap_to(partition, *held);
    return {};
  }

  void pass_gap_to(std::int32_t partition, const extent& held) {
    const auto expected = fetch_.read().next(partition);
    fetch_.read().start(partition, held.first);
    commits_.note_skipped();
    log_check_.forget(partition);
    if (end_ && expected && held.first < *expected)
      end_->replace(partition, held); // the one that was marked is of a log that is gone
    if (expected && *expected != held.first && listener_.gap)
      listener_.gap(partition, *expected, held.first);
  }

  /// Sees to it, from time to time, that messages are given out only of the log that was read before. What
  /// comes of another one is dropped here, and read again from that one's beginning.
  void check_log(std::vector<received_message>& messages) {
    if (!std::exchange(fetch_.source().events().trouble, {}).empty())
      log_check_.hurry();
    if (phase_ != phase::fetching)
      return;
    log_check_.note(messages);
    if (log_check_.is_due(messages.empty()))
      look_before(messages);
    log_check_.rest(messages);
  }

  void look_before(std::vector<received_message>& messages) {
    const auto is_same = look_at_log();
    // What is not known now is noticed at a later look all the same: see log_check.
    if (!is_same && !is_look_failing_)
      report(fetch_.source().events(), to_string(is_same.error()));
    is_look_failing_ = !is_same;
    std::erase_if(messages, [this](const auto& message) { return replaced_.contains(message.partition); });
  }

  /// False if another log stands in the place of the one that was read: then it is read from its beginning.
  [[nodiscard]] result<bool> look_at_log() {
    replaced_.clear();
    const auto found = log_check_.look(fetch_.read().partitions());
    if (!found)
      return found.error();
    replaced_.insert(found->begin(), found->end());
    auto log = log_check_.identify(question_timeout);
    if (!log)
      return log.error();
    if (*log != log_) {
      // The owner has to be asked where to start in that one.
      const auto partitions = fetch_.read().partitions();
      replaced_.insert(partitions.begin(), partitions.end());
      report(fetch_.source().events(), "Kafka topic " + topic_ + " was deleted and recreated: " + log->name);
      fetch_.read().take_over(partitions);
      log_check_.forget_all();
      phase_ = phase::unasked;
      if (end_)
        if (auto marked = mark_end(question_timeout); !marked)
          return marked.error();
      return false;
    }
    for (const std::int32_t partition : replaced_)
      if (auto restarted = read_from_beginning(partition); !restarted)
        return restarted.error();
    // What the group has committed is of a log that is gone, and others would take it for this one's.
    if (!replaced_.empty())
      (void)commit(question_timeout);
    return replaced_.empty();
  }

  [[nodiscard]] result<void> read_from_beginning(std::int32_t partition) {
    auto held = log_check_.measure(partition, question_timeout);
    if (!held)
      return held.error();
    phase_ = phase::stopped; // fetching goes on from there
    pass_gap_to(partition, *held);
    return {};
  }

  bool has_problem() {
    // One broker of several may refuse us while another feeds us: that is in the log, and no failure.
    if (phase_ == phase::fetching)
      fetch_.source().events().refused.reset();
    return fetch_.has_problem();
  }

  /// What poll() has to report, once.
  std::optional<failure> take_problem() {
    if (auto fatal = fatal_failure(fetch_.source(), topic_))
      return fatal;
    if (has_problem())
      return fetch_.take_problem();
    if (!missing_ || !missing_->passed())
      return std::nullopt;
    auto found = look_up_topic(fetch_.source(), topic_, question_timeout);
    if (found)
      missing_.reset();
    // One that comes back is another log: the owner has to be asked again where to start.
    if (found && gone_ && phase_ != phase::without)
      phase_ = phase::unasked;
    if (found || found.error().reason() != error::topic_missing)
      return std::nullopt;
    gone_ = true;
    return found.error();
  }

  connection target_;
  subscriber_options options_;
  partition_listener listener_;
  std::string topic_;
  log_identity log_;
  topic_fetch fetch_;
  group_commits commits_{fetch_};
  phase phase_ = phase::without;
  std::vector<std::int32_t> revoked_; // not told yet
  std::optional<end_marks> end_;
  std::optional<deadline> missing_; // when to believe that the topic is gone
  bool gone_ = false;               // poll() has said so
  log_check log_check_;
  std::set<std::int32_t> replaced_; // partitions whose log the last look found to be another one
  bool is_look_failing_ = false;    // and was said to
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

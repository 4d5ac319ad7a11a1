#ifndef KOLLECT_KAFKA_DETAIL_PUBLISHER_HPP
#define KOLLECT_KAFKA_DETAIL_PUBLISHER_HPP

#include <kollect/kafka/detail/delivery.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// A message that was posted, until take_settled() has it to tell.
struct posted_message {
  posted_message(std::shared_ptr<const outgoing_message> posted, std::chrono::milliseconds time)
      : message(std::move(posted)), timeout(time), end(time) {}

  /// Whether the broker refused it as too large, perhaps only as part of a request.
  bool is_to_be_sent_alone() const noexcept {
    return report.refused && !was_sent_alone &&
           describe(*report.refused).reason == error::message_exceeds_limit;
  }
  bool is_settled() const noexcept { return !report.undecided() && !is_to_be_sent_alone(); }

  std::shared_ptr<const outgoing_message> message;
  std::chrono::milliseconds timeout;
  deadline end;
  delivery report{};
  bool was_sent_alone = false;
};

/// The publisher of create_publisher().
class topic_publisher final : public publisher {
public:
  topic_publisher(connection target, publisher_options options)
      : target_(std::move(target)), options_(std::move(options)) {}
  topic_publisher(const topic_publisher&) = delete;
  topic_publisher& operator=(const topic_publisher&) = delete;
  ~topic_publisher() noexcept override { drop_client(); }

  /// Makes the librdkafka instance, unless there is one.
  [[nodiscard]] result<void> open() {
    if (closed_)
      return make_failure(error::closed, "the Kafka publisher has been closed; open another one");
    if (client_)
      return {};
    auto config = make_config(target_, options_);
    if (!config)
      return config.error();
    rd_kafka_conf_set_dr_msg_cb(config->get(), on_delivery);
    auto made = client::create(RD_KAFKA_PRODUCER, std::move(*config), target_, options_.client);
    if (!made)
      return made.error();
    client_ = std::move(*made);
    client_->events().in_use = posted_;
    return {};
  }

  [[nodiscard]] std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                                     std::chrono::milliseconds timeout) override {
    settle_posted();
    if (auto opened = open(); !opened)
      return std::vector<result<receipt>>(messages.size(), opened.error());
    const deadline end{timeout};
    std::vector<delivery> deliveries(messages.size());
    client_->events().forget();
    find_topics(messages, deliveries, end);
    for (std::size_t index = 0; index < messages.size(); ++index)
      send(messages[index], deliveries[index], end, value_use::copied);
    await_deliveries(end);
    send_alone(messages, deliveries, end);
    auto results = answer(messages, deliveries, timeout);
    // What is still on its way must not be stored after what the caller publishes next; and an idempotent
    // producer that went wrong confirms nothing any more.
    if (traffic_.on_the_way != 0 || client_->events().refused || gone_wrong())
      drop_client();
    return results;
  }

  void post(std::shared_ptr<const outgoing_message> message, std::chrono::milliseconds timeout) override {
    if (waits_to_send_alone_)
      settle_posted();
    posted_message& added = posted_->emplace_back(std::move(message), timeout);
    if (auto ready = prepare(*added.message, added.end); !ready)
      added.report.problem = ready.error();
    else
      send(*added.message, added.report, added.end, value_use::shared);
    // One that was not handed over, be it for want of time, must not be overtaken either.
    has_failed_ = has_failed_ || added.report.counted == nullptr;
  }

  std::vector<settled_message> take_settled(std::chrono::milliseconds timeout) override {
    const deadline patience{timeout};
    collect();
    while (settled_.empty() && !posted_->empty() && !patience.passed()) {
      poll(patience);
      collect();
    }
    if (posted_->empty())
      has_failed_ = false;
    return std::exchange(settled_, {});
  }

  [[nodiscard]] result<void> check(std::chrono::milliseconds timeout) override {
    settle_posted();
    if (auto opened = open(); !opened)
      return opened;
    // The broker that answers may be another than those that messages go to: the leaders are asked too.
    auto held = await_extents(*client_, target_, timeout);
    if (held)
      return {};
    // librdkafka reports the same trouble only once in a while: a new instance reports it anew.
    drop_client();
    return held.error();
  }

  void close() noexcept override {
    closed_ = true;
    for (posted_message& one : *posted_) {
      if (!one.is_settled())
        one.report.problem = make_failure(
            error::closed,
            "the Kafka publisher was closed before the message was confirmed; it may or may not be stored");
      settle(one);
    }
    drop_client();
  }

private:
  /// Ends the instance. What it has of posted messages is left to it, as its end may take longer than ours.
  void drop_client() noexcept {
    topics_.clear();
    posted_ = std::make_shared<std::deque<posted_message>>();
    waits_to_send_alone_ = false;
    client_.reset();
    traffic_ = {};
  }

  /// Lets librdkafka report, and waits for that a moment.
  void poll(const deadline& end) {
    rd_kafka_poll(client_->native(), milliseconds_of(end.left(std::chrono::milliseconds(100))));
  }

  /// Sees to it that a posted message can be sent.
  [[nodiscard]] result<void> prepare(const outgoing_message& message, const deadline& end) {
    note_refusals();
    if (has_failed_ && !closed_)
      return make_failure(error::not_acknowledged,
                          "the message was not sent, as an earlier one could not be confirmed", "KAF-03");
    if (auto right = kollect::detail::check_made_for(broker_system::kafka, message); !right)
      return right;
    if (auto opened = open(); !opened)
      return opened;
    if (traffic_.on_the_way == 0)
      client_->events().forget();
    return find_topic(message.destination, end);
  }

  /// Moves posted messages that are decided, the oldest first, to what take_settled() tells.
  void collect() {
    if (client_)
      rd_kafka_poll(client_->native(), 0);
    note_refusals();
    if (waits_to_send_alone_ && traffic_.on_the_way == 0)
      send_posted_alone();
    while (!posted_->empty() && posted_->front().is_settled()) {
      settle(posted_->front());
      posted_->pop_front();
    }
    if (!client_)
      return;
    if (!posted_->empty() && !waiting_helps(posted_->front().end))
      give_up();
    else if (posted_->empty() && (client_->events().refused || gone_wrong()))
      drop_client();
  }

  void settle(posted_message& one) {
    settled_.push_back({one.message, answer(*one.message, one.report, one.timeout)});
  }

  /// Nothing posted is waited for any more. As in publish(), it must not be stored after what comes next.
  void give_up() {
    has_failed_ = true;
    for (posted_message& one : *posted_)
      settle(one);
    drop_client();
  }

  void note_refusals() {
    if (!std::exchange(traffic_.has_refusals, false))
      return;
    for (const posted_message& one : *posted_) {
      waits_to_send_alone_ = waits_to_send_alone_ || one.is_to_be_sent_alone();
      has_failed_ = has_failed_ || (one.report.refused && one.is_settled());
    }
  }

  /// As send_alone().
  void send_posted_alone() {
    for (posted_message& one : *posted_) {
      if (!one.is_to_be_sent_alone())
        continue;
      if (!waiting_helps(one.end))
        return;
      one.report.refused.reset();
      one.was_sent_alone = true;
      send(*one.message, one.report, one.end, value_use::shared);
      await_deliveries(one.end);
      if (traffic_.on_the_way != 0)
        return; // its time is over
    }
    waits_to_send_alone_ = false;
    note_refusals();
  }

  /// Waits until nothing posted is on its way.
  void settle_posted() {
    for (collect(); !posted_->empty(); collect())
      poll(posted_->front().end);
  }

  bool gone_wrong() const {
    char reason[256];
    return rd_kafka_fatal_error(client_->native(), reason, sizeof reason) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  bool waiting_helps(const deadline& end) const {
    return !end.passed() && !client_->events().refused && !gone_wrong();
  }

  /// Sees to it that no message goes to a topic that does not exist. A topic that was found stays known
  /// until a message to it fails.
  [[nodiscard]] result<void> find_topic(const std::string& name, const deadline& end) {
    if (topics_.contains(name))
      return {};
    if (auto found = await_topic(*client_, target_, name, end.left()); !found)
      return found.error();
    topics_[name].reset(rd_kafka_topic_new(client_->native(), name.c_str(), nullptr));
    return {};
  }

  void find_topics(std::span<const outgoing_message> messages, std::vector<delivery>& deliveries,
                   const deadline& end) {
    std::map<std::string, failure> problems;
    std::optional<failure> unreachable; // then there is no use in asking for other topics
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const std::string& name = messages[index].destination;
      if (auto right = kollect::detail::check_made_for(broker_system::kafka, messages[index]); !right) {
        deliveries[index].problem = right.error();
        continue;
      }
      if (topics_.contains(name))
        continue;
      if (!unreachable && !problems.contains(name)) {
        auto found = find_topic(name, end);
        if (found)
          continue;
        problems.emplace(name, found.error());
        if (client_->events().refused || found.error().reason() == error::broker_unavailable)
          unreachable = std::move(found).error();
      }
      const auto known = problems.find(name);
      deliveries[index].problem = known == problems.end() ? *unreachable : known->second;
    }
  }

  void send(const outgoing_message& message, delivery& report, const deadline& end, value_use use) {
    if (report.problem)
      return;
    rd_kafka_topic_t* const topic = topics_.at(message.destination).get();
    for (;;) {
      const auto code = hand_over(client_->native(), topic, message, report, traffic_, use);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        report.problem = refusal(code, message);
        return;
      }
      if (!waiting_helps(end))
        return; // answer() says why
      poll(end);
    }
  }

  void await_deliveries(const deadline& end) {
    while (traffic_.on_the_way != 0 && waiting_helps(end))
      poll(end);
    rd_kafka_poll(client_->native(), 0);
  }

  /// A broker refuses a request as a whole. Which of its messages is the one that is too large shows when
  /// each is sent alone.
  void send_alone(std::span<const outgoing_message> messages, std::vector<delivery>& deliveries,
                  const deadline& end) {
    if (messages.size() < 2 || traffic_.on_the_way != 0)
      return;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      delivery& report = deliveries[index];
      if (!report.refused || describe(*report.refused).reason != error::message_exceeds_limit)
        continue;
      if (!waiting_helps(end))
        return;
      report.refused.reset();
      send(messages[index], report, end, value_use::copied);
      await_deliveries(end);
    }
  }

  [[nodiscard]] std::vector<result<receipt>> answer(std::span<const outgoing_message> messages,
                                                    std::vector<delivery>& deliveries,
                                                    std::chrono::milliseconds timeout) {
    std::vector<result<receipt>> results;
    results.reserve(messages.size());
    for (std::size_t index = 0; index < messages.size(); ++index)
      results.push_back(answer(messages[index], deliveries[index], timeout));
    return results;
  }

  [[nodiscard]] result<receipt> answer(const outgoing_message& message, delivery& report,
                                       std::chrono::milliseconds timeout) {
    if (report.confirmed)
      return *report.confirmed;
    if (report.problem)
      return std::move(*report.problem);
    if (report.refused)
      return refusal(*report.refused, message);
    return unconfirmed(message, timeout);
  }

  failure refusal(rd_kafka_resp_err_t code, const outgoing_message& message) {
    auto problem = make_kafka_failure(code, "a message of " + std::to_string(message.value.size()) +
                                                " bytes to Kafka topic " + message.destination);
    // Not knowing it any more, the next publish() looks for it again.
    if (problem.reason() == error::topic_missing)
      topics_.erase(message.destination);
    // That a producer went wrong is no concern of the caller: the next publish() has a new one.
    if (code == RD_KAFKA_RESP_ERR__FATAL || problem.reason() == error::transport_fatal)
      problem = make_failure(error::not_acknowledged, std::move(problem.message), "KAF-03");
    return about_topic(std::move(problem), message.destination);
  }

  failure unconfirmed(const outgoing_message& message, std::chrono::milliseconds timeout) const {
    const client_events& events = client_->events();
    if (events.refused)
      return about_topic(*events.refused, message.destination);
    char reason[256] = "";
    const auto fatal = rd_kafka_fatal_error(client_->native(), reason, sizeof reason);
    std::string text = "Kafka topic " + message.destination + " has not confirmed a message of " +
                       std::to_string(message.value.size()) + " bytes";
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
      text += std::string(": ") + reason;
    else
      text += " within " + std::to_string(timeout.count()) + " ms";
    text += "; it may or may not be stored: publish it again";
    if (const auto why = why_unreachable(events); !why.empty())
      text += " (" + why + ")";
    return about_topic(make_failure(error::not_acknowledged, std::move(text), "KAF-03"), message.destination);
  }

  connection target_;
  publisher_options options_;
  bool closed_ = false;
  std::shared_ptr<client> client_;
  std::map<std::string, topic_pointer> topics_; // found to exist; destroyed before client_
  traffic traffic_;
  std::shared_ptr<std::deque<posted_message>> posted_ = std::make_shared<std::deque<posted_message>>();
  std::vector<settled_message> settled_; // to be told, oldest first
  bool has_failed_ = false;              // a posted message has: none is sent until all have settled
  bool waits_to_send_alone_ = false;     // when nothing is on its way any more
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

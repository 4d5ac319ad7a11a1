#ifndef KOLLECT_KAFKA_DETAIL_PUBLISHER_HPP
#define KOLLECT_KAFKA_DETAIL_PUBLISHER_HPP

#include <kollect/detail/ordered_publisher.hpp>
#include <kollect/kafka/detail/delivery.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// The publisher of create_publisher().
class topic_publisher final : public kollect::detail::ordered_publisher<delivery_report> {
public:
  topic_publisher(connection target, publisher_options options)
      : ordered_publisher("KAF-03"), target_(std::move(target)), options_(std::move(options)) {}
  topic_publisher(const topic_publisher&) = delete;
  topic_publisher& operator=(const topic_publisher&) = delete;
  ~topic_publisher() noexcept override { drop_client(); }

  /// Makes the librdkafka instance, unless there is one.
  [[nodiscard]] result<void> open() {
    if (auto usable = check_usable(); !usable || client_)
      return usable;
    auto config = make_config(target_, options_);
    if (!config)
      return config.error();
    rd_kafka_conf_set_dr_msg_cb(config->get(), on_delivery);
    auto made = client::create(RD_KAFKA_PRODUCER, std::move(*config), target_, options_.client);
    if (!made)
      return made.error();
    client_ = std::move(*made);
    client_->events().in_use = shared_waiting();
    return {};
  }

  [[nodiscard]] result<void> check(std::chrono::milliseconds timeout) override {
    settle_all();
    if (auto opened = open(); !opened)
      return opened;
    // The broker that answers may be another than those that messages go to: the leaders are asked too.
    auto held = await_extents(*client_, target_, timeout);
    if (held)
      return {};
    // librdkafka reports the same trouble only once in a while; a new instance reports it again.
    drop_client();
    return held.error();
  }

  void close() noexcept override {
    is_closed_ = true;
    give_up([](const posted&) {
      return make_failure(
          error::closed,
          "the Kafka publisher was closed before the message was confirmed; it may or may not be stored");
    });
    drop_client();
  }

private:
  [[nodiscard]] result<void> check_usable() override {
    if (is_closed_)
      return make_failure(error::closed, "the Kafka publisher has been closed; open another one");
    return {};
  }

  [[nodiscard]] result<void> check_sendable(const outgoing_message& message) const override {
    return kollect::detail::check_made_for(broker_system::kafka, message);
  }

  /// Sees to it that no message goes to a topic that does not exist. A topic that was found stays known
  /// until a message to it fails.
  [[nodiscard]] result<void> make_ready(const outgoing_message& message, clock::time_point end) override {
    if (waits_to_send_alone_)
      settle_all();
    note_refusals();
    if (has_failed())
      return {};
    if (auto opened = open(); !opened)
      return opened;
    if (traffic_.on_the_way == 0)
      client_->events().forget();
    const std::string& name = message.destination;
    if (topics_.contains(name))
      return {};
    if (auto found = await_topic(*client_, target_, name, deadline(end).left()); !found)
      return found.error();
    topics_[name].reset(rd_kafka_topic_new(client_->native(), name.c_str(), nullptr));
    return {};
  }

  [[nodiscard]] result<void> send(posted& added) override {
    const outgoing_message& message = *added.message;
    rd_kafka_topic_t* const topic = topics_.at(message.destination).get();
    for (;;) {
      const auto code = hand_over(client_->native(), topic, message, added.tracking, traffic_);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return {};
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return refusal(code, message);
      if (!waiting_helps(added.deadline))
        return unconfirmed(added);
      wait(added.deadline);
    }
  }

  void look() override {
    if (!client_)
      return;
    rd_kafka_poll(client_->native(), 0);
    note_refusals();
    if (waits_to_send_alone_ && traffic_.on_the_way == 0)
      send_alone();
    sweep();
    if (!waiting().empty() && !waiting_helps(waiting().front().deadline))
      give_up_client();
    else if (waiting().empty() && (client_->events().refused || has_gone_wrong()))
      drop_client();
  }

  void wait(clock::time_point until) override {
    rd_kafka_poll(client_->native(), milliseconds_of(deadline(until).left(std::chrono::milliseconds(100))));
  }

  void decide(posted& one) override {
    if (one.tracking.confirmed)
      settle(one, *one.tracking.confirmed);
    else if (one.tracking.refused && !one.tracking.is_to_be_sent_alone())
      settle(one, refusal(*one.tracking.refused, *one.message));
  }

  /// What is still on its way must not be stored after what the caller publishes next; and an idempotent
  /// producer that went wrong confirms nothing any more.
  void give_up_client() {
    give_up([this](const posted& one) {
      return one.tracking.refused ? refusal(*one.tracking.refused, *one.message) : unconfirmed(one);
    });
    drop_client();
  }

  /// Ends the instance. What it has of posted messages is left to it, as its end may take longer than ours.
  void drop_client() noexcept {
    topics_.clear();
    waits_to_send_alone_ = false;
    client_.reset();
    traffic_ = {};
  }

  void note_refusals() {
    if (!std::exchange(traffic_.has_refusals, false))
      return;
    for (const posted& one : waiting()) {
      if (one.tracking.is_to_be_sent_alone())
        waits_to_send_alone_ = true;
      else if (one.tracking.refused)
        note_failure();
    }
  }

  /// A broker refuses a request as a whole. Which of its messages is the one that is too large shows when
  /// each is sent alone.
  void send_alone() {
    for (posted& one : waiting()) {
      if (!one.tracking.is_to_be_sent_alone())
        continue;
      if (!waiting_helps(one.deadline))
        return;
      one.tracking.refused.reset();
      one.tracking.was_sent_alone = true;
      if (auto sent = send(one); !sent)
        settle(one, std::move(sent).error());
      while (traffic_.on_the_way != 0 && waiting_helps(one.deadline))
        wait(one.deadline);
      if (traffic_.on_the_way != 0)
        return; // its time is over
    }
    waits_to_send_alone_ = false;
    note_refusals();
  }

  bool has_gone_wrong() const {
    char reason[256];
    return rd_kafka_fatal_error(client_->native(), reason, sizeof reason) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  bool waiting_helps(clock::time_point end) const {
    return clock::now() < end && !client_->events().refused && !has_gone_wrong();
  }

  failure refusal(rd_kafka_resp_err_t code, const outgoing_message& message) {
    auto problem = make_kafka_failure(code, "a message of " + std::to_string(message.value.size()) +
                                                " bytes to Kafka topic " + message.destination);
    // Not knowing it any more, the next message has it looked for again.
    if (problem.reason() == error::topic_missing)
      topics_.erase(message.destination);
    // That a producer went wrong is no concern of the caller: the next message has a new one.
    if (code == RD_KAFKA_RESP_ERR__FATAL || problem.reason() == error::transport_fatal)
      problem = make_failure(error::not_acknowledged, std::move(problem.message), "KAF-03");
    return about_topic(std::move(problem), message.destination);
  }

  failure unconfirmed(const posted& one) const {
    const outgoing_message& message = *one.message;
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
      text += " within " + std::to_string(one.timeout.count()) + " ms";
    text += "; it may or may not be stored: publish it again";
    if (const auto why = why_unreachable(events); !why.empty())
      text += " (" + why + ")";
    return about_topic(make_failure(error::not_acknowledged, std::move(text), "KAF-03"), message.destination);
  }

  connection target_;
  publisher_options options_;
  bool is_closed_ = false;
  std::shared_ptr<client> client_;
  std::map<std::string, topic_pointer> topics_; // found to exist; destroyed before client_
  traffic traffic_;
  bool waits_to_send_alone_ = false; // when nothing is on its way any more
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

#ifndef KOLLECT_KAFKA_DETAIL_PUBLISHER_HPP
#define KOLLECT_KAFKA_DETAIL_PUBLISHER_HPP

#include <kollect/kafka/detail_delivery.hpp>
#include <kollect/kafka/detail_topic.hpp>
#include <kollect/transport.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::kafka::detail {

/// The publisher of create_publisher().
class topic_publisher final : public publisher {
public:
  topic_publisher(connection target, publisher_options options)
      : target_(std::move(target)), options_(std::move(options)) {}
  topic_publisher(const topic_publisher&) = delete;
  topic_publisher& operator=(const topic_publisher&) = delete;
  ~topic_publisher() noexcept override { drop_client(); }

  /// Makes the librdkafka instance, unless there is one.
  result<void> open() {
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
    return {};
  }

  std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                       std::chrono::milliseconds timeout) override {
    if (auto opened = open(); !opened)
      return std::vector<result<receipt>>(messages.size(), opened.error());
    const deadline end{timeout};
    std::vector<delivery> deliveries(messages.size());
    client_->events().forget();
    find_topics(messages, deliveries, end);
    for (std::size_t index = 0; index < messages.size(); ++index)
      send(messages[index], deliveries[index], end);
    await_deliveries(end);
    send_alone(messages, deliveries, end);
    auto results = answer(messages, deliveries, timeout);
    // What is still on its way must not be stored after what the caller publishes next; and an idempotent
    // producer that went wrong confirms nothing any more.
    if (on_the_way_ != 0 || client_->events().refused || gone_wrong())
      drop_client();
    return results;
  }

  result<void> check(std::chrono::milliseconds timeout) override {
    if (auto opened = open(); !opened)
      return opened;
    auto found = await_topic(*client_, target_, target_.destination, timeout);
    if (found)
      return {};
    // librdkafka reports the same trouble only once in a while: a new instance reports it anew.
    drop_client();
    return found.error();
  }

  void close() noexcept override {
    drop_client();
    closed_ = true;
  }

private:
  void drop_client() noexcept {
    topics_.clear();
    client_.reset();
    on_the_way_ = 0;
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
  void find_topics(std::span<const outgoing_message> messages, std::vector<delivery>& deliveries,
                   const deadline& end) {
    std::map<std::string, failure> problems;
    std::optional<failure> unreachable; // then there is no use in asking for other topics
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const std::string& name = messages[index].destination;
      if (topics_.contains(name))
        continue;
      if (!unreachable && !problems.contains(name)) {
        auto found = await_topic(*client_, target_, name, end.left());
        if (found) {
          topics_[name].reset(rd_kafka_topic_new(client_->native(), name.c_str(), nullptr));
          continue;
        }
        problems.emplace(name, found.error());
        if (client_->events().refused || found.error().reason() == error::broker_unavailable)
          unreachable = std::move(found).error();
      }
      const auto known = problems.find(name);
      deliveries[index].problem = known == problems.end() ? *unreachable : known->second;
    }
  }

  void send(const outgoing_message& message, delivery& report, const deadline& end) {
    if (report.problem)
      return;
    rd_kafka_topic_t* const topic = topics_.at(message.destination).get();
    for (;;) {
      const auto code = hand_over(client_->native(), topic, message, report, on_the_way_);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        report.problem = refusal(code, message);
        return;
      }
      if (!waiting_helps(end))
        return; // answer() says why
      rd_kafka_poll(client_->native(), milliseconds_of(end.left(std::chrono::milliseconds(100))));
    }
  }

  void await_deliveries(const deadline& end) {
    while (on_the_way_ != 0 && waiting_helps(end))
      rd_kafka_poll(client_->native(), milliseconds_of(end.left(std::chrono::milliseconds(100))));
    rd_kafka_poll(client_->native(), 0);
  }

  /// A broker refuses a request as a whole. Which of its messages is the one that is too large shows when
  /// each is sent alone.
  void send_alone(std::span<const outgoing_message> messages, std::vector<delivery>& deliveries,
                  const deadline& end) {
    if (messages.size() < 2 || on_the_way_ != 0)
      return;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      delivery& report = deliveries[index];
      if (!report.refused || describe(*report.refused).reason != error::message_exceeds_limit)
        continue;
      if (!waiting_helps(end))
        return;
      report.refused.reset();
      send(messages[index], report, end);
      await_deliveries(end);
    }
  }

  std::vector<result<receipt>> answer(std::span<const outgoing_message> messages,
                                      std::vector<delivery>& deliveries, std::chrono::milliseconds timeout) {
    std::vector<result<receipt>> results;
    results.reserve(messages.size());
    for (std::size_t index = 0; index < messages.size(); ++index) {
      delivery& report = deliveries[index];
      if (report.confirmed)
        results.emplace_back(*report.confirmed);
      else if (report.problem)
        results.emplace_back(std::move(*report.problem));
      else if (report.refused)
        results.emplace_back(refusal(*report.refused, messages[index]));
      else
        results.emplace_back(unconfirmed(messages[index], timeout));
    }
    return results;
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
    if (!events.trouble.empty())
      text += " (" + events.trouble + ")";
    return about_topic(make_failure(error::not_acknowledged, std::move(text), "KAF-03"), message.destination);
  }

  connection target_;
  publisher_options options_;
  bool closed_ = false;
  std::shared_ptr<client> client_;
  std::map<std::string, topic_pointer> topics_; // found to exist; destroyed before client_
  std::size_t on_the_way_ = 0;
};

} // namespace kollect::kafka::detail

#endif

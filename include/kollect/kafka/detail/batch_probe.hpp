#ifndef KOLLECT_KAFKA_DETAIL_BATCH_PROBE_HPP
#define KOLLECT_KAFKA_DETAIL_BATCH_PROBE_HPP

#include <kollect/kafka/detail/batch_end.hpp>
#include <kollect/kafka/detail/client.hpp>
#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Why a batch cannot be read, and what tells it from others: where it begins, or, where librdkafka does not
/// say that, how large it is.
struct batch_fault {
  std::int64_t mark = 0;
  std::string sentence{}; ///< librdkafka's

  friend bool operator==(const batch_fault& left, const batch_fault& right) {
    return left.mark == right.mark;
  }
};

/// Reads single batches, one an answer, beside a subscriber and outside of its group: a second client whose
/// broker gives the batch that holds an offset and nothing else.
class batch_probe {
public:
  /// Of the topic of `target`; connects when first asked.
  batch_probe(connection target, subscriber_options options)
      : target_(std::move(target)), options_(std::move(options)) {
    options_.group += "-probe"; // is never joined; librdkafka wants a name
    options_.instance_id.clear();
    options_.partition_fetch_bytes = 1; // the first batch comes whole, and no other
  }

  /// Whether what stands at `offset` can be read: nothing if so, or if nothing stands there.
  /// error::broker_timeout where neither came in time.
  [[nodiscard]] result<std::optional<batch_fault>> look(std::int32_t partition, std::int64_t offset,
                                                        std::chrono::milliseconds timeout) {
    const deadline end{timeout};
    if (auto connected = connect(); !connected)
      return connected.error();
    client_->events().oversized.reset();
    if (auto begun = fetch_from(*client_, target_.destination, {{partition, offset}}); !begun)
      return begun.error();
    auto found = await_answer(end);
    // librdkafka says nothing for 30 s of another answer of that size: the next question takes a new client.
    if (!found || *found) {
      client_.reset();
      return found;
    }
    if (auto stopped = fetch_from(*client_, target_.destination, {}); !stopped)
      return stopped.error();
    return found;
  }

  /// The first offset behind the batch that has `fault` at `offset`; see batch_end_search.
  [[nodiscard]] result<std::int64_t> find_end(std::int32_t partition, std::int64_t offset,
                                              const batch_fault& fault, std::chrono::milliseconds timeout) {
    if (auto connected = connect(); !connected)
      return connected.error();
    auto held = measure(*client_, target_.destination, partition, timeout);
    if (!held)
      return held.error();
    batch_end_search search(offset, held->end);
    while (!search.is_done()) {
      auto found = look(partition, search.question(), timeout);
      if (!found)
        return found.error();
      search.answer(*found == fault);
    }
    return search.end();
  }

private:
  [[nodiscard]] result<void> connect() {
    if (client_)
      return {};
    auto config = make_config(target_, options_);
    if (!config)
      return config.error();
    config_builder builder(config->get());
    builder.set("queued.min.messages", std::size_t{1}); // nothing is fetched ahead
    if (auto set = builder.finish(); !set)
      return set;
    auto made = client::create(RD_KAFKA_CONSUMER, std::move(*config), target_, options_.client);
    if (!made)
      return made.error();
    client_ = std::move(*made);
    rd_kafka_poll_set_consumer(client_->native());
    return {};
  }

  [[nodiscard]] result<std::optional<batch_fault>> await_answer(const deadline& end) {
    constexpr std::chrono::milliseconds most{100}; // an answer that is too large wakes nobody
    while (!end.passed()) {
      const message_pointer native{
          rd_kafka_consumer_poll(client_->native(), milliseconds_of(end.left(most)))};
      if (const auto size = std::exchange(client_->events().oversized, std::nullopt))
        return std::optional(batch_fault{*size, "the broker's answer with it has " + std::to_string(*size) +
                                                    " bytes, more than receive.message.max.bytes allows"});
      if (!native)
        continue;
      if (is_damage(native->err))
        return std::optional(batch_fault{native->offset, rd_kafka_message_errstr(native.get())});
      if (native->err == RD_KAFKA_RESP_ERR_NO_ERROR || native->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
          native->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return std::optional<batch_fault>{};
    }
    return make_failure(error::broker_timeout,
                        "the broker did not give in time what stands in Kafka topic " + target_.destination);
  }

  connection target_;
  subscriber_options options_;
  std::shared_ptr<client> client_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

#ifndef KOLLECT_KAFKA_EMBEDDED_BROKER_HPP
#define KOLLECT_KAFKA_EMBEDDED_BROKER_HPP

#include <kollect/kafka/detail/client.hpp>
#include <kollect/version.hpp>

#include <librdkafka/rdkafka_mock.h>

#include <memory>
#include <string>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// A Kafka cluster inside this process, on 127.0.0.1, for trials without a broker. Other processes can use
/// it too, as long as this object lives. It keeps messages in memory, the last 5 MiB of each partition,
/// knows consumer groups and offset commits, and has neither TLS nor logins. With older librdkafka it makes
/// any topic that a client asks for, with 4 partitions.
class embedded_broker {
public:
  /// Starts a cluster of `brokers` brokers (1 or more) on ports that are free.
  [[nodiscard]] static result<embedded_broker> start(int brokers = 1) {
    detail::config_pointer config{rd_kafka_conf_new()};
    // Without this librdkafka would write to our standard error, such as that no broker is configured.
    rd_kafka_conf_set_log_cb(config.get(), nullptr);
    char reason[512] = "";
    instance owner{rd_kafka_new(RD_KAFKA_PRODUCER, config.get(), reason, sizeof reason)};
    if (!owner)
      return make_failure(error::internal, "no embedded Kafka broker: " + std::string(reason));
    (void)config.release(); // now the instance's
    cluster made{rd_kafka_mock_cluster_new(owner.get(), brokers)};
    if (!made)
      return make_failure(error::broker_unavailable,
                          "no embedded Kafka broker can be started; check that ports of 127.0.0.1 are free");
    return embedded_broker(std::move(owner), std::move(made));
  }

  embedded_broker(embedded_broker&&) noexcept = default;

  /// The brokers' addresses, host:port, separated by commas.
  [[nodiscard]] std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

  /// Makes a topic with partitions 0 to `partitions` - 1. error::invalid_value if there is one already.
  [[nodiscard]] result<void> create_topic(const std::string& name, int partitions = 1) {
    const auto code = rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, 1);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
      return {};
    return make_failure(error::invalid_value, "the embedded broker cannot make topic " + name + ": " +
                                                  std::string(rd_kafka_err2str(code)));
  }

  /// The librdkafka object, to inject faults into in tests (rdkafka_mock.h).
  [[nodiscard]] rd_kafka_mock_cluster_t* native() noexcept { return cluster_.get(); }

private:
  using instance = std::unique_ptr<rd_kafka_t, releaser<rd_kafka_destroy>>;
  using cluster = std::unique_ptr<rd_kafka_mock_cluster_t, releaser<rd_kafka_mock_cluster_destroy>>;

  embedded_broker(instance owner, cluster made) noexcept
      : owner_(std::move(owner)), cluster_(std::move(made)) {}

  instance owner_;
  cluster cluster_; // ends before the instance
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif

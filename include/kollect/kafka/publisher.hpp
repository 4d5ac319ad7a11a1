#ifndef KOLLECT_KAFKA_PUBLISHER_HPP
#define KOLLECT_KAFKA_PUBLISHER_HPP

#include <kollect/kafka/detail/publisher.hpp>
#include <kollect/version.hpp>

#include <memory>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// Makes a publisher to Kafka. Connects in the background: publish() and check() tell whether it worked.
///
/// Each message goes to the topic it names and to the partition that its key gives, the same one that
/// Java clients choose (KAF-02), and is confirmed by all in-sync replicas (KAF-03). Per partition, messages
/// are stored in the order of publish(); the one exception is a message that a broker refused together
/// with others because the request was too large: it is sent once more, alone.
///
/// publish() answers for each message: error::message_exceeds_limit [SIZE-01], error::topic_missing
/// [KAF-06] (a topic is never made), error::authentication_failed [KAF-07] and error::tls_failed as soon
/// as they are known, and when time is up error::broker_unavailable with the addresses or
/// error::not_acknowledged [KAF-03]. After that, and after an error that librdkafka calls fatal, the next
/// publish() starts with a new connection.
///
/// Errors: error::invalid_value for a connection to NATS, a property that may not be set or a setting that
/// librdkafka refuses,
/// error::missing_key, error::tls_failed for certificates that cannot be read, and
/// error::authentication_failed for SASL that cannot be set up (SEC-02).
[[nodiscard]] inline result<std::unique_ptr<publisher>>
create_publisher(const connection& target, const publisher_options& options = {}) {
  if (auto right = kollect::detail::check_system(target, broker_system::kafka); !right)
    return right.error();
  auto made = std::make_unique<detail::topic_publisher>(target, options);
  if (auto opened = made->open(); !opened)
    return std::move(opened).error();
  return std::unique_ptr<publisher>(std::move(made));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif

#ifndef KOLLECT_KAFKA_TOPIC_SETTING_HPP
#define KOLLECT_KAFKA_TOPIC_SETTING_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/kafka/config.hpp>
#include <kollect/kafka/detail/client.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

namespace detail {

using config_resource_pointer =
    std::unique_ptr<rd_kafka_ConfigResource_t, releaser<rd_kafka_ConfigResource_destroy>>;
using admin_options_pointer =
    std::unique_ptr<rd_kafka_AdminOptions_t, releaser<rd_kafka_AdminOptions_destroy>>;

/// One of a topic's settings; nothing if it is not there.
[[nodiscard]] inline std::optional<std::string> read_setting(const rd_kafka_ConfigResource_t* resource,
                                                             std::string_view name) {
  std::size_t count = 0;
  const auto* const* entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (std::size_t index = 0; index < count; ++index)
    if (rd_kafka_ConfigEntry_name(entries[index]) == name)
      if (const char* const value = rd_kafka_ConfigEntry_value(entries[index]))
        return value;
  return {};
}

/// A broker to ask in the controller's place, where the cluster names one that is not among its brokers, as
/// librdkafka's mock does: the question would wait for it until it times out. Nothing where the controller is
/// there, or the cluster does not answer.
[[nodiscard]] inline std::optional<std::int32_t> stand_in_for_controller(rd_kafka_t* native,
                                                                         std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* found = nullptr;
  if (rd_kafka_metadata(native, 0, nullptr, &found, milliseconds_of(timeout)) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  const metadata_pointer brokers{found};
  const auto controller = rd_kafka_controllerid(native, 0);
  for (int index = 0; index < brokers->broker_cnt; ++index)
    if (brokers->brokers[index].id == controller)
      return {};
  return brokers->broker_cnt > 0 ? std::optional(brokers->brokers[0].id) : std::nullopt;
}

} // namespace detail

/// Asks the cluster for one of the topic's settings, such as cleanup.policy, as Kafka writes it. Nothing
/// where the cluster does not tell, because the user may not describe the topic, there is none, or the
/// brokers cannot. Connects for this alone. The failures are those of create_publisher(), but that a broker
/// which is not there is none.
[[nodiscard]] inline result<std::optional<std::string>>
find_topic_setting(const connection& target, const client_options& options, std::string_view name,
                   std::chrono::milliseconds timeout) {
  if (auto right = kollect::detail::check_system(target, broker_system::kafka); !right)
    return right.error();
  auto made = detail::create_asking_client(target, options);
  if (!made)
    return made.error();
  rd_kafka_t* const native = (*made)->native();

  const detail::config_resource_pointer topic{
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, target.destination.c_str())};
  const detail::admin_options_pointer request{
      rd_kafka_AdminOptions_new(native, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)};
  char ignored[128];
  rd_kafka_AdminOptions_set_request_timeout(request.get(), detail::milliseconds_of(timeout), ignored,
                                            sizeof ignored);
  if (const auto broker = detail::stand_in_for_controller(native, timeout))
    rd_kafka_AdminOptions_set_broker(request.get(), *broker, ignored, sizeof ignored);
  const detail::queue_pointer queue{rd_kafka_queue_new(native)};
  auto* topics = topic.get();
  rd_kafka_DescribeConfigs(native, &topics, 1, request.get(), queue.get());
  const detail::event_pointer event{rd_kafka_queue_poll(queue.get(), detail::milliseconds_of(timeout))};
  const auto* const answer = event ? rd_kafka_event_DescribeConfigs_result(event.get()) : nullptr;
  if (answer == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::optional<std::string>();
  std::size_t count = 0;
  const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(answer, &count);
  return count == 1 ? detail::read_setting(resources[0], name) : std::nullopt;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif

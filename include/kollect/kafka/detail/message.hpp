#ifndef KOLLECT_KAFKA_DETAIL_MESSAGE_HPP
#define KOLLECT_KAFKA_DETAIL_MESSAGE_HPP

#include <kollect/kafka/detail/client.hpp>
#include <kollect/kafka/detail/positions.hpp>
#include <kollect/message.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Keeps a librdkafka message, and the instance that its memory belongs to.
struct kept_message {
  std::shared_ptr<client> source; // destroyed last
  message_pointer native;
};

[[nodiscard]] inline std::vector<header> headers_of(const rd_kafka_message_t& native) {
  std::vector<header> headers;
  rd_kafka_headers_t* found = nullptr; // the message's own
  if (rd_kafka_message_headers(&native, &found) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t index = 0;
       rd_kafka_header_get_all(found, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++index)
    headers.push_back(
        {name, value == nullptr ? std::string{} : std::string(static_cast<const char*>(value), size)});
  return headers;
}

/// A record's time, where it is of this kind: the broker's of appending, or what the producer claims.
[[nodiscard]] inline std::optional<timestamp> time_of(const rd_kafka_message_t& native,
                                                      rd_kafka_timestamp_type_t wanted) {
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t milliseconds = rd_kafka_message_timestamp(&native, &kind);
  if (kind != wanted || milliseconds < 0)
    return std::nullopt;
  return timestamp{} + std::chrono::milliseconds(milliseconds);
}

/// Makes our message of librdkafka's without copying the value.
[[nodiscard]] inline received_message receive(std::shared_ptr<client> source, message_pointer native,
                                              const std::string& topic,
                                              const std::shared_ptr<positions>& read) {
  received_message message;
  message.partition = native->partition;
  message.offset = native->offset;
  message.subject = topic;
  message.appended_at = time_of(*native, RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME);
  message.created_at = time_of(*native, RD_KAFKA_TIMESTAMP_CREATE_TIME);
  message.headers = headers_of(*native);
  if (native->key != nullptr)
    message.key.emplace(static_cast<const char*>(native->key), native->key_len);
  message.is_tombstone = native->payload == nullptr;
  if (native->payload != nullptr)
    message.value = {static_cast<const char*>(native->payload), native->len};
  message.on_acknowledge = [read, generation = read->generation(), partition = message.partition,
                            offset = message.offset] { read->acknowledge(generation, partition, offset); };
  message.owner = std::make_shared<kept_message>(kept_message{std::move(source), std::move(native)});
  return message;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

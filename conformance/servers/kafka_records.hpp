#ifndef KOLLECT_SERVERS_KAFKA_RECORDS_HPP
#define KOLLECT_SERVERS_KAFKA_RECORDS_HPP

#include <kollect/error.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::servers {

/// A record as it is; the texts must live until it is written.
struct kafka_record {
  std::string topic{};
  std::optional<std::int32_t> partition{}; ///< nothing: the client chooses by the key
  std::optional<std::string_view> key{};
  std::optional<std::string_view> value{}; ///< nothing: a tombstone
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// A producer with any of librdkafka's settings, also those that the SDK's publisher does not have because
/// the contract forbids them.
class kafka_records {
public:
  static result<kafka_records> open(const std::map<std::string, std::string>& properties);

  /// In their order; answers when the broker has said of each what it says with these settings, or after
  /// message.timeout.ms. error::not_acknowledged with the reason of one that was not taken.
  result<void> write(std::span<const kafka_record> records);

private:
  struct client;
  explicit kafka_records(std::shared_ptr<client> made) : client_(std::move(made)) {}

  std::shared_ptr<client> client_;
};

/// `host:port,host:port`, as bootstrap.servers wants it.
std::string join_addresses(const std::vector<std::string>& addresses);

} // namespace kollect::servers

#endif

#ifndef KOLLECT_KAFKA_MESSAGE_LIMIT_HPP
#define KOLLECT_KAFKA_MESSAGE_LIMIT_HPP

#include <kollect/kafka/topic_setting.hpp>
#include <kollect/version.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// Asks the cluster for the topic's max.message.bytes: how large a batch, and so an uncompressed message
/// in one, may be (SIZE-01). Nothing where the cluster does not tell, as find_topic_setting() has it:
/// publishing then shows it. Its failures are that function's too.
[[nodiscard]] inline result<std::optional<std::size_t>>
find_message_limit(const connection& target, const client_options& options,
                   std::chrono::milliseconds timeout) {
  const auto setting = find_topic_setting(target, options, "max.message.bytes", timeout);
  if (!setting)
    return setting.error();
  const std::string_view digits = *setting ? std::string_view(**setting) : std::string_view();
  std::size_t limit = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  const bool is_number = !digits.empty() && code == std::errc{} && end == digits.data() + digits.size();
  return is_number ? std::optional(limit) : std::nullopt;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif

#ifndef KOLLECT_KAFKA_DETAIL_PREFETCH_HPP
#define KOLLECT_KAFKA_DETAIL_PREFETCH_HPP

#include <kollect/kafka/detail/pointers.hpp>
#include <kollect/version.hpp>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Tells when librdkafka is to be woken so that it fetches again. A thread of librdkafka that finds the queue
/// of fetched messages full sleeps for up to a second, however soon the queue is empty (librdkafka #2879).
/// From 2.2 on that is set by fetch.queue.backoff.ms; before, whoever takes messages has to wake it. A
/// wake-up each time that a quarter of what the queue may hold was taken comes while three quarters still
/// wait.
class prefetch_meter {
public:
  /// For a queue that is full at so many bytes, or at so many messages of one partition.
  constexpr prefetch_meter(std::size_t queue_bytes, std::size_t queue_messages) noexcept
      : step_bytes_(queue_bytes / 4), step_messages_(queue_messages / 4) {}

  /// To be called for each message that was taken. True if it is time to wake librdkafka.
  constexpr bool take(std::size_t bytes) noexcept {
    bytes_ += bytes;
    ++messages_;
    if (bytes_ < step_bytes_ && messages_ < step_messages_)
      return false;
    bytes_ = messages_ = 0;
    return true;
  }

private:
  std::size_t step_bytes_, step_messages_;
  std::size_t bytes_ = 0, messages_ = 0; // since it was woken
};

/// The value of a property that is a number, or nothing if this librdkafka does not know it.
[[nodiscard]] inline std::optional<std::size_t> number_of(const rd_kafka_conf_t* config, const char* name) {
  char text[32] = "";
  std::size_t size = sizeof text, number = 0;
  if (rd_kafka_conf_get(config, name, text, &size) != RD_KAFKA_CONF_OK)
    return std::nullopt;
  const std::string_view digits(text);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return problem == std::errc{} ? std::optional(number) : std::nullopt;
}

/// The meter for a consumer's configuration; none where librdkafka sees to it itself.
[[nodiscard]] inline std::optional<prefetch_meter> make_prefetch_meter(const rd_kafka_conf_t* config) {
  const auto kilobytes = number_of(config, "queued.max.messages.kbytes");
  const auto messages = number_of(config, "queued.min.messages");
  if (!kilobytes || !messages || number_of(config, "fetch.queue.backoff.ms"))
    return std::nullopt;
  return prefetch_meter(*kilobytes * 1024, *messages);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

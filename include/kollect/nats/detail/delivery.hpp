#ifndef KOLLECT_NATS_DETAIL_DELIVERY_HPP
#define KOLLECT_NATS_DETAIL_DELIVERY_HPP

#include <kollect/nats/detail/subject.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// What the reply subject of a message from JetStream says about it.
struct delivery {
  std::uint64_t count = 0;             ///< how often it has been delivered, this time included
  std::uint64_t stream_sequence = 0;   ///< its place in the stream
  std::uint64_t consumer_sequence = 0; ///< the number of this delivery among all of the durable's
  timestamp stored_at;
  std::uint64_t pending = 0; ///< messages behind it that were not delivered yet

  friend bool operator==(const delivery&, const delivery&) = default;
};

/// Reads `$JS.ACK.STREAM.DURABLE.COUNT.SEQUENCE.DELIVERY.NANOSECONDS.PENDING`, or the longer form with
/// DOMAIN.ACCOUNT before the stream and a random token at the end. Nothing if it is neither.
[[nodiscard]] inline std::optional<delivery> read_delivery(std::string_view reply) noexcept {
  constexpr std::size_t short_form = 9, long_form = 11; // the random token may be absent
  std::array<std::string_view, long_form> tokens{};
  std::size_t count = 0;
  for (std::string_view rest = reply; !rest.empty(); ++count) {
    const auto token = take_token(rest);
    if (count < tokens.size())
      tokens[count] = token;
  }
  if (tokens[0] != "$JS" || tokens[1] != "ACK" || (count != short_form && count < long_form))
    return {};
  const std::size_t first = count == short_form ? 4 : 6;
  std::array<std::uint64_t, 5> numbers{};
  for (std::size_t index = 0; index < numbers.size(); ++index) {
    const auto value = read_number(tokens[first + index]);
    if (!value)
      return {};
    numbers[index] = *value;
  }
  constexpr std::uint64_t second = 1'000'000'000;
  const timestamp stored{static_cast<std::int64_t>(numbers[3] / second),
                         static_cast<std::uint32_t>(numbers[3] % second)};
  return delivery{numbers[0], numbers[1], numbers[2], stored, numbers[4]};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

#include "judgement.hpp"

#include <algorithm>
#include <utility>

namespace kollect::conformance {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_printable(char letter) noexcept {
  return letter >= 0x20 && letter < 0x7f;
}

void append_hex(std::string& out, char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  out += hex_digits[byte >> 4U];
  out += hex_digits[byte & 15U];
}

} // namespace

std::string place_of(broker_system system, const recorded_message& message) {
  if (system == broker_system::nats)
    return message.destination + "/" + std::to_string(message.offset);
  return message.destination + "/" + std::to_string(message.partition) + "/" + std::to_string(message.offset);
}

std::string hex_excerpt(std::string_view bytes, std::size_t at) {
  constexpr std::size_t before = 12, width = 32;
  const std::size_t begin = at > before ? std::min(at, bytes.size()) - before : 0;
  const auto part = bytes.substr(begin, width);
  std::string out = "byte " + std::to_string(begin) + ": ", text;
  for (const char letter : part) {
    append_hex(out, letter);
    out += ' ';
    text += is_printable(letter) ? letter : '.';
  }
  return out + "|" + text + "|";
}

std::string printable_excerpt(std::string_view text, std::size_t most) {
  std::string out;
  for (const char letter : text.substr(0, most)) {
    if (is_printable(letter)) {
      out += letter;
    } else {
      out += "\\x";
      append_hex(out, letter);
    }
  }
  return text.size() > most ? out + "…" : out;
}

finding at_byte(broker_system system, const recorded_message& message, std::size_t at, std::string what,
                std::string expected, std::string found) {
  return {.what = std::move(what) + ", at byte " + std::to_string(at),
          .place = place_of(system, message),
          .expected = std::move(expected),
          .found = std::move(found),
          .excerpt = hex_excerpt(message.value, at)};
}

finding about(broker_system system, const recorded_message& message, std::string what, std::string expected,
              std::string found) {
  return {.what = std::move(what),
          .place = place_of(system, message),
          .expected = std::move(expected),
          .found = std::move(found)};
}

std::size_t first_difference(std::string_view left, std::string_view right) noexcept {
  const auto [one, other] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (one == left.end() && other == right.end())
    return std::string_view::npos;
  return static_cast<std::size_t>(one - left.begin());
}

} // namespace kollect::conformance

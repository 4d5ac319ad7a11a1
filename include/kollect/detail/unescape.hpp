#ifndef KOLLECT_DETAIL_UNESCAPE_HPP
#define KOLLECT_DETAIL_UNESCAPE_HPP

#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/sixteen.hpp>
#include <kollect/detail/simd/unescape.hpp>
#include <kollect/detail/utf8.hpp>
#include <kollect/text_end.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// The four hex digits at `at` as a number; nothing where they are not there.
[[nodiscard]] constexpr std::optional<std::uint32_t> read_hex4(std::string_view text,
                                                               std::size_t at) noexcept {
  if (at + 4 > text.size())
    return {};
  std::uint32_t value = 0;
  for (std::size_t index = at; index < at + 4; ++index) {
    const char digit = text[index];
    value <<= 4U;
    if (digit >= '0' && digit <= '9')
      value |= static_cast<std::uint32_t>(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
      value |= static_cast<std::uint32_t>(digit - 'a' + 10);
    else if (digit >= 'A' && digit <= 'F')
      value |= static_cast<std::uint32_t>(digit - 'A' + 10);
    else
      return {};
  }
  return value;
}

/// What a letter stands for after a backslash: itself, but for five.
inline constexpr auto unescaped = [] {
  std::array<char, 256> out{};
  for (std::size_t letter = 0; letter < out.size(); ++letter)
    out[letter] = static_cast<char>(static_cast<unsigned char>(letter));
  constexpr std::string_view written = "bfnrt", meant = "\b\f\n\r\t";
  for (std::size_t index = 0; index < written.size(); ++index)
    out[static_cast<unsigned char>(written[index])] = meant[index];
  return out;
}();

using simd::writing_place;

// Each of these writes what stands there in a well-formed string and answers where to go on. There must be
// room.

/// A code unit in hex, joined with a second one if they are a surrogate pair; a lone surrogate is U+FFFD
/// (BYT-03).
[[nodiscard]] inline writing_place write_unicode_escape(std::string_view raw, writing_place place) noexcept {
  const auto [at, to] = place;
  const auto first = read_hex4(raw, at + 2).value_or(0xFFFD);
  if (first < 0xD800 || first > 0xDFFF)
    return {at + 6, write_utf8(to, first)};
  if (first < 0xDC00 && raw.substr(at + 6, 2) == "\\u") {
    const auto second = read_hex4(raw, at + 8).value_or(0);
    if (second >= 0xDC00 && second <= 0xDFFF)
      return {at + 12, write_utf8(to, 0x10000U + ((first - 0xD800U) << 10U) + (second - 0xDC00U))};
  }
  return {at + 6, write_utf8(to, 0xFFFD)};
}

[[gnu::always_inline]] inline writing_place write_escaped(std::string_view raw,
                                                          writing_place place) noexcept {
  const char letter = raw[place.at + 1];
  if (letter == 'u') [[unlikely]]
    return write_unicode_escape(raw, place);
  *place.to = unescaped[static_cast<unsigned char>(letter)];
  return {place.at + 2, place.to + 1};
}

/// What is not ASCII; a byte that is not UTF-8 is U+FFFD.
[[nodiscard]] inline writing_place write_beyond_ascii(std::string_view raw, writing_place place) noexcept {
  const std::size_t length = utf8_length(raw, place.at);
  if (length == 0)
    return {place.at + 1, write_utf8(place.to, 0xFFFD)};
  std::memcpy(place.to, raw.data() + place.at, length);
  return {place.at + length, place.to + length};
}

/// Sixteen bytes and the rest of an escape that begins in them, or all up to the first that is not ASCII. At
/// least 32 bytes must be left.
[[gnu::always_inline]] inline writing_place write_sixteen_unescaped(std::string_view raw, writing_place place,
                                                                    simd::level level) noexcept {
  const simd::text_marks marks = simd::find_string_marks(raw.data() + place.at, level);
  const std::size_t begin = place.at;
  const auto end = static_cast<std::size_t>(std::countr_zero(marks.others | 0x1'0000U));
  for (unsigned stops = marks.stops & ((1U << end) - 1); stops != 0;) {
    const std::size_t stop = begin + static_cast<std::size_t>(std::countr_zero(stops));
    std::memcpy(place.to, raw.data() + place.at, 16);
    place = write_escaped(raw, {stop, place.to + (stop - place.at)});
    if (place.at >= begin + end)
      return place;
    stops &= ~0U << (place.at - begin);
  }
  std::memcpy(place.to, raw.data() + place.at, 16);
  return {begin + end, place.to + (begin + end - place.at)};
}

/// What begins before `stop`.
[[nodiscard]] inline writing_place write_unescaped(std::string_view raw, writing_place place,
                                                   std::size_t stop) noexcept {
  const auto level = simd::best_level();
  for (;;) {
    place = simd::write_simple_escapes(raw, place, stop, level);
    if (place.at >= stop)
      return place;
    const char first = raw[place.at];
    if (static_cast<signed char>(first) < 0)
      place = write_beyond_ascii(raw, place);
    else if (raw.size() - place.at >= 32)
      place = write_sixteen_unescaped(raw, place, level);
    else if (first == '\\' && place.at + 1 < raw.size())
      place = write_escaped(raw, place);
    else
      *place.to++ = first, ++place.at;
  }
}

/// The most bytes that are written to for a piece of text of `size` bytes: each may become three, what begins
/// in it may be 28 bytes longer, and sixteen are written at a time.
[[nodiscard]] constexpr std::size_t unescaped_room(std::size_t size) noexcept {
  return (size + 28) * 3 + 16;
}

/// Appends what a well-formed JSON string means whose bytes between the quotes are these: escapes decoded,
/// lone surrogates and bytes that are not UTF-8 as U+FFFD (BYT-03). Linear.
inline void append_unescaped(std::string& out, std::string_view raw) {
  constexpr std::size_t piece = 256;
  text_end end(out);
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t stop = std::min(raw.size(), at + piece);
    const auto place = write_unescaped(raw, {at, end.reserve(unescaped_room(stop - at))}, stop);
    end.written(place.to);
    at = place.at;
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

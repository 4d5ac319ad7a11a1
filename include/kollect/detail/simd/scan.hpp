#ifndef KOLLECT_DETAIL_SIMD_SCAN_HPP
#define KOLLECT_DETAIL_SIMD_SCAN_HPP

#include <kollect/detail/simd/block.hpp>
#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/taken.hpp>
#include <kollect/version.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

/// One past the closing quote of the string whose opening quote is at `at`; npos where there is none.
[[nodiscard]] inline std::size_t find_string_end(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"')
      return at + 1;
    if (text[at] == '\\')
      ++at;
  }
  return std::string_view::npos;
}

namespace detail {

/// What is known between two bytes of a container.
struct scan_state {
  std::size_t depth = 0;          ///< brackets that are open
  std::uint64_t is_in_string = 0; ///< all ones within a string, else 0
  std::uint64_t is_taken = 0;     ///< 1 where a backslash takes the next byte, else 0
};

/// Goes on byte by byte: one past the bracket that closes the container; npos where there is none.
[[nodiscard]] inline std::size_t find_close_bytewise(std::string_view text, std::size_t at,
                                                     scan_state state) noexcept {
  bool is_in_string = state.is_in_string != 0;
  at += static_cast<std::size_t>(state.is_taken);
  for (; at < text.size(); ++at) {
    const char letter = text[at];
    if (is_in_string && letter == '\\')
      ++at;
    else if (letter == '"')
      is_in_string = !is_in_string;
    else if (is_in_string)
      continue;
    else if (letter == '{' || letter == '[')
      ++state.depth;
    else if ((letter == '}' || letter == ']') && --state.depth == 0)
      return at + 1;
  }
  return std::string_view::npos;
}

/// Bytes up to the close that ends the container, that one included; 0 where the block has none.
[[nodiscard]] constexpr std::size_t find_last_close(std::uint64_t opens, std::uint64_t closes,
                                                    std::size_t depth) noexcept {
  for (; closes != 0; closes &= closes - 1) {
    const std::uint64_t below = (closes & (0 - closes)) - 1;
    if (depth + static_cast<std::size_t>(std::popcount(opens & below)) == 1)
      return static_cast<std::size_t>(std::countr_zero(closes)) + 1;
    --depth; // may wrap: what is opened below is added again
  }
  return 0;
}

/// Answers of scan_block() that are no place in the block.
inline constexpr std::size_t not_closed = 0, backslash_outside = block_size + 1;

/// Takes one block into account but for its first `skipped` bytes, which were in the block before. Answers as
/// find_last_close() does, of what comes after them.
template <class Block>
[[gnu::always_inline]] inline std::size_t scan_block(const char* bytes, scan_state& state,
                                                     unsigned skipped = 0) noexcept {
  const string_marks marks = Block::find_string_marks(bytes);
  const std::uint64_t backslashes = marks.backslashes >> skipped;
  std::uint64_t quotes = marks.quotes >> skipped, is_taken = state.is_taken;
  if ((backslashes | is_taken) != 0) {
    quotes &= ~find_taken(backslashes, is_taken);
    // Where there are many backslashes, strings are long, and no bracket in them counts.
    if ((quotes | ~state.is_in_string) == 0) {
      state.is_taken = is_taken;
      return not_closed;
    }
  }
  const std::uint64_t strings = Block::prefix_xor(quotes) ^ state.is_in_string;
  // Outside strings a backslash takes nothing, but is not JSON: not worth being fast for.
  if ((backslashes & ~strings) != 0) [[unlikely]]
    return backslash_outside;
  const bracket_marks brackets = Block::find_brackets(bytes);
  const std::uint64_t opens = (brackets.opens >> skipped) & ~strings;
  const std::uint64_t closes = (brackets.closes >> skipped) & ~strings;
  const auto closed = static_cast<std::size_t>(std::popcount(closes));
  if (closed >= state.depth) [[unlikely]]
    if (const std::size_t end = find_last_close(opens, closes, state.depth); end != not_closed)
      return end;
  state.depth += static_cast<std::size_t>(std::popcount(opens)) - closed;
  state.is_in_string = 0 - (strings >> 63U);
  state.is_taken = is_taken;
  return not_closed;
}

/// The last bytes of a text, less than a block, so that nothing outside is read: together with what is before
/// them, or else copied. Zeros mean nothing to the scanner.
template <class Block>
[[gnu::always_inline]] inline std::size_t scan_rest(std::string_view text, std::size_t at,
                                                    scan_state& state) noexcept {
  const std::size_t length = text.size() - at;
  if (length != 0 && text.size() >= block_size) [[likely]]
    return scan_block<Block>(text.data() + text.size() - block_size, state,
                             static_cast<unsigned>(block_size - length));
  char rest[block_size] = {};
  std::memcpy(rest, text.data() + at, length);
  return scan_block<Block>(rest, state);
}

/// One past the bracket that closes the container at `at`; npos where there is none.
template <class Block>
[[gnu::always_inline]] inline std::size_t find_close(std::string_view text, std::size_t at) noexcept {
  scan_state state;
  std::size_t end = not_closed;
  for (; text.size() - at >= block_size; at += block_size) {
    end = scan_block<Block>(text.data() + at, state);
    if (end != not_closed) [[unlikely]]
      return end == backslash_outside ? find_close_bytewise(text, at, state) : at + end;
  }
  end = scan_rest<Block>(text, at, state);
  if (end == not_closed)
    return std::string_view::npos;
  return end == backslash_outside ? find_close_bytewise(text, at, state) : at + end;
}

#if defined(KOLLECT_SIMD_X86)
KOLLECT_SIMD_AVX2 inline std::size_t find_close_avx2(std::string_view text, std::size_t at) noexcept {
  return find_close<avx2_block>(text, at);
}

KOLLECT_SIMD_AVX512 inline std::size_t find_close_avx512(std::string_view text, std::size_t at) noexcept {
  return find_close<avx512_block>(text, at);
}
#endif

[[nodiscard]] inline std::size_t find_close_at(std::string_view text, std::size_t at, level chosen) noexcept {
  switch (chosen) {
#if defined(KOLLECT_SIMD_X86)
  case level::avx512:
    return find_close_avx512(text, at);
  case level::avx2:
    return find_close_avx2(text, at);
  case level::sse2:
    return find_close<sse2_block>(text, at);
#elif defined(KOLLECT_SIMD_NEON)
  case level::neon:
    return find_close<neon_block>(text, at);
#endif
  default:
    return find_close_bytewise(text, at, {});
  }
}

} // namespace detail

/// One past the end of the JSON value that begins at `at`, found by counting brackets outside
/// strings; npos where the text ends first. The value is not checked: for well-formed JSON the
/// extent is right, for anything else it is some extent, the same at every level, that the check
/// that follows refuses. `chosen` must be available. Linear, no allocation, never reads outside `text`.
[[nodiscard]] inline std::size_t find_value_end(std::string_view text, std::size_t at,
                                                level chosen = best_level()) noexcept {
  if (at >= text.size())
    return std::string_view::npos;
  if (text[at] == '"')
    return find_string_end(text, at);
  if (text[at] == '{' || text[at] == '[')
    return detail::find_close_at(text, at, chosen);
  const auto end = text.find_first_of(",]} \t\r\n", at);
  return end == std::string_view::npos ? text.size() : end;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif

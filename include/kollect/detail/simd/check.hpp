#ifndef KOLLECT_DETAIL_SIMD_CHECK_HPP
#define KOLLECT_DETAIL_SIMD_CHECK_HPP

#include <kollect/detail/plain_scalar.hpp>
#include <kollect/detail/simd/block.hpp>
#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/scan_escapes.hpp>
#include <kollect/detail/simd/sha256.hpp>
#include <kollect/detail/simd/taken.hpp>
#include <kollect/detail/utf8.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// Whether an object or array is well formed, 64 bytes at a time (docs/adr/0017). In compact text a byte
// outside strings may stand where it does by what the byte before it is, but for two things: whether a name
// is due depends on the bracket around, and brackets must match. So one bit a byte tells most, for all 64 at
// once, and only brackets are looked at one after the other. Scalars and what is not ASCII are rare, and read
// bytewise.

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

namespace detail {

/// How deep a container may nest: at most the bits in check_state::objects, and as compact_cursor has it.
inline constexpr std::size_t most_depth = 32;

/// What is known between two blocks of a container that is checked.
struct check_state {
  explicit check_state(std::size_t wanted_room) noexcept : room(std::min(wanted_room, most_depth)) {}

  std::uint64_t is_in_string = 0; ///< all ones within a string, else 0
  std::uint64_t is_taken = 0;     ///< 1 where a backslash takes the next byte, else 0
  // Of the block before, one bit a byte, of which the last counts:
  std::uint64_t opens = 0;                  ///< { and [ outside strings
  std::uint64_t commas = 0;                 ///< outside strings
  std::uint64_t colons = ~std::uint64_t{0}; ///< outside strings; at first, as a value is due
  std::uint64_t scalars = 0;                ///< numbers and literals
  std::uint64_t names = 0;                  ///< the quotes that close names, or what may be one
  std::uint64_t is_in_name = 0; ///< 1 within a string that may be a name, as no colon is before it, else 0
  std::size_t other_bytes = 0;  ///< of the block to come that belong to a character begun before
  std::uint64_t objects = 0;    ///< a bit for each open bracket, the innermost lowest: 1 for {
  std::size_t depth = 0;        ///< brackets that are open
  std::size_t room;             ///< how many may be
};

/// One bit a byte, of one block: what stands outside strings, and where which of it must not.
struct check_marks {
  std::uint64_t opens, closes, scalars;
  std::uint64_t wrong;           ///< whatever is around
  std::uint64_t wrong_in_object; ///< no name where one is due
  std::uint64_t wrong_in_array;  ///< a colon
};

/// Shifted by one, so that each bit tells of the byte before. `last` has the block before, and then this one.
[[nodiscard, gnu::always_inline]] constexpr std::uint64_t after(std::uint64_t bits,
                                                                std::uint64_t& last) noexcept {
  const std::uint64_t out = (bits << 1U) | (last >> 63U);
  last = bits;
  return out;
}

/// The closing quotes of those strings that begin at `firsts`. `strings` has each from its first quote up to
/// its last, without it, so that a bit added to its first carries to its last.
[[nodiscard, gnu::always_inline]] constexpr std::uint64_t
find_ends(std::uint64_t strings, std::uint64_t firsts, std::uint64_t& is_within) noexcept {
  const std::uint64_t sum = strings + firsts + is_within;
  is_within = (strings & ~sum) >> 63U;
  return sum & ~strings;
}

/// What a block is by its quotes, one bit a byte.
struct string_extents {
  std::uint64_t quotes;  ///< that begin or end strings
  std::uint64_t strings; ///< each from its first quote up to its last, without it
  std::uint64_t escapes; ///< backslashes that no other takes
  std::uint64_t others;  ///< control characters, and all that is not ASCII
};

/// What a block has but for its strings.
struct punctuation_marks {
  bracket_marks brackets;
  separator_marks separators;
};

template <class Block>
[[gnu::always_inline]] inline string_extents find_strings(const string_marks& marks,
                                                          check_state& state) noexcept {
  string_extents out{marks.quotes, 0, 0, marks.others};
  if ((marks.backslashes | state.is_taken) != 0) {
    out.escapes = marks.backslashes & ~state.is_taken;
    std::uint64_t is_taken = state.is_taken; // apart, or the whole state would be in memory
    out.quotes &= ~find_taken(marks.backslashes, is_taken);
    state.is_taken = is_taken;
  }
  out.strings = Block::prefix_xor(out.quotes) ^ state.is_in_string;
  state.is_in_string = 0 - (out.strings >> 63U);
  return out;
}

/// Where what stands outside strings.
[[gnu::always_inline]] inline check_marks
find_check_marks(const string_extents& found, const punctuation_marks& block, check_state& state) noexcept {
  const std::uint64_t quotes = found.quotes, strings = found.strings;
  const std::uint64_t outside = ~(strings | quotes);
  const std::uint64_t opens = block.brackets.opens & outside, closes = block.brackets.closes & outside,
                      commas = block.separators.commas & outside, colons = block.separators.colons & outside;
  const std::uint64_t rest = outside & ~(opens | closes | commas | colons);
  const std::uint64_t scalars = rest & ~after(rest, state.scalars);
  const std::uint64_t texts = quotes & strings; // where strings begin
  const std::uint64_t after_open = after(opens, state.opens), after_colon = after(colons, state.colons),
                      after_comma = after(commas, state.commas);
  const std::uint64_t empty = after_open & closes; // the close of {} or []
  const std::uint64_t due = after_open | after_comma | after_colon;
  const std::uint64_t after_name =
      after(find_ends(strings, texts & ~after_colon, state.is_in_name), state.names);
  return {.opens = opens,
          .closes = closes,
          .scalars = scalars,
          // Values stand where they are due and nowhere else, colons after names only.
          .wrong = (due ^ (texts | opens | scalars | empty)) | (colons & ~after_name),
          .wrong_in_object = (due & ~after_colon & ~texts & ~empty) | (after_name & ~colons),
          .wrong_in_array = colons};
}

/// Answers of check_block() that are no place in the block.
inline constexpr std::size_t goes_on = 0, gives_up = block_size + 1;

/// Whether as many brackets as `room` suffice for those of a block, up to where the container ends.
[[nodiscard, gnu::noinline]] inline bool have_room(std::uint64_t opens, std::uint64_t closes,
                                                   std::size_t depth, std::size_t room) noexcept {
  for (std::uint64_t left = opens | closes; left != 0; left &= left - 1) {
    depth += (opens & left & (0 - left)) != 0 ? std::size_t{1} : 0 - std::size_t{1};
    if (depth > room)
      return false;
    if (depth == 0)
      break;
  }
  return true;
}

/// Follows a block's brackets and answers how many bytes the container has of it; goes_on where it does not
/// end in it. `wrong` gets what is wrong by the brackets around.
[[gnu::always_inline]] inline std::size_t follow_brackets(const char* bytes, const check_marks& marks,
                                                          std::uint64_t& wrong, check_state& state) noexcept {
  std::uint64_t objects = state.objects, do_not_match = 0;
  std::uint64_t in_object = 0 - (objects & 1U); // one bit a byte: whether the innermost bracket around is {
  std::size_t depth = state.depth, end = goes_on;
  if (depth + static_cast<std::size_t>(std::popcount(marks.opens)) > state.room) [[unlikely]]
    if (!have_room(marks.opens, marks.closes, depth, state.room))
      return gives_up;
  for (std::uint64_t left = marks.opens | marks.closes; left != 0; left &= left - 1) {
    const auto place = static_cast<std::size_t>(std::countr_zero(left));
    // { is 0111 1011, } 0111 1101, [ 0101 1011 and ] 0101 1101: bit 5 tells {} from [], bit 1 what opens.
    const auto letter = static_cast<unsigned char>(bytes[place]);
    const std::uint64_t outer = objects;
    do_not_match |= (outer ^ (letter >> 5U)) & ~(std::uint64_t{letter} >> 1U);
    objects = ((outer << 1U) | ((letter >> 5U) & 1U)) >> (~unsigned{letter} & 2U);
    in_object ^= (0 - ((objects ^ outer) & 1U)) & ~(left ^ (left - 1)); // from the next byte on
    depth += (letter & 2U) - std::size_t{1};
    if (depth == 0) [[unlikely]] {
      end = place + 1;
      break;
    }
  }
  if ((do_not_match & 1U) != 0) [[unlikely]]
    return gives_up;
  wrong |= (marks.wrong_in_object & in_object) | (marks.wrong_in_array & ~in_object);
  state.objects = objects;
  state.depth = depth;
  return end;
}

/// Answer of pass_characters() where a byte is no character's.
inline constexpr std::size_t no_character = block_size;

/// Passes over what is not ASCII within the strings of a block, of which `skipped` bytes are of a character
/// that has begun before. Answers how many bytes of the next block are of one that begins here; no_character
/// where a byte is a control character, or not UTF-8.
[[nodiscard, gnu::noinline]] inline std::size_t
pass_characters(std::string_view text, std::size_t at, std::uint64_t others, std::size_t skipped) noexcept {
  others &= ~std::uint64_t{0} << skipped;
  while (others != 0) {
    const auto place = static_cast<std::size_t>(std::countr_zero(others));
    const std::size_t length =
        static_cast<signed char>(text[at + place]) < 0 ? utf8_length(text, at + place) : 0;
    if (length == 0)
      return no_character;
    if (place + length >= block_size)
      return place + length - block_size;
    others &= ~std::uint64_t{0} << (place + length);
  }
  return 0;
}

/// Whether each of these places begins a number or literal that the value ends with.
[[gnu::always_inline]] inline bool are_scalars(std::string_view text, std::size_t at,
                                               std::uint64_t scalars) noexcept {
  for (; scalars != 0; scalars &= scalars - 1) {
    const char* const begin = text.data() + at + std::countr_zero(scalars);
    const char* const end = find_scalar_end(begin, text.data() + text.size());
    if (end == nullptr || end == text.data() + text.size() || (*end != ',' && *end != '}' && *end != ']'))
      return false;
  }
  return true;
}

/// The rest of what check_block() does: what is left to look at of the bytes up to `end`.
[[gnu::always_inline]] inline std::size_t finish_block(std::string_view text, std::size_t at, std::size_t end,
                                                       const string_extents& texts, const check_marks& marks,
                                                       std::uint64_t wrong, check_state& state) noexcept {
  if (end == gives_up)
    return gives_up;
  const std::uint64_t within = end == goes_on ? ~std::uint64_t{0} : ~std::uint64_t{0} >> (block_size - end);
  // Outside strings, whatever is none of JSON's marks is read as a scalar, and is not one.
  if ((wrong & within) != 0 || !are_scalars(text, at, marks.scalars & within) ||
      (texts.escapes != 0 && !are_escapes(text, at, texts.escapes & texts.strings & within)))
    return gives_up;
  if (const std::uint64_t others = texts.others & within; (others | state.other_bytes) != 0) [[unlikely]] {
    state.other_bytes = pass_characters(text, at, others, state.other_bytes);
    if (state.other_bytes == no_character)
      return gives_up;
  }
  return end;
}

/// Takes the block at `at` into account, the bytes of which are at `bytes`, too, with zeros after the text's
/// end, which is in the last one. Answers how many bytes the container has of it; goes_on or gives_up.
template <class Block, bool is_last = false>
[[gnu::always_inline]] inline std::size_t check_block(std::string_view text, std::size_t at,
                                                      const char* bytes, check_state& state) noexcept {
  const string_extents texts = find_strings<Block>(Block::find_string_marks(bytes), state);
  punctuation_marks block;
  if ((~texts.strings | texts.quotes) != 0) // else all of it is within a string, as where escapes are
    block = {Block::find_brackets(bytes), Block::find_separators(bytes)};
  const check_marks marks = find_check_marks(texts, block, state);
  std::uint64_t wrong = marks.wrong;
  const std::size_t end = follow_brackets(bytes, marks, wrong, state);
  if (is_last && end == goes_on)
    return gives_up;
  return finish_block(text, at, end, texts, marks, wrong, state);
}

[[nodiscard]] constexpr std::size_t place_of(std::size_t end, std::size_t at) noexcept {
  return end == goes_on || end == gives_up ? std::string_view::npos : at + end;
}

/// The last bytes of a text, less than a block, and zeros, so that nothing outside is read.
struct last_block {
  char bytes[block_size] = {};

  last_block(std::string_view text, std::size_t at) noexcept {
    std::memcpy(bytes, text.data() + at, text.size() - at);
  }
};

/// check_block() of what is left at the text's end.
template <class Block>
[[gnu::noinline]] std::size_t check_last(std::string_view text, std::size_t at, check_state state) noexcept {
  return place_of(check_block<Block, true>(text, at, last_block(text, at).bytes, state), at);
}

template <class Block>
[[gnu::always_inline]] inline std::size_t check_container(std::string_view text, std::size_t at,
                                                          std::size_t room) noexcept {
  check_state state(room);
  for (; text.size() - at >= block_size; at += block_size)
    if (const std::size_t end = check_block<Block>(text, at, text.data() + at, state); end != goes_on)
      return place_of(end, at);
  return check_last<Block>(text, at, state);
}

#if defined(KOLLECT_SIMD_X86)
KOLLECT_SIMD_AVX2 inline std::size_t check_container_avx2(std::string_view text, std::size_t at,
                                                          std::size_t room) noexcept {
  return check_container<avx2_block>(text, at, room);
}

KOLLECT_SIMD_AVX512 inline std::size_t check_container_avx512(std::string_view text, std::size_t at,
                                                              std::size_t room) noexcept {
  return check_container<avx512_block>(text, at, room);
}

/// The same, and the digest takes what is behind: the rounds of a block wait for each other, and between its
/// quarters, while they wait, another block is checked. Where it gives up, the digest stays where it was.
KOLLECT_SIMD_SHA inline std::size_t check_with_digest(std::string_view text, std::size_t at, std::size_t room,
                                                      running_digest& digest) noexcept {
  check_state state(room);
  sha256_words words = digest.words();
  const char* digested = digest.position();
  // It may run ahead a little: so it takes as many blocks each time, which processors can guess.
  const auto may_take = [&](std::ptrdiff_t ahead) {
    return digested - (text.data() + at) <= ahead && digest.limit() - digested >= std::ptrdiff_t{block_size};
  };
  std::size_t end = goes_on;
  for (; text.size() - at >= block_size && end == goes_on; at += block_size) {
    const char* const bytes = text.data() + at;
    string_marks strings = avx2_block::find_string_marks(bytes);
    punctuation_marks block{avx2_block::find_brackets(bytes), avx2_block::find_separators(bytes)};
    // SHA instructions are slow while upper halves are in use: nothing of the above may be put off.
    asm volatile("" : "+r"(strings.quotes), "+r"(strings.backslashes), "+r"(strings.others));
    asm volatile("" : "+r"(block.brackets.opens), "+r"(block.brackets.closes));
    asm volatile("" : "+r"(block.separators.commas), "+r"(block.separators.colons));
    empty_upper_halves();
    const bool is_taking = may_take(16 * block_size);
    sha256_rounds rounds;
    if (is_taking) {
      rounds = begin_rounds(words, digested);
      take_quarter(rounds, 0);
    }
    const string_extents texts = find_strings<avx2_block>(strings, state);
    if (is_taking)
      take_quarter(rounds, 1);
    const check_marks marks = find_check_marks(texts, block, state);
    if (is_taking)
      take_quarter(rounds, 2);
    std::uint64_t wrong = marks.wrong;
    end = follow_brackets(bytes, marks, wrong, state);
    if (is_taking) {
      take_quarter(rounds, 3);
      words = end_rounds(words, rounds);
      digested += block_size;
    }
    end = finish_block(text, at, end, texts, marks, wrong, state);
    if (may_take(8 * block_size)) {
      words = take_block(words, digested);
      digested += block_size;
    }
  }
  if (end == gives_up)
    return std::string_view::npos;
  digest.move_to(digested, words);
  return end != goes_on ? at - block_size + end : check_last<sse2_block>(text, at, state);
}
#endif

} // namespace detail

/// One past the end of the object or array at `at`, if it is well formed, spelled without white space, nests
/// at most `room` deep, and 32, and its numbers are plain (find_number_end()); npos where any of that is
/// not so: json_cursor then tells whether something is wrong. `chosen` must be available, and not plain,
/// whose twin is compact_cursor::read_value(). Linear, no allocation, never reads outside `text`.
[[nodiscard]] inline std::size_t check_container(std::string_view text, std::size_t at, std::size_t room,
                                                 running_digest* digest = nullptr,
                                                 level chosen = best_level()) noexcept {
  (void)digest; // only where can_digest()
  switch (chosen) {
#if defined(KOLLECT_SIMD_X86)
  case level::avx512:
  case level::avx2:
    if (digest != nullptr)
      return detail::check_with_digest(text, at, room, *digest);
    return chosen == level::avx2 ? detail::check_container_avx2(text, at, room)
                                 : detail::check_container_avx512(text, at, room);
  case level::sse2:
    return detail::check_container<detail::sse2_block>(text, at, room);
#elif defined(KOLLECT_SIMD_NEON)
  case level::neon:
    return detail::check_container<detail::neon_block>(text, at, room);
#endif
  default:
    (void)text, (void)at, (void)room;
    return std::string_view::npos;
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif

#ifndef KOLLECT_DETAIL_SIMD_SHA256_HPP
#define KOLLECT_DETAIL_SIMD_SHA256_HPP

#include <kollect/detail/simd/block.hpp>
#include <kollect/detail/simd/level.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/detail/simd/wide.hpp>
#include <kollect/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#if defined(KOLLECT_SIMD_X86)
#include <cpuid.h>
#endif

// The end of a payload and its SHA-256 in one pass. The rounds of SHA-256 wait for each other, so that a
// processor with instructions for them has time to scan meanwhile: the end costs next to nothing.

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {

/// A container's extent and SHA-256 of its bytes.
struct digested_value {
  std::size_t end = std::string_view::npos; ///< one past its end
  std::array<unsigned char, 32> digest{};
};

namespace detail {

#if defined(KOLLECT_SIMD_X86)

/// scan_block(), and the upper halves of the registers emptied: the SHA instructions know registers of 128
/// bits only, and wait for what is above them.
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline std::size_t scan_block_between(const char* bytes,
                                                                              scan_state& state) noexcept {
  const std::size_t length = scan_block<avx2_block>(bytes, state);
  empty_upper_halves();
  return length;
}

/// The constants of FIPS 180-4, 4.2.2.
alignas(16) inline constexpr std::uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The eight words of FIPS 180-4, 6.2, named as there and stored as the instructions have them.
struct sha256_words {
  __m128i abef;
  __m128i cdgh;
};

/// The words before the first block: FIPS 180-4, 5.3.3.
KOLLECT_SIMD_SHA inline sha256_words first_words() noexcept {
  return {_mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c)),
          _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19)};
}

/// A block on its way into the words, a quarter of its 64 rounds at a time.
struct sha256_rounds {
  __m128i message[4]; ///< the words of the schedule that are next, four each
  __m128i abef;
  __m128i cdgh;
};

[[gnu::always_inline]] KOLLECT_SIMD_SHA inline sha256_rounds begin_rounds(const sha256_words& before,
                                                                          const char* bytes) noexcept {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  sha256_rounds out;
#pragma GCC unroll 4
  for (unsigned part = 0; part < 4; ++part)
    out.message[part] =
        _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + part), big_endian);
  out.abef = before.abef, out.cdgh = before.cdgh;
  return out;
}

/// `quarter` is 0 to 3, one after the other.
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline void take_quarter(sha256_rounds& rounds,
                                                                 unsigned quarter) noexcept {
#pragma GCC unroll 4
  for (unsigned part = 0; part < 4; ++part) {
    __m128i& now = rounds.message[part];
    const __m128i last = rounds.message[(part + 3) % 4];
    const auto* const constants = reinterpret_cast<const __m128i*>(sha256_constants) + 4 * quarter + part;
    const __m128i sum = _mm_add_epi32(now, _mm_load_si128(constants));
    rounds.cdgh = sha256_two_rounds(rounds.cdgh, rounds.abef, sum);
    rounds.abef = sha256_two_rounds(rounds.abef, rounds.cdgh, _mm_shuffle_epi32(sum, 0x0e));
    if (quarter < 3)
      now = sha256_message_2(_mm_add_epi32(sha256_message_1(now, rounds.message[(part + 1) % 4]),
                                           _mm_alignr_epi8(last, rounds.message[(part + 2) % 4], 4)),
                             last);
  }
}

[[gnu::always_inline]] KOLLECT_SIMD_SHA inline sha256_words end_rounds(const sha256_words& before,
                                                                       const sha256_rounds& rounds) noexcept {
  return {_mm_add_epi32(before.abef, rounds.abef), _mm_add_epi32(before.cdgh, rounds.cdgh)};
}

/// Takes one block of 64 bytes into the words.
KOLLECT_SIMD_SHA inline sha256_words take_block(const sha256_words& before, const char* bytes) noexcept {
  sha256_rounds rounds = begin_rounds(before, bytes);
#pragma GCC unroll 4
  for (unsigned quarter = 0; quarter < 4; ++quarter)
    take_quarter(rounds, quarter);
  return end_rounds(before, rounds);
}

/// Takes the whole blocks from `at` up to `end`.
KOLLECT_SIMD_SHA inline sha256_words take_blocks(sha256_words words, const char* at,
                                                 const char* end) noexcept {
  for (; at != end; at += block_size)
    words = take_block(words, at);
  return words;
}

/// Takes what is left, at most 64 bytes, and the padding of FIPS 180-4, 5.1.1.
KOLLECT_SIMD_SHA inline std::array<unsigned char, 32> finish_digest(sha256_words words, std::string_view rest,
                                                                    std::uint64_t length) noexcept {
  char last[2 * block_size] = {};
  std::memcpy(last, rest.data(), rest.size());
  last[rest.size()] = static_cast<char>(0x80);
  const std::size_t size = rest.size() + 9 <= block_size ? block_size : 2 * block_size;
  const std::uint64_t bits = __builtin_bswap64(length * 8);
  std::memcpy(last + size - 8, &bits, 8);
  words = take_block(words, last);
  if (size != block_size)
    words = take_block(words, last + block_size);
  const __m128i feba = _mm_shuffle_epi32(words.abef, 0x1b), dchg = _mm_shuffle_epi32(words.cdgh, 0xb1);
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i abcd = _mm_shuffle_epi8(_mm_blend_epi16(feba, dchg, 0xf0), big_endian);
  const __m128i efgh = _mm_shuffle_epi8(_mm_alignr_epi8(dchg, feba, 8), big_endian);
  std::array<unsigned char, 32> out;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data()), abcd);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data() + 16), efgh);
  return out;
}

/// take_block() of two texts: each is done while the other's rounds wait.
[[gnu::always_inline]] KOLLECT_SIMD_SHA inline void take_two_blocks(sha256_words& one,
                                                                    const char* bytes_of_one,
                                                                    sha256_words& two,
                                                                    const char* bytes_of_two) noexcept {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const auto load = [&](const char* bytes, unsigned part) KOLLECT_SIMD_SHA {
    return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + part), big_endian);
  };
  const auto schedule = [](__m128i(&message)[4], unsigned four) KOLLECT_SIMD_SHA {
    const __m128i last = message[(four + 3) % 4];
    __m128i& now = message[four % 4];
    now = sha256_message_2(_mm_add_epi32(sha256_message_1(now, message[(four + 1) % 4]),
                                         _mm_alignr_epi8(last, message[(four + 2) % 4], 4)),
                           last);
  };
  __m128i message_one[4], message_two[4];
#pragma GCC unroll 4
  for (unsigned part = 0; part < 4; ++part) {
    message_one[part] = load(bytes_of_one, part);
    message_two[part] = load(bytes_of_two, part);
  }
  sha256_words now_one = one, now_two = two;
#pragma GCC unroll 16
  for (unsigned four = 0; four < 16; ++four) {
    const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(sha256_constants) + four);
    const __m128i sum_one = _mm_add_epi32(message_one[four % 4], constants);
    const __m128i sum_two = _mm_add_epi32(message_two[four % 4], constants);
    now_one.cdgh = sha256_two_rounds(now_one.cdgh, now_one.abef, sum_one);
    now_two.cdgh = sha256_two_rounds(now_two.cdgh, now_two.abef, sum_two);
    now_one.abef = sha256_two_rounds(now_one.abef, now_one.cdgh, _mm_shuffle_epi32(sum_one, 0x0e));
    now_two.abef = sha256_two_rounds(now_two.abef, now_two.cdgh, _mm_shuffle_epi32(sum_two, 0x0e));
    if (four < 12) {
      schedule(message_one, four);
      schedule(message_two, four);
    }
  }
  one = {_mm_add_epi32(one.abef, now_one.abef), _mm_add_epi32(one.cdgh, now_one.cdgh)};
  two = {_mm_add_epi32(two.abef, now_two.abef), _mm_add_epi32(two.cdgh, now_two.cdgh)};
}

KOLLECT_SIMD_SHA inline digested_value digest_container(std::string_view text, std::size_t begin) noexcept {
  scan_state state;
  sha256_words words = first_words();
  std::size_t at = begin, length = not_closed;
  for (; text.size() - at >= block_size; at += block_size) {
    length = scan_block_between(text.data() + at, state);
    if (length != not_closed) [[unlikely]]
      break;
    words = take_block(words, text.data() + at);
  }
  if (length == not_closed) {
    char rest[block_size] = {};
    std::memcpy(rest, text.data() + at, text.size() - at);
    length = scan_block_between(rest, state);
  }
  if (length == not_closed || length == backslash_outside)
    return {};
  return {at + length, finish_digest(words, text.substr(at, length), at + length - begin)};
}

[[nodiscard]] inline bool has_sha_instructions() noexcept {
  static const bool is_there = [] {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & bit_SHA) != 0;
  }();
  return is_there;
}

#endif

} // namespace detail

/// Whether digest_value() and running_digest are of use: the processor has SHA instructions and `chosen` is a
/// level that goes with them. Elsewhere OpenSSL's SHA-256 after the scan is as fast.
[[nodiscard]] inline bool can_digest(level chosen = best_level()) noexcept {
#if defined(KOLLECT_SIMD_X86)
  return has_avx2(chosen) && detail::has_sha_instructions();
#else
  (void)chosen;
  return false;
#endif
}

/// SHA-256 of a text that is checked meanwhile, the digest some blocks behind. Only where can_digest(). Never
/// reads outside what it is given.
class running_digest {
public:
  /// Of a text that begins at `begin` and is thought to end at `limit`, or not much before.
  running_digest(const char* begin, const char* limit) noexcept : begin_(begin), at_(begin), limit_(limit) {
#if defined(KOLLECT_SIMD_X86)
    words_ = detail::first_words();
#endif
  }

  /// Takes the whole blocks before `end`, if there are many.
  void catch_up(const char* end) noexcept {
    if (end - at_ > std::ptrdiff_t{16 * detail::block_size})
      take_all(end);
  }

  /// Takes all whole blocks before `end`.
  void take_all(const char* end) noexcept {
    take(at_ + left(end) / detail::block_size * detail::block_size);
  }

  /// The digest of the text, which ends at `end`; none where more than that has been taken.
  [[nodiscard]] std::optional<std::array<unsigned char, 32>> finish(const char* end) noexcept {
    if (end < at_)
      return std::nullopt;
    take_all(end);
#if defined(KOLLECT_SIMD_X86)
    return detail::finish_digest(words_, {at_, left(end)}, static_cast<std::uint64_t>(end - begin_));
#else
    return std::nullopt;
#endif
  }

#if defined(KOLLECT_SIMD_X86)
  /// For a loop that takes blocks itself, and says so in the end.
  const detail::sha256_words& words() const noexcept {
    return words_;
  }
  const char* position() const noexcept {
    return at_;
  }
  const char* limit() const noexcept {
    return limit_;
  }
  void move_to(const char* at, const detail::sha256_words& words) noexcept {
    at_ = at, words_ = words;
  }
#endif

private:
  std::size_t left(const char* end) const noexcept {
    return static_cast<std::size_t>(end - at_);
  }

  void take(const char* end) noexcept {
#if defined(KOLLECT_SIMD_X86)
    words_ = detail::take_blocks(words_, at_, end);
#endif
    at_ = end;
  }

  const char* begin_;
  const char* at_;
  const char* limit_;
#if defined(KOLLECT_SIMD_X86)
  detail::sha256_words words_;
#endif
};

/// What find_value_end() answers for the object or array at `at`, and SHA-256 of its bytes. `end` is npos
/// where there is no end, or a backslash stands outside strings: only find_value_end() tells such texts
/// apart. Only where can_digest(). Linear, no allocation, never reads outside `text`.
[[nodiscard]] inline digested_value digest_value(std::string_view text, std::size_t at) noexcept {
#if defined(KOLLECT_SIMD_X86)
  if (at < text.size() && (text[at] == '{' || text[at] == '['))
    return detail::digest_container(text, at);
#else
  (void)text, (void)at;
#endif
  return {};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif

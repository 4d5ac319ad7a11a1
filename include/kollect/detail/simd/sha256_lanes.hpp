#ifndef KOLLECT_DETAIL_SIMD_SHA256_LANES_HPP
#define KOLLECT_DETAIL_SIMD_SHA256_LANES_HPP

#include <kollect/detail/simd/sha256.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

// SHA-256 of many texts, two at a time: the rounds of one wait for each other, those of two do not.

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd {
namespace detail {

#if defined(KOLLECT_SIMD_X86)

/// Texts one after the other through one lane, and what becomes of the present one.
struct sha256_lane {
  std::string_view text;
  std::size_t index = 0;
  std::size_t at = 0;
  sha256_words words;

  std::size_t blocks_left() const noexcept { return (text.size() - at) / block_size; }
};

/// Gives a lane the next text that has a whole block; shorter ones are hashed on the way. False at the
/// end.
template <class Take>
KOLLECT_SIMD_SHA bool load_lane(sha256_lane& lane, std::span<const std::string_view> texts, std::size_t& next,
                                Take&& take) noexcept {
  while (next < texts.size()) {
    lane = {texts[next], next, 0, first_words()};
    ++next;
    if (lane.blocks_left() != 0)
      return true;
    take(lane.index, finish_digest(lane.words, lane.text, lane.text.size()));
  }
  return false;
}

template <class Take>
KOLLECT_SIMD_SHA void finish_lane(const sha256_lane& lane, Take&& take) noexcept {
  take(lane.index, finish_digest(lane.words, lane.text.substr(lane.at), lane.text.size()));
}

KOLLECT_SIMD_SHA inline void advance_both(sha256_lane& one, sha256_lane& two) noexcept {
  const std::size_t end = one.at + std::min(one.blocks_left(), two.blocks_left()) * block_size;
  for (; one.at != end; one.at += block_size, two.at += block_size)
    take_two_blocks(one.words, one.text.data() + one.at, two.words, two.text.data() + two.at);
}

template <class Take>
KOLLECT_SIMD_SHA void digest_in_lanes(std::span<const std::string_view> texts, Take&& take) noexcept {
  std::size_t next = 0;
  sha256_lane one{}, two{};
  bool has_one = load_lane(one, texts, next, take), has_two = has_one && load_lane(two, texts, next, take);
  while (has_one && has_two) {
    advance_both(one, two);
    for (auto* const lane : {&one, &two})
      if (lane->blocks_left() == 0) {
        finish_lane(*lane, take);
        (lane == &one ? has_one : has_two) = load_lane(*lane, texts, next, take);
      }
  }
  auto& last = has_one ? one : two;
  if (!has_one && !has_two)
    return;
  for (; last.blocks_left() != 0; last.at += block_size)
    last.words = take_block(last.words, last.text.data() + last.at);
  finish_lane(last, take);
}

#endif

} // namespace detail

/// Calls `take(index, digest)` with SHA-256 of each text, once each, in any order; the digest is an array of
/// 32 bytes. Only where can_digest(). Linear in the bytes of all; no allocation; never reads outside the
/// texts.
template <class Take>
void digest_texts(std::span<const std::string_view> texts, Take&& take) noexcept {
#if defined(KOLLECT_SIMD_X86)
  detail::digest_in_lanes(texts, take);
#else
  (void)texts, (void)take;
#endif
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail::simd

#endif

#ifndef KOLLECT_SHA256_EACH_HPP
#define KOLLECT_SHA256_EACH_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/simd/sha256_lanes.hpp>
#include <kollect/version.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// SHA-256 of each of many texts, `out[i]` that of `texts[i]`; `out` has as many places. Where the processor
/// has SHA instructions two texts are hashed at once, in little more time than one; elsewhere OpenSSL hashes
/// one after the other. Linear in the bytes of all; ends the program as sha256_hasher does.
inline void sha256_each(std::span<const std::string_view> texts, std::span<sha256_digest> out) noexcept {
  if (detail::simd::can_digest()) {
    detail::simd::digest_texts(texts, [out](std::size_t index, const std::array<unsigned char, 32>& digest) {
      out[index].bytes = digest;
    });
    return;
  }
  sha256_hasher hasher;
  for (std::size_t index = 0; index < texts.size(); ++index)
    out[index] = hasher(texts[index]);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

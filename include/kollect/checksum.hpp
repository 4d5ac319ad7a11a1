#ifndef KOLLECT_CHECKSUM_HPP
#define KOLLECT_CHECKSUM_HPP

#include <kollect/version.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/evp.h>

// Header-only xxHash: inlined for the target's own instruction set, without a call for short texts.
// GCC with -Og refuses to inline what xxHash 0.8.3 insists on: define XXH_NO_INLINE_HINTS=1 there.
#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

// Set by CMake where the system's libxxhash has versions for several processors. Its own header is of no use
// here: beside XXH_INLINE_ALL it declares functions of this file.
#if defined(KOLLECT_XXHASH_DISPATCH)
extern "C" XXH128_hash_t XXH3_128bits_dispatch(const void* input, std::size_t length);
#endif

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// A SHA-256 digest: what identifies a payload (DED-02), checks items (PAY-02) and names a NATS
/// message (NAT-02).
struct sha256_digest {
  std::array<unsigned char, 32> bytes{}; ///< in the order they are printed in

  friend auto operator<=>(const sha256_digest&, const sha256_digest&) = default;
  friend bool operator==(const sha256_digest&, const sha256_digest&) = default;
};

/// Lowercase hex, 64 characters.
[[nodiscard]] inline std::string to_string(const sha256_digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(64);
  for (const unsigned char byte : digest.bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

inline std::ostream& operator<<(std::ostream& out, const sha256_digest& digest) {
  return out << to_string(digest);
}

namespace detail {

/// OpenSSL 3 looks an algorithm up by name at each use unless it was fetched once.
[[nodiscard]] inline const EVP_MD* sha256_algorithm() noexcept {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr); // for the program's life
  return algorithm;
}

} // namespace detail

/// Makes SHA-256 digests one after the other, without allocating anything once it is made: for whoever hashes
/// many short texts. Like a failed allocation in a noexcept function, a libcrypto without SHA-256 ends the
/// program. Movable, not copyable; a moved-from one is only good to be destroyed. For one thread at a time.
class sha256_hasher {
public:
  sha256_hasher() noexcept : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr || EVP_DigestInit_ex2(context_, detail::sha256_algorithm(), nullptr) != 1)
      std::terminate();
  }
  /// Takes what `other` hashes with.
  sha256_hasher(sha256_hasher&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
  /// Takes what `other` hashes with.
  sha256_hasher& operator=(sha256_hasher&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  sha256_hasher(const sha256_hasher&) = delete;
  sha256_hasher& operator=(const sha256_hasher&) = delete;
  ~sha256_hasher() { EVP_MD_CTX_free(context_); }

  /// SHA-256 over the pieces as if they were one text. Linear, constant memory.
  sha256_digest operator()(std::initializer_list<std::string_view> pieces) noexcept {
    sha256_digest digest;
    // Without an algorithm it starts over with the one it has.
    bool is_good = EVP_DigestInit_ex2(context_, nullptr, nullptr) == 1;
    for (const auto piece : pieces)
      is_good = is_good && EVP_DigestUpdate(context_, piece.data(), piece.size()) == 1;
    if (!is_good || EVP_DigestFinal_ex(context_, digest.bytes.data(), nullptr) != 1)
      std::terminate();
    return digest;
  }

  /// SHA-256 over one text.
  sha256_digest operator()(std::string_view text) noexcept { return (*this)({text}); }

private:
  EVP_MD_CTX* context_ = nullptr; // owned: std::unique_ptr costs whoever includes this more to compile
};

/// SHA-256 over the pieces as if they were one text. Linear, constant memory. Ends the program as
/// sha256_hasher does.
[[nodiscard]] inline sha256_digest sha256(std::initializer_list<std::string_view> pieces) noexcept {
  return sha256_hasher()(pieces);
}

/// SHA-256 over one text.
[[nodiscard]] inline sha256_digest sha256(std::string_view text) noexcept {
  return sha256({text});
}

/// A 128-bit XXH3 fingerprint: an index and a first filter. Two different texts with the same
/// fingerprint can be built by hand, so it never decides alone that hostile texts are equal.
struct fingerprint {
  std::uint64_t high = 0; ///< the upper 64 bits
  std::uint64_t low = 0;  ///< the lower 64 bits

  friend auto operator<=>(const fingerprint&, const fingerprint&) = default;
  friend bool operator==(const fingerprint&, const fingerprint&) = default;
};

/// Lowercase hex, 32 characters, the high half first.
[[nodiscard]] inline std::string to_string(const fingerprint& value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(32);
  for (const auto half : {value.high, value.low})
    for (unsigned shift = 64; shift != 0; shift -= 4)
      text += digits[half >> (shift - 4) & 15U];
  return text;
}

inline std::ostream& operator<<(std::ostream& out, const fingerprint& value) {
  return out << to_string(value);
}

/// Linear. Where libxxhash has versions for several processors, it chooses; the result is the same.
[[nodiscard]] inline fingerprint fingerprint_of(std::string_view text) noexcept {
#if defined(KOLLECT_XXHASH_DISPATCH)
  const XXH128_hash_t hash = XXH3_128bits_dispatch(text.data(), text.size());
#else
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
#endif
  return {hash.high64, hash.low64};
}

/// The Nats-Msg-Id of an export: lowercase hex SHA-256 over `{cluster}/{namespace}/` and the payload
/// (NAT-02).
[[nodiscard]] inline std::string nats_message_id(std::string_view cluster, std::string_view namespace_,
                                                 std::string_view payload) {
  return to_string(sha256({cluster, "/", namespace_, "/", payload}));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

template <>
struct std::hash<kollect::sha256_digest> {
  std::size_t operator()(const kollect::sha256_digest& digest) const noexcept {
    return XXH3_64bits(digest.bytes.data(), digest.bytes.size());
  }
};

template <>
struct std::hash<kollect::fingerprint> {
  std::size_t operator()(const kollect::fingerprint& value) const noexcept { return value.low ^ value.high; }
};

#endif

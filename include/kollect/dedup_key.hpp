#ifndef KOLLECT_DEDUP_KEY_HPP
#define KOLLECT_DEDUP_KEY_HPP

#include <kollect/checksum.hpp>
#include <kollect/envelope.hpp>

#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace kollect {

/// What tells a redelivery from a new export (DED-01): the labels and the timestamp as decoded from
/// the envelope, and SHA-256 over the payload's raw bytes (DED-02), so that a byte-preserving mirror
/// gives the same key. Two inventories of one namespace may send the same payload in one instant:
/// keep keys per scope.
struct dedup_key {
  std::string cluster;
  std::string namespace_;
  std::string timestamp; ///< as sent
  sha256_digest payload;

  friend auto operator<=>(const dedup_key&, const dedup_key&) = default;
  friend bool operator==(const dedup_key&, const dedup_key&) = default;
};

/// The key of a message. Linear in the payload: this is where it is hashed.
inline dedup_key make_dedup_key(const envelope_view& envelope) {
  return {envelope.cluster.decode(), envelope.namespace_.decode(), envelope.timestamp_text.decode(),
          sha256(envelope.payload)};
}

/// The same into a key that is used again and again: allocates nothing once its strings are long enough.
inline void make_dedup_key(const envelope_view& envelope, sha256_hasher& hasher, dedup_key& out) {
  const auto assign = [](std::string& to, const json_string& from) {
    to.clear();
    from.append_to(to);
  };
  assign(out.cluster, envelope.cluster);
  assign(out.namespace_, envelope.namespace_);
  assign(out.timestamp, envelope.timestamp_text);
  out.payload = hasher(envelope.payload);
}

namespace detail {

/// Percent-encodes everything that a URI path segment may not hold (RFC 3986, pchar).
inline void append_path_segment(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@";
  for (const char letter : text) {
    if (allowed.find(letter) != std::string_view::npos) {
      out += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 15U];
  }
}

} // namespace detail

/// `cluster/namespace/timestamp/sha256:hex`, each part percent-encoded where needed.
inline std::string to_string(const dedup_key& key) {
  std::string out;
  for (const auto* part : {&key.cluster, &key.namespace_, &key.timestamp}) {
    detail::append_path_segment(out, *part);
    out += '/';
  }
  return out + "sha256:" + to_string(key.payload);
}

inline std::ostream& operator<<(std::ostream& out, const dedup_key& key) {
  return out << to_string(key);
}

} // namespace kollect

template <>
struct std::hash<kollect::dedup_key> {
  std::size_t operator()(const kollect::dedup_key& key) const noexcept {
    std::size_t seed = std::hash<kollect::sha256_digest>{}(key.payload);
    for (const auto* text : {&key.cluster, &key.namespace_, &key.timestamp})
      seed = XXH3_64bits_withSeed(text->data(), text->size(), seed);
    return seed;
  }
};

#endif

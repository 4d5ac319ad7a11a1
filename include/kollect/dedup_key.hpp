#ifndef KOLLECT_DEDUP_KEY_HPP
#define KOLLECT_DEDUP_KEY_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/detail/simd/sha256.hpp>
#include <kollect/envelope.hpp>
#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/path_segment.hpp>
#include <kollect/version.hpp>

#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What tells a redelivery from a new export (DED-01): the labels and the timestamp as decoded from
/// the envelope, and SHA-256 over the payload's raw bytes (DED-02), so that a byte-preserving mirror
/// gives the same key. Two inventories of one namespace may send the same payload in one instant:
/// keep keys per scope.
struct dedup_key {
  std::string cluster{};    ///< ENV-06, decoded
  std::string namespace_{}; ///< ENV-07, decoded
  std::string timestamp{};  ///< as sent
  sha256_digest payload{};  ///< SHA-256 over the payload's raw bytes (DED-02)

  friend auto operator<=>(const dedup_key&, const dedup_key&) = default;
  friend bool operator==(const dedup_key&, const dedup_key&) = default;
};

/// The key of a message. Linear in the payload: this is where it is hashed.
[[nodiscard]] inline dedup_key make_dedup_key(const envelope_view& envelope) {
  return {envelope.cluster.decode(), envelope.namespace_.decode(), envelope.timestamp_text.decode(),
          sha256(envelope.payload)};
}

namespace detail {

inline void assign_labels(dedup_key& out, const envelope_view& envelope) {
  const auto assign = [](std::string& to, const json_string& from) {
    to.clear();
    from.append_to(to);
  };
  assign(out.cluster, envelope.cluster);
  assign(out.namespace_, envelope.namespace_);
  assign(out.timestamp, envelope.timestamp_text);
}

} // namespace detail

/// The same into a key that is used again and again: allocates nothing once its strings are long enough.
inline void make_dedup_key(const envelope_view& envelope, sha256_hasher& hasher, dedup_key& out) {
  detail::assign_labels(out, envelope);
  out.payload = hasher(envelope.payload);
}

/// Reads the header of one message as parse_envelope() does, and makes the key too: the same results, in one
/// pass over the payload where the processor has SHA instructions. Where the message is refused, the key is
/// of no use. Allocates nothing once the key's strings are long enough.
[[nodiscard]] inline result<envelope_view> parse_envelope(std::string_view message, sha256_hasher& hasher,
                                                          dedup_key& key, const limits& bounds = {}) {
  if (auto sized = detail::check_size(message, bounds); !sized)
    return sized.error();
  detail::simd::digested_value digested;
  std::size_t digested_from = std::string_view::npos;
  const auto find_end = [&](std::string_view text, std::size_t at) noexcept {
    if (!detail::simd::can_digest())
      return detail::simd::find_value_end(text, at);
    digested_from = at;
    digested = detail::simd::digest_value(text, at);
    return digested.end != std::string_view::npos ? digested.end : detail::simd::find_value_end(text, at);
  };
  auto envelope = detail::envelope_reader(message, bounds).read(find_end);
  if (!envelope)
    return envelope;
  detail::assign_labels(key, *envelope);
  // The header may have been read again since, and the payload may be another member.
  const std::size_t begin = envelope->payload_offset();
  if (digested_from == begin && digested.end == begin + envelope->payload.size())
    key.payload.bytes = digested.digest;
  else
    key.payload = hasher(envelope->payload);
  return envelope;
}

/// `cluster/namespace/timestamp/sha256:hex`, each part percent-encoded where needed.
[[nodiscard]] inline std::string to_string(const dedup_key& key) {
  std::string out;
  for (const auto* part : {&key.cluster, &key.namespace_, &key.timestamp}) {
    append_path_segment(out, *part);
    out += '/';
  }
  return out + "sha256:" + to_string(key.payload);
}

inline std::ostream& operator<<(std::ostream& out, const dedup_key& key) {
  return out << to_string(key);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

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

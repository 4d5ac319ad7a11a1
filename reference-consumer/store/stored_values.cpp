#include "stored_values.hpp"

#include <kollect/detail/json_writer.hpp>

#include <algorithm>
#include <cstring>

namespace kollect::consumer {

std::string_view bytes_of(const sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

sha256_digest digest_from(std::string_view bytes) {
  sha256_digest digest;
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.bytes.size()), digest.bytes.begin());
  return digest;
}

std::string bytes_of(const std::vector<sha256_digest>& digests) {
  std::string out;
  for (const auto& digest : digests)
    out += bytes_of(digest);
  return out;
}

std::vector<sha256_digest> digests_from(std::string_view bytes) {
  constexpr std::size_t size = 32;
  std::vector<sha256_digest> out;
  for (; bytes.size() >= size; bytes.remove_prefix(size))
    out.push_back(digest_from(bytes.substr(0, size)));
  return out;
}

std::string bytes_of(const fingerprint& value) {
  std::string out(16, '\0');
  std::memcpy(out.data(), &value.high, 8);
  std::memcpy(out.data() + 8, &value.low, 8);
  return out;
}

std::optional<fingerprint> fingerprint_from(std::string_view bytes) {
  if (bytes.size() != 16)
    return {};
  fingerprint value;
  std::memcpy(&value.high, bytes.data(), 8);
  std::memcpy(&value.low, bytes.data() + 8, 8);
  return value;
}

timestamp read_timestamp(std::string_view text) {
  const auto read = parse_timestamp(text);
  return read ? *read : timestamp{};
}

std::string paths_json(const change& one) {
  if (one.kind != change_kind::changed)
    return {};
  std::string out = "[";
  for (const auto& path : one.changed_paths) {
    if (out.size() > 1)
      out += ',';
    detail::append_string(out, path);
  }
  return out + "]";
}

std::int64_t row_delta_of(const applied_snapshot& snapshot) {
  std::int64_t delta = 0;
  for (const auto& one : snapshot.changes)
    delta += one.kind == change_kind::added ? 1 : one.kind == change_kind::removed ? -1 : 0;
  return delta;
}

std::int64_t body_bytes_of(const dead_letter& letter) {
  const auto key_bytes = letter.message_key ? letter.message_key->size() : 0;
  return static_cast<std::int64_t>(letter.value.size() + key_bytes + letter.headers_json.size());
}

std::int64_t surplus_keys(std::int64_t kept, const retention& bounds) {
  const auto surplus = kept - bounds.dedup_keys_per_scope;
  return surplus > bounds.dedup_keys_per_scope / 10 ? surplus : 0;
}

failure make_fenced(std::int32_t partition) {
  return make_failure(
      error::fenced,
      "partition " + std::to_string(partition) +
          " was taken over by another process; this batch is dropped and read again by its owner",
      "DED-03");
}

} // namespace kollect::consumer

#include "stored_values.hpp"

#include <kollect/json_writer.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

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

std::string texts_json(const std::vector<std::string>& texts) {
  std::string json;
  json_writer out(json);
  out.begin_array();
  for (const auto& text : texts)
    out.value(text);
  out.end_array();
  return json;
}

std::string paths_json(const std::vector<std::string>& paths) {
  return texts_json(paths);
}

std::int64_t checksum_of(const std::array<std::string_view, 6>& row) noexcept {
  std::uint64_t sum = 0;
  for (const auto text : row)
    sum = sum * 0x9E37'79B9'7F4A'7C15U + fingerprint_of(text).low; // the order counts
  return static_cast<std::int64_t>(sum);
}

std::int64_t checksum_of(const row_identity& names, std::string_view item) noexcept {
  return checksum_of(
      {names.target_namespace, names.target_name, names.namespace_, names.name, names.uid, item});
}

void scope_totals::add(const row_change& one) {
  if (one.kind != change_kind::added) {
    --rows;
    bytes -= static_cast<std::int64_t>(one.before.size());
    checksum ^= checksum_of(one.identity, one.before);
  }
  if (one.kind != change_kind::removed) {
    ++rows;
    bytes += static_cast<std::int64_t>(one.after.size());
    checksum ^= checksum_of(one.identity, one.after);
  }
}

std::int64_t body_bytes_of(const dead_letter& letter, std::string_view value) {
  const auto key_bytes = letter.message_key ? letter.message_key->size() : 0;
  return static_cast<std::int64_t>(value.size() + key_bytes + letter.headers_json.size());
}

std::int64_t surplus_keys(std::int64_t kept, const retention& bounds) {
  const auto surplus = kept - bounds.dedup_keys_per_scope;
  return surplus > bounds.dedup_keys_per_scope / 10 ? surplus : 0;
}

std::int64_t from_newest(std::int64_t before_id) {
  return before_id == 0 ? std::numeric_limits<std::int64_t>::max() : before_id;
}

bool is_cheaper_by_scope(const row_query& range) {
  // By scope all rows of the scopes are read, by order on average so many for a page.
  const auto in_scopes = static_cast<double>(std::max<std::int64_t>(range.rows_in_scopes, 1));
  const auto by_order =
      static_cast<double>(range.limit) * static_cast<double>(range.rows_in_store) / in_scopes;
  return range.scope_ids && in_scopes < by_order;
}

std::vector<std::int64_t> scope_ids_from(std::string_view text) {
  std::vector<std::int64_t> ids;
  const auto* const end = text.data() + text.size();
  for (const auto* at = text.data(); at < end; ++at) { // passes over the comma
    std::int64_t id = 0;
    at = std::from_chars(at, end, id).ptr;
    ids.push_back(id);
  }
  return ids;
}

std::string scope_ids_json(const std::vector<std::int64_t>& ids) {
  std::string text;
  json_writer out(text);
  out.begin_array();
  for (const auto id : ids)
    out.value(id);
  out.end_array();
  return text;
}

failure make_lost_part(std::uint32_t part_index) {
  return make_failure(error::store_corrupt, "part " + std::to_string(part_index) +
                                                " of a set that was waiting is not in the store; restore it "
                                                "from a backup, or rebuild it from the log");
}

failure make_fenced(std::int32_t partition) {
  return make_failure(
      error::fenced,
      "partition " + std::to_string(partition) +
          " was taken over by another process; this batch is dropped and read again by its owner",
      "DED-03");
}

} // namespace kollect::consumer

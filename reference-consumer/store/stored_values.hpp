#ifndef KOLLECT_CONSUMER_STORED_VALUES_HPP
#define KOLLECT_CONSUMER_STORED_VALUES_HPP

#include "records.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

// How values are kept: the same in every kind of store.

/// A digest as its 32 bytes, and back.
std::string_view bytes_of(const sha256_digest& digest);
sha256_digest digest_from(std::string_view bytes);

/// Digests one after the other, and back.
std::string bytes_of(const std::vector<sha256_digest>& digests);
std::vector<sha256_digest> digests_from(std::string_view bytes);

/// A fingerprint as 16 bytes, and back; nothing for any other number of bytes.
std::string bytes_of(const fingerprint& value);
std::optional<fingerprint> fingerprint_from(std::string_view bytes);

/// Our own text, written by to_string(timestamp): anything else is damage, shown as the epoch.
timestamp read_timestamp(std::string_view text);

/// Changed paths as a JSON array.
std::string paths_json(const std::vector<std::string>& paths);

/// What a snapshot's changes do to what is noted of all rows of its scope.
struct scope_totals {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t checksum = 0; ///< exclusive or of checksum_of() of each row

  void add(const row_change& one);
  friend bool operator==(const scope_totals&, const scope_totals&) = default;
};

/// XXH3 of a row and the names that it is filed under: target_namespace, target_name, namespace, name, uid,
/// item. It tells damage, not malice.
std::int64_t checksum_of(const std::array<std::string_view, 6>& row) noexcept;
std::int64_t checksum_of(const row_identity& names, std::string_view item) noexcept;

/// The bytes of a dead letter that its retention counts: value, key and headers.
std::int64_t body_bytes_of(const dead_letter& letter, std::string_view value);

/// How many of a scope's dedup keys are to go: none until a tenth too many are there, so that sorting them
/// is paid for once in many batches.
std::int64_t surplus_keys(std::int64_t kept, const retention& bounds);

/// An id above those that are wanted: 0 stands for the newest and all before it.
std::int64_t from_newest(std::int64_t before_id);

/// Whether it is cheaper to sort the rows of the range's scopes than to pass over others by order.
bool is_cheaper_by_scope(const row_query& range);

/// Reads `1,2,5`: ids of scopes as the stores list them.
std::vector<std::int64_t> scope_ids_from(std::string_view text);

/// The same as a JSON array.
std::string scope_ids_json(const std::vector<std::int64_t>& ids);

/// Texts as a JSON array.
std::string texts_json(const std::vector<std::string>& texts);

/// That a part is gone which waited a moment ago.
failure make_lost_part(std::uint32_t part_index);

/// That a partition is not ours any more.
failure make_fenced(std::int32_t partition);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_STORED_ROWS_HPP
#define KOLLECT_CONSUMER_STORED_ROWS_HPP

#include "stored_values.hpp"
#include "transaction.hpp"

#include <kollect/error.hpp>

#include <cstdint>
#include <string_view>

namespace kollect::consumer {

// Rows as values. A Row has is_null(), integer(), text() and bytes() of a column, counted from 0: every
// kind of store selects the same columns in the same order.

/// scope_id, exported_seconds, exported_nanoseconds, generation, payload_digest, items_digest,
/// applied_parts, target_digest, target_conflicts, held_back, row_count, row_bytes
template <class Row>
scope_record read_record(const Row& found) {
  scope_record record;
  record.id = found.integer(0);
  if (!found.is_null(1))
    record.order = snapshot_order{{found.integer(1), static_cast<std::uint32_t>(found.integer(2))},
                                  found.integer(3),
                                  digest_from(found.bytes(4))};
  record.items_digest = digest_from(found.bytes(5));
  record.applied_parts = digests_from(found.bytes(6));
  record.target_digest = static_cast<std::uint64_t>(found.integer(7));
  record.target_conflicts = found.integer(8);
  if (!found.is_null(9))
    record.held_back = digest_from(found.bytes(9));
  record.row_count = found.integer(10);
  record.row_bytes = found.integer(11);
  return record;
}

/// cluster, namespace, inventory, exported_seconds, exported_nanoseconds, generation, part_total,
/// part_index, digest, log name, partition, offset, message_key, message, arrived_seconds
template <class Row>
pending_part read_part(const Row& found) {
  pending_part part;
  part.set = {{found.text(0), found.text(1), found.text(2)},
              {found.integer(3), static_cast<std::uint32_t>(found.integer(4))},
              found.integer(5),
              static_cast<std::uint32_t>(found.integer(6))};
  part.part = {static_cast<std::uint32_t>(found.integer(7)), digest_from(found.bytes(8))};
  part.origin = {found.text(9), static_cast<std::int32_t>(found.integer(10)), found.integer(11)};
  if (!found.is_null(12))
    part.message_key = found.text(12);
  part.message = found.text(13);
  part.arrived_at = {found.integer(14), 0};
  return part;
}

/// scope_id, exported_seconds, exported_nanoseconds, generation, part_total, anything, cluster, namespace,
/// inventory
template <class Row>
torn_set read_torn_set(const Row& found) {
  return {found.integer(0),
          {{found.text(6), found.text(7), found.text(8)},
           {found.integer(1), static_cast<std::uint32_t>(found.integer(2))},
           found.integer(3),
           static_cast<std::uint32_t>(found.integer(4))}};
}

/// dead_letter_id, log name, partition, offset, message_key, subject, headers, value, is_tombstone, reason,
/// sentence, clause, byte_offset, buried_at, value_bytes, value_digest, cluster
template <class Row>
stored_dead_letter read_letter(const Row& found) {
  stored_dead_letter out;
  out.id = found.integer(0);
  auto& letter = out.letter;
  letter.origin = {found.text(1), static_cast<std::int32_t>(found.integer(2)), found.integer(3)};
  if (!found.is_null(4))
    letter.message_key = found.text(4);
  letter.subject = found.text(5);
  letter.headers_json = found.text(6);
  letter.is_tombstone = found.integer(8) != 0;
  letter.reason = found.text(9);
  letter.sentence = found.text(10);
  letter.clause = found.text(11);
  if (!found.is_null(12))
    letter.byte_offset = found.integer(12);
  letter.at = read_timestamp(found.bytes(13));
  out.value = found.text(7);
  out.has_body = !found.is_null(7);
  out.value_bytes = found.integer(14);
  out.value_digest = digest_from(found.bytes(15));
  if (!found.is_null(16))
    letter.cluster = found.text(16);
  return out;
}

/// cursor, kind, cluster, namespace, inventory, log name, partition, offset, exported_seconds,
/// exported_nanoseconds, applied_at, before, after, changed_paths, traceparent
template <class Row>
feed_entry read_feed_entry(const Row& found) {
  return {found.integer(0),
          found.text(1),
          {found.text(2), found.text(3), found.text(4)},
          {found.text(5), static_cast<std::int32_t>(found.integer(6)), found.integer(7), found.text(14)},
          {found.integer(8), static_cast<std::uint32_t>(found.integer(9))},
          read_timestamp(found.bytes(10)),
          found.text(11),
          found.text(12),
          found.text(13)};
}

/// cluster, namespace, inventory, row_count, exported_seconds, exported_nanoseconds, applied_at,
/// target_conflicts, scope_id
template <class Row>
scope_summary read_scope_summary(const Row& found) {
  return {{found.text(0), found.text(1), found.text(2)},
          found.integer(3),
          {found.integer(4), static_cast<std::uint32_t>(found.integer(5))},
          read_timestamp(found.bytes(6)),
          found.integer(7),
          found.integer(8)};
}

/// log name, partition, next_offset, owner_epoch, owner, last_message, has_caught_up
template <class Row>
stored_position read_stored_position(const Row& found) {
  return {found.text(0),        static_cast<std::int32_t>(found.integer(1)),
          found.integer(2),     found.integer(3),
          found.text(4),        fingerprint_from(found.bytes(5)),
          found.integer(6) != 0};
}

/// owner_epoch, next_offset, last_message
template <class Row>
owned_position read_owned_position(std::int32_t partition, const Row& found) {
  return {partition, found.integer(0), found.integer(1), fingerprint_from(found.bytes(2))};
}

/// scope_id, target_namespace, target_name, namespace, name, uid, item
template <class Row>
stored_row read_stored_row(const Row& found) {
  return {found.integer(0),
          {found.text(1), found.text(2), found.text(3), found.text(4), found.text(5)},
          found.text(6)};
}

/// change_id, the item before, the item after, target_namespace, target_name, namespace, name, uid; an item
/// is NULL where there is none.
template <class Row>
change read_staged_change(const Row& found) {
  const auto kind = found.is_null(1)   ? change_kind::added
                    : found.is_null(2) ? change_kind::removed
                                       : change_kind::changed;
  return {kind,
          {found.text(3), found.text(4), found.text(5), found.text(6), found.text(7)},
          found.text(1),
          found.text(2),
          {}};
}

/// Reads a scope's rows, by order of identity: target_namespace, target_name, namespace, name, uid, item.
class stored_rows_reader {
public:
  /// `checksum` is what the store has noted of all rows.
  explicit stored_rows_reader(std::int64_t checksum) : expected_(checksum) {}

  template <class Row>
  void add(const Row& found) {
    const std::string_view item = found.bytes(5);
    const row_identity names{found.text(0), found.text(1), found.text(2), found.text(3), found.text(4)};
    actual_ ^= checksum_of(names, item);
    if (added_)
      added_ = rows_.add_stored(names, item);
  }

  /// All of them. error::store_corrupt where they are not those that were written.
  result<held_rows> finish() {
    if (!added_)
      return added_.error();
    if (actual_ != expected_)
      return make_failure(error::store_corrupt,
                          "the rows of a scope are not those that were written: a disk, or somebody, has "
                          "changed them; restore the store from a backup, or rebuild it from the log");
    return rows_.take();
  }

private:
  std::int64_t expected_;
  std::int64_t actual_ = 0;
  result<void> added_;
  held_rows_builder rows_;
};

} // namespace kollect::consumer

#endif

#include "postgresql_snapshot_writer.hpp"

#include "postgresql_digests.hpp"
#include "statements.hpp"

namespace kollect::consumer::postgresql {
namespace {

/// Rows of one entry: a reader of the feed may want a few of them only.
constexpr std::size_t most_rows_of_an_entry = 1000;

} // namespace

void postgresql_snapshot_writer::written_rows::add(const row_change& one, std::string_view digest,
                                                   std::int64_t sequence) {
  const auto& identity = one.identity;
  sequences.push_back(sequence);
  digests.push_back(digest);
  target_namespaces.push_back(identity.target_namespace);
  target_names.push_back(identity.target_name);
  namespaces.push_back(identity.namespace_);
  names.push_back(identity.name);
  uids.push_back(identity.uid);
  items.push_back(one.after);
}

void postgresql_snapshot_writer::range_entries::add_entry(std::string_view kind, std::int64_t sequence) {
  first_sequences.push_back(sequence);
  last_sequences.push_back(sequence);
  kinds.push_back(kind);
  digests.emplace_back();
}

void postgresql_snapshot_writer::range_entries::add(std::string_view digest, std::int64_t sequence) {
  const bool is_next = !last_sequences.empty() && last_sequences.back() + 1 == sequence &&
                       digests.back().size() < most_rows_of_an_entry * digest_bytes;
  if (!is_next)
    add_entry(to_string(change_kind::added), sequence);
  last_sequences.back() = sequence;
  digests.back() += digest;
}

postgresql_snapshot_writer::postgresql_snapshot_writer(connection& target, snapshot_place place,
                                                       std::int64_t log_id, const index_writing& index,
                                                       find_place find)
    : sql_snapshot_writer(std::move(place), log_id, index), connection_(target), find_(std::move(find)) {}

result<void> postgresql_snapshot_writer::begin_feed() {
  auto found = find_();
  if (!found)
    return found.error();
  next_ = *found;
  return {};
}

result<void> postgresql_snapshot_writer::write_rows(std::span<const row_change> changes) {
  piece told;
  told.digests.reserve(changes.size()); // others view them
  for (const auto& one : changes)
    take(told, one, next_->sequence++);
  // What rows replace is looked up while it is there.
  for (const auto step : {&postgresql_snapshot_writer::tell_replacing,
                          &postgresql_snapshot_writer::remove_rows, &postgresql_snapshot_writer::add_rows})
    if (auto done = (this->*step)(told); !done)
      return done;
  return tell_ranges(told.ranges);
}

result<void> postgresql_snapshot_writer::tell_snapshot() {
  range_entries told;
  told.add_entry("snapshot", next_->sequence++);
  return tell_ranges(told);
}

result<void> postgresql_snapshot_writer::write_record(const scope_record& record, std::int64_t checksum) {
  return connection_.post(statements::update_scope,
                          parameters()
                              .integer(record.order->instant.seconds)
                              .integer(record.order->instant.nanoseconds)
                              .integer(record.order->generation)
                              .bytes(bytes_of(record.order->digest))
                              .bytes(bytes_of(record.items_digest))
                              .own_bytes(bytes_of(record.applied_parts))
                              .integer(static_cast<std::int64_t>(record.target_digest))
                              .integer(record.target_conflicts)
                              .text(applied_at_)
                              .integer(record.row_count)
                              .integer(record.row_bytes)
                              .integer(checksum)
                              .integer(record.is_forgotten ? 1 : 0)
                              .integer(record.id));
}

void postgresql_snapshot_writer::take(piece& into, const row_change& one, std::int64_t sequence) {
  const std::string_view digest = into.digests.emplace_back(digest_of(one.identity));
  if (one.kind == change_kind::removed)
    into.removed.push_back(digest);
  else
    into.rows.add(one, digest, sequence);
  if (one.kind == change_kind::added) {
    into.ranges.add(digest, sequence);
    return;
  }
  into.replacing.sequences.push_back(sequence);
  into.replacing.kinds.push_back(to_string(one.kind));
  into.replacing.befores.push_back(one.before);
  into.replacing.digests.push_back(digest);
  into.replacing.paths.push_back(one.changed_paths_json);
}

/// OFFSET 0 has each row looked up by itself, whatever the planner believes about their number.
result<void> postgresql_snapshot_writer::tell_replacing(const piece& told) {
  if (told.replacing.sequences.empty())
    return {};
  parameters values;
  values.integer(next_->batch_id)
      .integer(place_.scope_id)
      .integers(told.replacing.sequences)
      .texts(told.replacing.kinds)
      .texts(told.replacing.befores)
      .texts(told.replacing.paths)
      .many_bytes(told.replacing.digests);
  return connection_.post(
      "INSERT INTO changes (batch_id, scope_id, sequence, first_sequence, kind, before, kept_version, "
      "changed_paths, identity_digests, replaced_batch_id, replaced_sequence, log_id, partition, \"offset\", "
      "exported_seconds, exported_nanoseconds, applied_at, traceparent) "
      "SELECT $1, $2, one.sequence, one.sequence, kind, before, '', paths, CASE kind WHEN 'changed' THEN "
      "digest END, held.batch_id, held.sequence, $8, $9, $10, $11, $12, $13, $14 "
      "FROM unnest($3, $4, $5, $6, $7) AS one (sequence, kind, before, paths, digest) LEFT JOIN LATERAL "
      "(SELECT batch_id, sequence FROM items WHERE scope_id = $2 AND identity_digest = digest OFFSET 0) AS "
      "held ON true",
      add_origin(values));
}

result<void> postgresql_snapshot_writer::remove_rows(const piece& told) {
  if (told.removed.empty())
    return {};
  return connection_.post("DELETE FROM items WHERE scope_id = $1 AND identity_digest = ANY ($2)",
                          parameters().integer(place_.scope_id).many_bytes(told.removed));
}

result<void> postgresql_snapshot_writer::add_rows(const piece& told) {
  if (told.rows.sequences.empty())
    return {};
  return connection_.post(
      "INSERT INTO items (scope_id, batch_id, sequence, identity_digest, target_namespace, target_name, "
      "namespace, name, uid, item) SELECT $1, $2, * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10) "
      "ON CONFLICT (scope_id, identity_digest) DO UPDATE SET batch_id = excluded.batch_id, sequence = "
      "excluded.sequence, item = excluded.item",
      parameters()
          .integer(place_.scope_id)
          .integer(next_->batch_id)
          .integers(told.rows.sequences)
          .many_bytes(told.rows.digests)
          .many_bytes(told.rows.target_namespaces)
          .many_bytes(told.rows.target_names)
          .many_bytes(told.rows.namespaces)
          .many_bytes(told.rows.names)
          .many_bytes(told.rows.uids)
          .texts(told.rows.items));
}

result<void> postgresql_snapshot_writer::tell_ranges(const range_entries& told) {
  if (told.last_sequences.empty())
    return {};
  parameters values;
  values.integer(next_->batch_id)
      .integer(place_.scope_id)
      .integers(told.last_sequences)
      .integers(told.first_sequences)
      .texts(told.kinds)
      .many_bytes(views_of(told.digests));
  return connection_.post(
      "INSERT INTO changes (batch_id, scope_id, sequence, first_sequence, kind, before, kept_version, "
      "changed_paths, identity_digests, log_id, partition, \"offset\", exported_seconds, "
      "exported_nanoseconds, applied_at, traceparent) "
      "SELECT $1, $2, last, first, kind, '', '', '', nullif(digests, ''), $7, $8, $9, $10, $11, $12, $13 "
      "FROM unnest($3, $4, $5, $6) AS one (last, first, kind, digests)",
      add_origin(values));
}

/// What all entries have in common, at the end.
parameters& postgresql_snapshot_writer::add_origin(parameters& values) const {
  const auto& instant = place_.exported_at;
  return values.integer(log_id_)
      .integer(place_.origin.partition)
      .integer(place_.origin.offset)
      .integer(instant.seconds)
      .integer(instant.nanoseconds)
      .text(applied_at_)
      .text(place_.origin.traceparent);
}

} // namespace kollect::consumer::postgresql

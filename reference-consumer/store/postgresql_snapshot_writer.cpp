#include "postgresql_snapshot_writer.hpp"

#include "postgresql_digests.hpp"
#include "stored_values.hpp"

namespace kollect::consumer::postgresql {
namespace {

/// Rows of one entry: a reader of the feed may want a few of them only.
constexpr std::size_t most_rows_of_an_entry = 1000;

} // namespace

void snapshot_writer::written_rows::add(const change& one, std::string_view digest, std::int64_t sequence) {
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

void snapshot_writer::range_entries::add(std::string_view digest, std::int64_t sequence) {
  const bool is_next = !last_sequences.empty() && last_sequences.back() + 1 == sequence &&
                       digests.back().size() < most_rows_of_an_entry * digest_bytes;
  if (!is_next) {
    first_sequences.push_back(sequence);
    last_sequences.push_back(sequence);
    kinds.push_back(to_string(change_kind::added));
    digests.emplace_back();
  }
  last_sequences.back() = sequence;
  digests.back() += digest;
}

snapshot_writer::snapshot_writer(connection& target, const applied_snapshot& snapshot, std::int64_t log_id,
                                 feed_place next)
    : connection_(target), snapshot_(snapshot), log_id_(log_id), next_(next),
      applied_at_(to_string(snapshot.applied_at)) {
  digests_.reserve(snapshot.changes.size()); // others view them
}

result<std::int64_t> snapshot_writer::write() {
  const std::int64_t first = next_.sequence;
  for (const auto& one : snapshot_.changes)
    take(one, digests_.emplace_back(digest_of(one.identity)));
  ranges_.first_sequences.push_back(next_.sequence);
  ranges_.last_sequences.push_back(next_.sequence);
  ranges_.kinds.push_back("snapshot");
  ranges_.digests.emplace_back();
  ++next_.sequence;
  // What rows replace is looked up while it is there.
  for (const auto step : {&snapshot_writer::tell_replacing, &snapshot_writer::remove_rows,
                          &snapshot_writer::write_rows, &snapshot_writer::tell_ranges})
    if (auto done = (this->*step)(); !done)
      return done.error();
  return next_.sequence - first;
}

void snapshot_writer::take(const change& one, std::string_view digest) {
  if (one.kind == change_kind::removed)
    removed_.push_back(digest);
  else
    rows_.add(one, digest, next_.sequence);
  if (one.kind == change_kind::added) {
    ranges_.add(digest, next_.sequence);
  } else {
    replacing_.sequences.push_back(next_.sequence);
    replacing_.kinds.push_back(to_string(one.kind));
    replacing_.befores.push_back(one.before);
    replacing_.digests.push_back(digest);
    replacing_.paths.push_back(paths_json(one));
  }
  ++next_.sequence;
}

/// OFFSET 0 has each row looked up by itself, whatever the planner believes about their number.
result<void> snapshot_writer::tell_replacing() {
  if (replacing_.sequences.empty())
    return {};
  parameters values;
  values.integer(next_.batch_id)
      .integer(snapshot_.record.id)
      .integers(replacing_.sequences)
      .texts(replacing_.kinds)
      .texts(replacing_.befores)
      .texts(views_of(replacing_.paths))
      .many_bytes(replacing_.digests);
  return connection_.post(
      "INSERT INTO changes (batch_id, scope_id, sequence, first_sequence, kind, before, kept_after, "
      "changed_paths, identity_digests, replaced_batch_id, replaced_sequence, log_id, partition, \"offset\", "
      "exported_seconds, exported_nanoseconds, applied_at, traceparent) "
      "SELECT $1, $2, one.sequence, one.sequence, kind, before, '', paths, CASE kind WHEN 'changed' THEN "
      "digest END, held.batch_id, held.sequence, $8, $9, $10, $11, $12, $13, $14 "
      "FROM unnest($3, $4, $5, $6, $7) AS one (sequence, kind, before, paths, digest) LEFT JOIN LATERAL "
      "(SELECT batch_id, sequence FROM items WHERE scope_id = $2 AND identity_digest = digest OFFSET 0) AS "
      "held ON true",
      add_origin(values));
}

result<void> snapshot_writer::remove_rows() {
  if (removed_.empty())
    return {};
  return connection_.post("DELETE FROM items WHERE scope_id = $1 AND identity_digest = ANY ($2)",
                          parameters().integer(snapshot_.record.id).many_bytes(removed_));
}

result<void> snapshot_writer::write_rows() {
  if (rows_.sequences.empty())
    return {};
  return connection_.post(
      "INSERT INTO items (scope_id, batch_id, sequence, identity_digest, target_namespace, target_name, "
      "namespace, name, uid, item) SELECT $1, $2, * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10) "
      "ON CONFLICT (scope_id, identity_digest) DO UPDATE SET batch_id = excluded.batch_id, sequence = "
      "excluded.sequence, item = excluded.item",
      parameters()
          .integer(snapshot_.record.id)
          .integer(next_.batch_id)
          .integers(rows_.sequences)
          .many_bytes(rows_.digests)
          .many_bytes(rows_.target_namespaces)
          .many_bytes(rows_.target_names)
          .many_bytes(rows_.namespaces)
          .many_bytes(rows_.names)
          .many_bytes(rows_.uids)
          .texts(rows_.items));
}

result<void> snapshot_writer::tell_ranges() {
  parameters values;
  values.integer(next_.batch_id)
      .integer(snapshot_.record.id)
      .integers(ranges_.last_sequences)
      .integers(ranges_.first_sequences)
      .texts(ranges_.kinds)
      .many_bytes(views_of(ranges_.digests));
  return connection_.post(
      "INSERT INTO changes (batch_id, scope_id, sequence, first_sequence, kind, before, kept_after, "
      "changed_paths, identity_digests, log_id, partition, \"offset\", exported_seconds, "
      "exported_nanoseconds, applied_at, traceparent) "
      "SELECT $1, $2, last, first, kind, '', '', '', nullif(digests, ''), $7, $8, $9, $10, $11, $12, $13 "
      "FROM unnest($3, $4, $5, $6) AS one (last, first, kind, digests)",
      add_origin(values));
}

/// What all entries have in common, at the end.
parameters& snapshot_writer::add_origin(parameters& values) const {
  const auto& instant = snapshot_.record.order->instant;
  return values.integer(log_id_)
      .integer(snapshot_.origin.partition)
      .integer(snapshot_.origin.offset)
      .integer(instant.seconds)
      .integer(instant.nanoseconds)
      .text(applied_at_)
      .text(snapshot_.origin.traceparent);
}

} // namespace kollect::consumer::postgresql

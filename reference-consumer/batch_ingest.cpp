#include "batch_ingest.hpp"

#include "trace_context.hpp"

#include <kollect/decision.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/whole_snapshot.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

namespace kollect::consumer {
namespace {

std::string headers_json(const std::vector<header>& headers) {
  std::string text;
  json_writer out(text);
  out.begin_array();
  for (const auto& [name, value] : headers)
    out.begin_array().value(name).value(value).end_array();
  out.end_array();
  return text;
}

} // namespace

dead_letter make_dead_letter(const message_origin& origin, const failure& reason, timestamp at) {
  dead_letter letter;
  letter.origin = origin;
  letter.reason = error_name(reason.reason());
  letter.sentence = reason.message;
  letter.clause = reason.clause;
  if (reason.position)
    letter.byte_offset = static_cast<std::int64_t>(reason.position->offset);
  letter.at = at;
  letter.headers_json = "[]";
  return letter;
}

dead_letter make_dead_letter(pending_part part, const failure& reason, timestamp at) {
  auto letter = make_dead_letter(part.origin, reason, at);
  letter.message_key = std::move(part.message_key);
  letter.value = std::move(part.message);
  return letter;
}

/// A snapshot that is to be applied. Its views are valid as long as the messages are.
struct batch_ingest::arrived_snapshot {
  whole_snapshot whole;
  std::size_t room = 0; ///< see row_room()

  std::size_t items_size() const noexcept {
    return std::accumulate(whole.views.begin(), whole.views.end(), std::size_t{0},
                           [](std::size_t sum, const auto& view) { return sum + view.items.size(); });
  }
};

result<void> batch_ingest::take(const std::vector<const received_message*>& messages) {
  auto heads = heads_of(messages);
  std::set<scope> scopes;
  for (const auto& head : heads)
    if (head)
      scopes.insert(head->scope);
  if (auto locked = scopes.empty() ? result<void>{} : target_.lock_scopes(scopes); !locked)
    return locked;
  if (auto hashed = payloads_.hash(heads, scopes_, settings_.limits); !hashed)
    return hashed;
  std::vector<expected_key> keys;
  for (const auto& head : heads)
    if (head)
      keys.push_back({&head->scope, &head->key});
  if (auto expected = target_.expect_keys(keys); !expected)
    return expected;
  if (auto hashed = payloads_.hash_items(heads, scopes_, target_); !hashed)
    return hashed;
  for (std::size_t index = 0; index < messages.size(); ++index)
    if (auto taken = take(*messages[index], heads[index]); !taken)
      return taken;
  return {};
}

message_heads batch_ingest::heads_of(const std::vector<const received_message*>& messages) const {
  message_heads heads;
  heads.reserve(messages.size());
  for (const auto* const message : messages)
    heads.push_back(head_of(*message));
  return heads;
}

result<message_head> batch_ingest::head_of(const received_message& message) const {
  if (message.unreadable)
    return *message.unreadable;
  if (message.is_tombstone)
    return make_failure(error::empty_message, "a record without a value says nothing about a snapshot",
                        "ENV-08");
  return read_unhashed_head(message.value,
                            message.key ? std::optional<std::string_view>(*message.key) : std::nullopt,
                            settings_.limits);
}

message_origin batch_ingest::origin_of(const received_message& message) const {
  return {settings_.log.name, message.partition, message.offset, traceparent_of(message.headers)};
}

result<void> batch_ingest::take(const received_message& message, const result<message_head>& head) {
  report_.notes.push_back({origin_of(message), outcome::pending, {}, {}});
  if (!head)
    return bury(message, head.error());
  auto opened = scopes_.open(head->scope);
  if (!opened)
    return opened.error();
  auto& record = (*opened)->record;
  auto is_known = target_.is_known(record.id, head->key);
  if (!is_known)
    return is_known.error();
  if (*is_known && !is_retry_)
    return end(outcome::duplicate);
  is_key_known_ = *is_known;

  auto snapshot = payloads_.check(*head, settings_.limits, **opened);
  if (!snapshot)
    return bury(message, snapshot.error());
  const auto order = order_of(*head, *snapshot);
  if (auto dated = check_future(*head, *snapshot, message.appended_at, settings_.now(), settings_.limits);
      !dated)
    return bury(message, dated.error());
  if (snapshot->form == payload_form::multipart)
    return take_part(message, *head, *snapshot, **opened);
  if (auto remembered = remember(record.id, head->key, order.instant); !remembered)
    return remembered;

  const outcome ending = ending_of(decide_snapshot(record, order));
  if (ending == outcome::applied) {
    auto applied = apply(head->scope, **opened,
                         {whole_snapshot_of(*head, *snapshot), row_room(snapshot->form, settings_.limits)});
    if (!applied)
      return applied.error();
    if (!*applied)
      return bury(message, *refused_);
  }
  return end(ending);
}

result<void> batch_ingest::bury(const received_message& message, const failure& reason) {
  refused_ = reason;
  auto letter = make_dead_letter(report_.notes.back().origin, reason, settings_.now());
  letter.message_key = message.key;
  letter.subject = message.subject;
  letter.headers_json = headers_json(message.headers);
  letter.value = message.value;
  letter.is_tombstone = message.is_tombstone;
  auto buried = target_.bury(letter);
  if (!buried)
    return buried.error();
  if (!*buried)
    return end(outcome::duplicate); // delivered again
  ++report_.dead_letters[letter.reason];
  report_.notes.back().reason = letter.reason;
  report_.notes.back().sentence = to_string(reason);
  return end(outcome::dead_lettered);
}

result<void> batch_ingest::take_part(const received_message& message, const message_head& head,
                                     const snapshot_view& snapshot, open_scope& opened) {
  auto& record = opened.record;
  const auto set = part_set_of(head, snapshot);
  const held_part part{snapshot.part_index, head.key.payload};
  auto held = target_.held_parts(record.id, set);
  if (!held)
    return held.error();
  const auto found = decide_part(record, set, *held, part);
  if (!found)
    return bury(message, found.error());
  if (auto remembered = remember(record.id, head.key, set.exported_at); !remembered)
    return remembered;
  if (found->ending != kollect::outcome::pending)
    return end(ending_of(*found));

  pending_part pending{
      set, part, report_.notes.back().origin, message.key, std::string(message.value), settings_.now()};
  if (auto kept = target_.hold_part(record.id, pending); !kept)
    return kept;
  report_.counts.add(outcome::pending);
  return found->why == decision_reason::last_part ? settle_set(set, head.scope, opened) : result<void>{};
}

result<void> batch_ingest::settle_set(const part_set& set, const scope& where, open_scope& opened) {
  const auto& record = opened.record;
  auto parts = target_.take_parts(record.id, set);
  if (!parts)
    return parts.error();
  std::vector<held_part> held;
  arrived_snapshot arrived;
  std::vector<sha256_digest> items;
  // They were within the limits when they came: one that was lowered since must not stop the log.
  limits accepted = settings_.limits;
  accepted.max_depth = max_depth_ceiling;
  accepted.max_message_bytes = std::numeric_limits<std::size_t>::max();
  accepted.max_part_total = std::numeric_limits<std::uint32_t>::max();
  accepted.max_name_bytes = std::numeric_limits<std::size_t>::max();
  for (const auto& part : *parts) {
    auto head = read_head(part.message, part.message_key, accepted);
    if (!head)
      return head.error();
    auto snapshot = payloads_.check(*head, accepted, opened);
    if (!snapshot)
      return snapshot.error();
    arrived.whole.views.push_back(*snapshot);
    items.push_back(items_digest_of(*head, *snapshot));
    held.push_back(part.part);
    arrived.whole.parts.push_back(part.part.digest);
  }
  arrived.whole.order = order_of(set, std::move(held));
  arrived.whole.items_digest = items_digest_of_set(items);
  arrived.room = row_room(payload_form::multipart, accepted);
  const outcome ending = ending_of(decide_snapshot(record, arrived.whole.order));
  if (ending == outcome::applied) {
    auto applied = apply(where, opened, std::move(arrived));
    if (!applied)
      return applied.error();
    if (!*applied)
      return bury_parts(std::move(*parts), *refused_);
  }
  settle(static_cast<std::int64_t>(parts->size()), ending);
  return {};
}

result<void> batch_ingest::bury_parts(std::vector<pending_part> parts, const failure& reason) {
  for (auto& part : parts) {
    const auto letter = make_dead_letter(std::move(part), reason, settings_.now());
    auto buried = target_.bury(letter);
    if (!buried)
      return buried.error();
    settle(1, *buried ? outcome::dead_lettered : outcome::duplicate);
    if (*buried)
      ++report_.dead_letters[letter.reason];
  }
  return {};
}

result<bool> batch_ingest::apply(const scope& where, open_scope& opened, arrived_snapshot arrived) {
  auto& record = opened.record;
  const auto& whole = arrived.whole;
  std::vector<change> changes;
  if (!record.order || record.items_digest != whole.items_digest) {
    auto before = scopes_.rows_of(opened);
    if (!before)
      return before.error();
    auto found = find_difference(**before, whole.views, arrived.room);
    if (!found)
      return found.error();
    changes = std::move(found->changes);
    if (is_retry_)
      record.held_back.reset(); // a letter is not its own repetition
    auto checked =
        check_deletions(record, whole.items_digest, (*before)->size(), changes, settings_.max_delete_percent);
    if (!checked)
      return hold_back(record, whole.items_digest, std::move(checked).error());
    if (!(*before)->empty() && count_removed(changes) == (*before)->size() &&
        notice_alternating_targets(record, (*before)->to_map(), found->rows.to_map()))
      settings_.notice(
          where, "snapshots with disjoint targets take turns in this scope: several inventories share it, "
                 "and each wipes the other's rows; give them ADR-0405 message keys (KAF-01)");
    **before = std::move(found->rows);
  } else if (!opened.rows && cache_.has_room(arrived.items_size())) {
    opened.rows = hold_in_order(whole.views, arrived.room); // the next one will be compared with them
  }
  hold(record, whole);
  count_rows(changes);
  if (auto written = target_.write_snapshot({record, changes, report_.notes.back().origin, settings_.now()});
      !written)
    return written.error();
  auto dropped = target_.drop_superseded_parts(record.id, *record.order);
  if (!dropped)
    return dropped.error();
  settle(*dropped, outcome::stale);
  return true;
}

result<bool> batch_ingest::hold_back(scope_record& record, const sha256_digest& items, failure reason) {
  record.held_back = items;
  if (auto noted = target_.note_held_back(record.id, items); !noted)
    return noted.error();
  refused_ = std::move(reason);
  return false;
}

void batch_ingest::count_rows(const std::vector<change>& changes) {
  for (const auto& one : changes) {
    if (one.kind == change_kind::added)
      ++report_.rows_added;
    if (one.kind == change_kind::changed)
      ++report_.rows_changed;
    if (one.kind == change_kind::removed)
      ++report_.rows_removed;
  }
}

} // namespace kollect::consumer

#include "batch.hpp"

#include "trace_context.hpp"

#include <kollect/decision.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/whole_snapshot.hpp>

#include <algorithm>
#include <memory>
#include <string>
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

/// A part that waits, read again. The view is of the part, which therefore stays where it is.
struct read_part {
  std::unique_ptr<const pending_part> part;
  snapshot_view view;
};

result<read_part> read_again(transaction& target, std::int64_t scope_id, const part_set& set,
                             std::uint32_t part_index, const limits& bounds) {
  auto stored = target.read_part(scope_id, set, part_index);
  if (!stored)
    return stored.error();
  read_part out{std::make_unique<const pending_part>(std::move(*stored)), {}};
  const std::string_view message = out.part->message;
  limits accepted = bounds; // see read_checked_payload()
  accepted.max_message_bytes = std::max(bounds.max_message_bytes, message.size());
  accepted.max_name_bytes = message.size();
  auto head = read_unhashed_head(message, {}, accepted);
  if (!head)
    return head.error();
  auto view = read_checked_payload(*head, accepted);
  if (!view)
    return view.error();
  out.view = *view;
  return out;
}

} // namespace

result<outcome_counts> bury_set(transaction& target, std::int64_t scope_id, const part_set& set,
                                const failure& reason, timestamp at) {
  outcome_counts counts;
  auto waiting = target.waiting(scope_id, set);
  if (!waiting)
    return waiting.error();
  std::sort(waiting->parts.begin(), waiting->parts.end());
  for (const auto& held : waiting->parts) {
    auto part = target.read_part(scope_id, set, held.part_index);
    if (!part)
      return part.error();
    auto letter = make_dead_letter(part->origin, reason, at);
    letter.message_key = std::move(part->message_key);
    letter.cluster = set.scope.cluster;
    auto buried = target.bury(letter, part->message);
    if (!buried)
      return buried.error();
    counts.settle(1, *buried ? outcome::dead_lettered : outcome::duplicate);
  }
  if (auto dropped = target.drop_parts(scope_id, set); !dropped)
    return dropped.error();
  return counts;
}

result<batch_report> batch::take(std::span<const received_message* const> messages) {
  auto arrivals = read_arrivals(messages, settings_.limits, target_, scopes_);
  if (!arrivals)
    return arrivals.error();
  for (auto& one : *arrivals) {
    const auto& message = *one.message;
    report_.notes.push_back(
        {{settings_.log.name, message.partition, message.offset, traceparent_of(message.headers)}});
    auto ending = take(one, report_.notes.back().origin);
    if (!ending)
      return ending.error();
    report_.notes.back().ending = *ending;
  }
  return std::move(report_);
}

result<outcome> batch::take(arrived_message& one, const message_origin& origin) {
  if (!one.head)
    return bury(*one.message, one.head.error());
  const auto& head = *one.head;
  if (kind_ == batch_kind::first &&
      (one.is_known || remembered_.contains({one.scope->record.id, head.key}))) {
    report_.counts.add(outcome::duplicate);
    return outcome::duplicate;
  }
  std::optional<row_merge> merge;
  auto snapshot = check_payload(one, settings_.limits, merge);
  if (!snapshot)
    return bury(*one.message, snapshot.error());
  if (auto dated = check_future(head, *snapshot, one.message->appended_at, settings_.now(), settings_.limits);
      !dated)
    return bury(*one.message, dated.error());
  return snapshot->form == payload_form::multipart ? take_part(one, *snapshot, origin)
                                                   : take_whole(one, *snapshot, std::move(merge), origin);
}

result<void> batch::remember(const arrived_message& one, const timestamp& instant) {
  if (one.is_known || !remembered_.emplace(one.scope->record.id, one.head->key).second)
    return {};
  return target_.remember(one.scope->record.id, one.head->key, instant);
}

result<outcome> batch::take_whole(arrived_message& one, const snapshot_view& snapshot,
                                  std::optional<row_merge> merge, const message_origin& origin) {
  const auto order = order_of(*one.head, snapshot);
  if (auto remembered = remember(one, order.instant); !remembered)
    return remembered.error();
  const outcome ending = decide_snapshot(one.scope->record, order).ending;
  if (ending == outcome::applied) {
    auto applied = apply_counted(one.head->scope, *one.scope,
                                 {.order = order,
                                  .parts = {},
                                  .items_digest = items_digest_of(*one.head, snapshot),
                                  .payloads = {snapshot},
                                  .room = row_room(snapshot.form, settings_.limits)},
                                 std::move(merge), origin);
    if (!applied)
      return applied.error();
    if (applied->held_back)
      return bury(*one.message, *applied->held_back);
  }
  report_.counts.add(ending);
  return ending;
}

result<applied_snapshot> batch::apply_counted(const scope& where, held_scope& opened,
                                              arrived_snapshot arrived, std::optional<row_merge> merge,
                                              const message_origin& origin) {
  if (kind_ == batch_kind::retry)
    opened.record.held_back.reset(); // a letter is not its own repetition
  auto applied =
      apply(target_, settings_, scopes_, where, opened, std::move(arrived), std::move(merge), origin);
  if (!applied || applied->held_back)
    return applied;
  report_.rows_added += static_cast<std::int64_t>(applied->counts.added);
  report_.rows_changed += static_cast<std::int64_t>(applied->counts.changed);
  report_.rows_removed += static_cast<std::int64_t>(applied->counts.removed);
  report_.settle(applied->dropped_parts, outcome::stale);
  return applied;
}

result<outcome> batch::bury(const received_message& message, const failure& reason) {
  auto& note = report_.notes.back();
  auto letter = make_dead_letter(note.origin, reason, settings_.now());
  letter.message_key = message.key;
  letter.cluster = find_cluster(message, settings_.limits);
  letter.subject = message.subject;
  letter.headers_json = headers_json(message.headers);
  letter.is_tombstone = message.is_tombstone;
  auto buried = target_.bury(letter, message.value);
  if (!buried)
    return buried.error();
  const auto ending = *buried ? outcome::dead_lettered : outcome::duplicate; // delivered again
  report_.counts.add(ending);
  note.sentence = to_string(reason);
  if (!*buried)
    return ending;
  ++report_.dead_letters[letter.reason];
  note.reason = letter.reason;
  return ending;
}

result<outcome> batch::take_part(arrived_message& one, const snapshot_view& snapshot,
                                 const message_origin& origin) {
  auto& record = one.scope->record;
  const auto& message = *one.message;
  const auto set = part_set_of(*one.head, snapshot);
  const held_part part{snapshot.part_index, one.head->key.payload};
  auto waiting = target_.waiting(record.id, set);
  if (!waiting)
    return waiting.error();
  const auto found = decide_part(record, set, waiting->parts, part);
  if (!found)
    return bury(message, found.error());
  if (auto remembered = remember(one, set.exported_at); !remembered)
    return remembered.error();
  const auto ending = found->ending;
  report_.counts.add(ending);
  if (ending != outcome::pending)
    return ending;
  if (auto kept = target_.hold_part(
          record.id, {set, part, origin, message.key, std::string(message.value), settings_.now()});
      !kept)
    return kept.error();
  waiting->bytes += static_cast<std::int64_t>(message.value.size());
  if (found->why == decision_reason::last_part)
    if (auto settled = settle_set(set, part, std::move(*waiting), *one.scope, origin); !settled)
      return settled.error();
  return ending;
}

/// The last part of a set has come.
result<void> batch::settle_set(const part_set& set, const held_part& last, waiting_parts waiting,
                               held_scope& opened, const message_origin& origin) {
  waiting.parts.push_back(last);
  const std::int64_t scope_id = opened.record.id;
  const auto parts = static_cast<std::int64_t>(waiting.parts.size());
  std::sort(waiting.parts.begin(), waiting.parts.end());
  std::vector<sha256_digest> payloads;
  for (const auto& part : waiting.parts)
    payloads.push_back(part.digest);
  auto order = order_of(set, payloads);
  const outcome ending = decide_snapshot(opened.record, order).ending;
  if (ending == outcome::applied) {
    auto applied = apply_set(set, waiting, opened, std::move(order), origin);
    if (!applied)
      return applied.error();
    if (applied->held_back) {
      auto buried = bury_set(target_, scope_id, set, *applied->held_back, settings_.now());
      if (!buried)
        return buried.error();
      report_.counts += *buried;
      report_.settled += *buried;
      report_.dead_letters[std::string(error_name(applied->held_back->reason()))] += buried->dead_lettered;
      return {};
    }
  }
  report_.settle(parts, ending);
  return target_.drop_parts(scope_id, set);
}

/// Its parts are in memory, all or one at a time.
result<applied_snapshot> batch::apply_set(const part_set& set, const waiting_parts& waiting,
                                          held_scope& opened, snapshot_order order,
                                          const message_origin& origin) {
  const std::int64_t scope_id = opened.record.id;
  arrived_snapshot arrived{.order = std::move(order), .parts = {}};
  arrived.room = row_room(payload_form::multipart, {.max_depth = max_depth_ceiling});
  for (const auto& part : waiting.parts)
    arrived.parts.push_back(part.digest);
  std::vector<read_part> read;
  if (waiting.bytes <= settings_.max_merge_bytes) {
    read.reserve(waiting.parts.size());
    std::vector<sha256_digest> items;
    for (const auto& part : waiting.parts) {
      auto again = read_again(target_, scope_id, set, part.part_index, settings_.limits);
      if (!again)
        return again.error();
      items.push_back(again->view.items_digest.value_or(part.digest));
      arrived.payloads.push_back(again->view);
      read.push_back(std::move(*again));
    }
    arrived.items_digest = items_digest_of_set(items);
  } else {
    arrived.read_payloads = [&](const arrived_snapshot::visit_payload& visit) -> result<void> {
      for (const auto& part : waiting.parts) {
        auto again = read_again(target_, scope_id, set, part.part_index, settings_.limits);
        if (!again)
          return again.error();
        if (auto visited = visit(again->view); !visited)
          return visited;
      }
      return {};
    };
  }
  return apply_counted(set.scope, opened, std::move(arrived), std::nullopt, origin);
}

} // namespace kollect::consumer

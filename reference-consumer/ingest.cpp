#include "ingest.hpp"

#include "decision.hpp"
#include "known_items.hpp"
#include "trace_context.hpp"

#include <kollect/detail/json_writer.hpp>
#include <kollect/sha256_each.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace kollect::consumer {
namespace {

std::string headers_json(const std::vector<header>& headers) {
  std::string out = "[";
  for (const auto& [name, value] : headers) {
    out += out.size() == 1 ? "[" : ",[";
    detail::append_string(out, name);
    out += ',';
    detail::append_string(out, value);
    out += ']';
  }
  return out + "]";
}

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

std::vector<sha256_digest> digests_of(std::span<const std::string_view> texts) {
  std::vector<sha256_digest> digests(texts.size());
  sha256_each(texts, digests);
  return digests;
}

/// A snapshot that is to be applied, whole or from its parts by index, and what identifies it.
struct arrived_snapshot {
  snapshot_order order;
  sha256_digest items_digest;
  std::vector<snapshot_view> views; ///< valid as long as the messages are
  std::size_t room = 0;             ///< see row_room()
  std::vector<sha256_digest> parts;

  std::size_t items_size() const noexcept {
    return std::accumulate(views.begin(), views.end(), std::size_t{0},
                           [](std::size_t sum, const auto& view) { return sum + view.items.size(); });
  }
};

/// One batch on its way into one transaction.
class batch_ingest {
public:
  batch_ingest(transaction& target, const ingest_settings& settings, row_cache& cache)
      : target_(target), settings_(settings), cache_(cache) {}

  /// For messages that were consumed before: a dedup key that is known says nothing about them.
  void begin_retry() noexcept { is_retry_ = true; }

  const batch_report& report() const noexcept { return report_; }
  const std::optional<failure>& refused() const noexcept { return refused_; }

  /// Takes in messages, by their order. A failure is the store's; a message's own faults end in a dead
  /// letter.
  result<void> take(const std::vector<const received_message*>& messages) {
    auto heads = heads_of(messages);
    std::set<scope> scopes;
    for (const auto& head : heads)
      if (head)
        scopes.insert(head->scope);
    if (auto locked = scopes.empty() ? result<void>{} : target_.lock_scopes(scopes); !locked)
      return locked;
    if (auto hashed = hash_payloads(heads); !hashed)
      return hashed;
    std::vector<expected_key> keys;
    for (const auto& head : heads)
      if (head)
        keys.push_back({&head->scope, &head->key});
    if (auto expected = target_.expect_keys(keys); !expected)
      return expected;
    if (auto hashed = hash_items(heads); !hashed)
      return hashed;
    for (std::size_t index = 0; index < messages.size(); ++index)
      if (auto taken = take(*messages[index], heads[index]); !taken)
        return taken;
    return {};
  }

  /// Leaves the rows that are held now to later batches. To be called after the commit, and only then.
  void keep_rows() {
    for (auto& [which, opened] : scopes_)
      if (opened.rows)
        cache_.put(which, opened.record, std::move(*opened.rows));
  }

private:
  using message_heads = std::vector<result<message_head>>;

  /// Not hashed yet.
  message_heads heads_of(const std::vector<const received_message*>& messages) const {
    message_heads heads;
    heads.reserve(messages.size());
    for (const auto* const message : messages)
      heads.push_back(head_of(*message));
    return heads;
  }

  result<message_head> head_of(const received_message& message) const {
    if (message.is_tombstone)
      return make_failure(error::empty_message, "a record without a value says nothing about a snapshot",
                          "ENV-08");
    return read_unhashed_head(message.value,
                              message.key ? std::optional<std::string_view>(*message.key) : std::nullopt,
                              settings_.limits);
  }

  /// Several at once. An array of the very rows that its scope holds has the digest that they came with.
  result<void> hash_payloads(message_heads& heads) {
    std::vector<std::string_view> texts;
    std::vector<sha256_digest*> places;
    for (auto& head : heads) {
      if (!head)
        continue;
      auto opened = open(head->scope);
      if (!opened)
        return opened.error();
      const auto& [record, rows] = **opened;
      if (rows && rows->are_items(head->envelope.payload)) {
        head->key.payload = record.items_digest;
        if (rows->are_checked() && rows->nesting() <= row_room(payload_form::array, settings_.limits))
          held_arrays_.emplace(head->envelope.payload.data(), rows->size());
        continue;
      }
      texts.push_back(head->envelope.payload);
      places.push_back(&head->key.payload);
    }
    const auto digests = digests_of(texts);
    for (std::size_t index = 0; index < texts.size(); ++index)
      *places[index] = digests[index];
    return {};
  }

  /// The items of export envelopes that are news, several at once, for what checks them one by one.
  result<void> hash_items(const message_heads& heads) {
    std::vector<std::string_view> texts;
    for (const auto& head : heads) {
      const auto items = head ? guess_items(head->envelope.payload) : std::string_view();
      if (items.empty())
        continue;
      auto opened = open(head->scope);
      if (!opened)
        return opened.error();
      const auto& rows = (*opened)->rows;
      const bool are_likely_held = rows && rows->are_whole_items() && rows->items_size() == items.size();
      auto is_known = target_.is_known((*opened)->record.id, head->key);
      if (!is_known)
        return is_known.error();
      if (!*is_known && !are_likely_held)
        texts.push_back(items);
    }
    const auto digests = digests_of(texts);
    for (std::size_t index = 0; index < texts.size(); ++index)
      items_digests_.emplace(texts[index].data(), items_digest{texts[index].size(), digests[index]});
    return {};
  }

  message_origin origin_of(const received_message& message) const {
    return {settings_.log.name, message.partition, message.offset, traceparent_of(message.headers)};
  }

  result<void> take(const received_message& message, const result<message_head>& head) {
    report_.notes.push_back({origin_of(message), outcome::pending, {}, {}});
    if (!head)
      return bury(message, head.error());
    auto opened = open(head->scope);
    if (!opened)
      return opened.error();
    auto& record = (*opened)->record;
    auto is_known = target_.is_known(record.id, head->key);
    if (!is_known)
      return is_known.error();
    if (*is_known && !is_retry_)
      return end(outcome::duplicate);
    is_key_known_ = *is_known;

    auto snapshot = check(*head, settings_.limits, **opened);
    if (!snapshot)
      return bury(message, snapshot.error());
    const auto order = order_of(*head, *snapshot);
    if (auto refused = refuse_future(std::max(order.instant, head->envelope.timestamp), message.appended_at,
                                     settings_.now(), settings_.limits))
      return bury(message, *refused);
    if (snapshot->form == payload_form::multipart)
      return take_part(message, *head, *snapshot, **opened);
    if (auto remembered = remember(record.id, head->key, order.instant); !remembered)
      return remembered;

    const outcome ending = decide_snapshot(record.order, order);
    if (ending == outcome::applied) {
      auto applied = apply(head->scope, **opened,
                           {order,
                            items_digest_of(*head, *snapshot),
                            {*snapshot},
                            row_room(snapshot->form, settings_.limits),
                            {}});
      if (!applied)
        return applied.error();
      if (!*applied)
        return bury(message, *refused_);
    }
    return end(ending);
  }

  /// Scopes are read once a batch and then kept up to date here; so are their rows, where they are not left
  /// from an earlier batch.
  struct open_scope {
    scope_record record;
    std::optional<held_rows> rows;
  };

  /// Checks a payload: of rows that are held byte for byte no more than that they are, and of items with the
  /// digest of those held where each row ends.
  result<snapshot_view> check(const message_head& head, const limits& bounds, const open_scope& where) const {
    const auto payload = head.envelope.payload;
    if (const auto held = held_arrays_.find(payload.data()); held != held_arrays_.end()) {
      snapshot_view checked;
      checked.items = payload;
      checked.item_count = held->second;
      return checked;
    }
    known_items known(items_digests_);
    const auto items = payload.starts_with('[') ? payload : guess_items(payload);
    if (where.rows && where.rows->are_checked())
      known.know(*where.rows, where.record.items_digest);
    else if (where.record.order && !items.empty() &&
             (items.size() == payload.size() ? head.key.payload : known.digest_of(items)) ==
                 where.record.items_digest)
      known.trust(items);
    return parse_snapshot(head.envelope, bounds, known);
  }

  result<void> end(outcome value) {
    report_.counts.add(value);
    report_.notes.back().ending = value;
    return {};
  }

  result<void> remember(std::int64_t scope_id, const dedup_key& key, const timestamp& instant) {
    return is_key_known_ ? result<void>{} : target_.remember(scope_id, key, instant);
  }

  void settle(std::int64_t parts, outcome value) {
    report_.counts.settle(parts, value);
    report_.settled.settle(parts, value);
  }

  result<open_scope*> open(const scope& which) {
    auto found = scopes_.find(which);
    if (found == scopes_.end()) {
      auto record = target_.open_scope(which);
      if (!record)
        return record.error();
      auto rows = cache_.take(which, *record);
      found = scopes_.emplace(which, open_scope{std::move(*record), std::move(rows)}).first;
    }
    return &found->second;
  }

  result<void> bury(const received_message& message, const failure& reason) {
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

  result<void> take_part(const received_message& message, const message_head& head,
                         const snapshot_view& snapshot, open_scope& opened) {
    auto& record = opened.record;
    const auto set = part_set_of(head, snapshot);
    const held_part part{snapshot.part_index, head.key.payload};
    auto held = target_.held_parts(record.id, set);
    if (!held)
      return held.error();
    const auto early = decide_early(record, set, part);
    const auto found = early ? part_outcome::pending : decide_part(*held, part, set.part_total);
    if (found == part_outcome::conflict)
      return bury(message,
                  make_failure(error::part_conflict,
                               "part " + std::to_string(part.part_index) + " of " +
                                   std::to_string(set.part_total) + " came before with other content",
                               "MP-05"));
    if (auto remembered = remember(record.id, head.key, set.exported_at); !remembered)
      return remembered;
    if (early)
      return end(*early);
    if (found == part_outcome::duplicate)
      return end(outcome::duplicate);

    pending_part pending{
        set, part, report_.notes.back().origin, message.key, std::string(message.value), settings_.now()};
    if (auto kept = target_.hold_part(record.id, pending); !kept)
      return kept;
    report_.counts.add(outcome::pending);
    return found == part_outcome::complete ? settle_set(set, head.scope, opened) : result<void>{};
  }

  /// The last part of a set has come: its rows are joined by part index.
  result<void> settle_set(const part_set& set, const scope& where, open_scope& opened) {
    const auto& record = opened.record;
    auto parts = target_.take_parts(record.id, set);
    if (!parts)
      return parts.error();
    std::vector<held_part> held;
    arrived_snapshot arrived;
    std::string items_digests;
    // They were within the limits when they came: one that was lowered since must not stop the log.
    limits accepted = settings_.limits;
    accepted.max_depth = max_depth_ceiling;
    accepted.max_message_bytes = std::numeric_limits<std::size_t>::max();
    accepted.max_part_total = std::numeric_limits<std::uint32_t>::max();
    for (const auto& part : *parts) {
      auto head = read_head(part.message, part.message_key, accepted);
      if (!head)
        return head.error();
      auto snapshot = check(*head, accepted, opened);
      if (!snapshot)
        return snapshot.error();
      arrived.views.push_back(*snapshot);
      items_digests += to_string(items_digest_of(*head, *snapshot));
      held.push_back(part.part);
      arrived.parts.push_back(part.part.digest);
    }
    arrived.order = order_of(set, held);
    arrived.items_digest = sha256(items_digests);
    arrived.room = row_room(payload_form::multipart, accepted);
    const outcome ending = decide_snapshot(record.order, arrived.order);
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

  /// A whole set that must not be applied.
  result<void> bury_parts(std::vector<pending_part> parts, const failure& reason) {
    for (auto& part : parts) {
      auto letter = make_dead_letter(part.origin, reason, settings_.now());
      letter.message_key = part.message_key;
      letter.value = std::move(part.message);
      auto buried = target_.bury(letter);
      if (!buried)
        return buried.error();
      settle(1, *buried ? outcome::dead_lettered : outcome::duplicate);
      if (*buried)
        ++report_.dead_letters[letter.reason];
    }
    return {};
  }

  /// Makes a snapshot the state of its scope: only what changed is written (DEL-01). False when it is
  /// held back instead, and refused_ says why.
  result<bool> apply(const scope& where, open_scope& opened, arrived_snapshot arrived) {
    auto& record = opened.record;
    std::vector<change> changes;
    if (!record.order || record.items_digest != arrived.items_digest) {
      auto before = rows_of(opened);
      if (!before)
        return before.error();
      auto found = find_difference(**before, arrived.views, arrived.room);
      if (!found)
        return found.error();
      changes = std::move(found->changes);
      if (is_retry_ || record.held_back != arrived.items_digest)
        if (auto refused = refuse_mass_deletion((*before)->size(), changes, settings_.max_delete_percent))
          return hold_back(record, arrived.items_digest, std::move(*refused));
      if (removes_all((*before)->size(), changes) &&
          notice_alternating_targets(record, (*before)->to_map(), found->rows.to_map()))
        settings_.notice(
            where, "snapshots with disjoint targets take turns in this scope: several inventories share it, "
                   "and each wipes the other's rows; give them ADR-0405 message keys (KAF-01)");
      **before = std::move(found->rows);
    } else if (!opened.rows && cache_.has_room(arrived.items_size())) {
      opened.rows = hold_in_order(arrived.views, arrived.room); // the next one will be compared with them
    }
    record.order = arrived.order;
    record.items_digest = arrived.items_digest;
    record.applied_parts = std::move(arrived.parts);
    record.held_back.reset();
    count_rows(changes);
    if (auto written =
            target_.write_snapshot({record, changes, report_.notes.back().origin, settings_.now()});
        !written)
      return written.error();
    auto dropped = target_.drop_superseded_parts(record.id, *record.order);
    if (!dropped)
      return dropped.error();
    settle(*dropped, outcome::stale);
    return true;
  }

  result<bool> hold_back(scope_record& record, const sha256_digest& items, failure reason) {
    record.held_back = items;
    if (auto noted = target_.note_held_back(record.id, items); !noted)
      return noted.error();
    refused_ = std::move(reason);
    return false;
  }

  result<held_rows*> rows_of(open_scope& opened) {
    if (!opened.rows && !opened.record.order)
      opened.rows.emplace(); // there never was a snapshot
    if (!opened.rows) {
      auto stored = target_.rows(opened.record.id);
      if (!stored)
        return stored.error();
      auto rows = held_rows::from_store(*stored);
      if (!rows)
        return rows.error();
      opened.rows = std::move(*rows);
    }
    return &*opened.rows;
  }

  void count_rows(const std::vector<change>& changes) {
    for (const auto& one : changes) {
      if (one.kind == change_kind::added)
        ++report_.rows_added;
      if (one.kind == change_kind::changed)
        ++report_.rows_changed;
      if (one.kind == change_kind::removed)
        ++report_.rows_removed;
    }
  }

  transaction& target_;
  const ingest_settings& settings_;
  row_cache& cache_;
  std::map<scope, open_scope> scopes_;
  std::unordered_map<const char*, std::size_t>
      held_arrays_; // payloads of rows found good before, and how many
  items_digests items_digests_;
  batch_report report_;
  bool is_retry_ = false;
  bool is_key_known_ = false;      // of the message in hand
  std::optional<failure> refused_; // why the last dead letter is one
};

/// How the only message of a batch ended.
outcome ending_of(outcome_counts counts, outcome_counts settled) {
  for (const auto value : {outcome::applied, outcome::duplicate, outcome::stale, outcome::dead_lettered})
    if (counts[value] > settled[value])
      return value;
  // A part, which may have made its set whole.
  for (const auto value : {outcome::applied, outcome::dead_lettered})
    if (settled[value] > 0)
      return value;
  return outcome::pending;
}

/// What ends every transaction: the counters, the retention, the commit.
result<void> finish(transaction& work, const outcome_counts& counts, const retention& bounds) {
  if (auto counted = work.count(counts); !counted)
    return counted;
  if (auto pruned = work.prune(bounds); !pruned)
    return pruned;
  return work.commit();
}

/// Moves every Kafka partition of the batch on, before anything else is written: that is the fence
/// against a process that was paused and has lost its partitions meanwhile.
result<owned_positions> advance_positions(transaction& target, const std::string& log,
                                          const owned_positions& owned,
                                          std::span<const received_message> batch) {
  owned_positions moved;
  std::map<std::int32_t, const received_message*> last;
  for (const auto& message : batch) {
    const auto held = owned.find(message.partition);
    if (held == owned.end())
      return make_failure(error::fenced,
                          "partition " + std::to_string(message.partition) + " is not ours any more",
                          "DED-03");
    auto& position = moved.try_emplace(message.partition, held->second).first->second;
    if (message.offset < position.next_offset)
      continue;
    position.next_offset = message.offset + 1;
    last[message.partition] = &message;
  }
  for (const auto& [partition, message] : last)
    moved.at(partition).last_message = fingerprint_of(message->value);
  for (const auto& [partition, position] : moved)
    if (auto advanced = target.advance(log, owned.at(partition), position); !advanced)
      return advanced.error();
  return moved;
}

} // namespace

result<batch_report> ingest(store& target, const ingest_settings& settings, owned_positions& owned,
                            std::span<const received_message> batch, row_cache& rows) {
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;

  owned_positions moved;
  const bool has_positions = settings.log.system == broker_system::kafka;
  if (has_positions) {
    auto advanced = advance_positions(work, settings.log.name, owned, batch);
    if (!advanced)
      return advanced.error();
    moved = std::move(*advanced);
  } else if (!batch.empty()) {
    const auto last = std::max_element(batch.begin(), batch.end(), [](const auto& left, const auto& right) {
      return left.offset < right.offset;
    });
    if (auto noted = work.note_position(settings.log.name, last->partition, last->offset + 1); !noted)
      return noted.error();
  }
  std::vector<const received_message*> messages;
  for (const auto& message : batch)
    // What lies below the stored position has been dealt with; a broker may well send it again.
    if (!has_positions || message.offset >= owned.at(message.partition).next_offset)
      messages.push_back(&message);
  batch_ingest ingesting(work, settings, rows);
  if (auto taken = ingesting.take(messages); !taken)
    return taken.error();
  if (auto finished = finish(work, ingesting.report().counts, settings.retention); !finished)
    return finished.error();
  ingesting.keep_rows();
  for (const auto& [partition, position] : moved)
    owned[partition] = position;
  return ingesting.report();
}

std::vector<std::int32_t> find_replaced_logs(const owned_positions& owned,
                                             std::span<const received_message> batch) {
  std::vector<std::int32_t> replaced;
  for (const auto& message : batch) {
    const auto held = owned.find(message.partition);
    if (held == owned.end() || !held->second.last_message || message.offset != held->second.next_offset - 1)
      continue;
    if (fingerprint_of(message.value) != *held->second.last_message)
      replaced.push_back(message.partition);
  }
  return replaced;
}

result<explanation> explain(store& target, const ingest_settings& settings, const received_message& message) {
  auto begun = target.begin(); // and is never committed
  if (!begun)
    return begun.error();
  auto& work = **begun;
  explanation out;
  std::optional<snapshot_order> held;
  bool is_key_known = false;
  if (auto head =
          read_head(message.value, message.key ? std::optional<std::string_view>(*message.key) : std::nullopt,
                    settings.limits);
      head && !message.is_tombstone) {
    out.scope = head->scope;
    auto record = work.open_scope(head->scope);
    if (!record)
      return record.error();
    held = record->order;
    auto known = work.is_known(record->id, head->key);
    if (!known)
      return known.error();
    is_key_known = *known;
  }
  row_cache none(0);
  batch_ingest ingesting(work, settings, none);
  if (auto done = ingesting.take({&message}); !done)
    return done.error();
  const auto& report = ingesting.report();
  out.ending = ending_of(report.counts, report.settled);
  const auto held_text = held ? "the snapshot held, of " + to_string(held->instant) : std::string();
  switch (out.ending) {
  case outcome::applied:
    out.why = (held ? "newer than " + held_text : std::string("the first snapshot of its scope")) +
              ": adds " + std::to_string(report.rows_added) + ", changes " +
              std::to_string(report.rows_changed) + " and removes " + std::to_string(report.rows_removed) +
              " rows";
    break;
  case outcome::duplicate:
    out.why = is_key_known ? "its dedup key was seen before (DED-01)"
                           : "the same content is held already, under another timestamp or as a part";
    break;
  case outcome::stale:
    out.why = "not newer than " + held_text + " (DED-03)";
    break;
  case outcome::pending:
    out.why = "a part whose set is not whole yet (MP-04)";
    break;
  case outcome::dead_lettered:
    out.why = ingesting.refused() ? to_string(*ingesting.refused()) : std::string();
    break;
  }
  return out;
}

result<outcome> retry_dead_letter(store& target, ingest_settings settings, std::int64_t id) {
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;
  auto taken = work.take_dead_letter(id);
  if (!taken)
    return taken.error();
  if (!*taken)
    return make_failure(error::invalid_value, "there is no dead letter " + std::to_string(id));
  const auto& stored = **taken;
  if (!stored.has_body)
    return make_failure(error::invalid_value,
                        "the bytes of dead letter " + std::to_string(id) +
                            " were dropped to stay within --max-dead-letter-bytes: it cannot be tried again");
  settings.log.name = stored.letter.origin.log;
  received_message message;
  message.partition = stored.letter.origin.partition;
  message.offset = stored.letter.origin.offset;
  message.key = stored.letter.message_key;
  message.subject = stored.letter.subject;
  message.value = stored.letter.value;
  message.is_tombstone = stored.letter.is_tombstone;
  row_cache none(0);
  batch_ingest ingesting(work, settings, none);
  ingesting.begin_retry();
  if (auto done = ingesting.take({&message}); !done)
    return done.error();
  auto counts = ingesting.report().counts;
  const auto ending = ending_of(counts, ingesting.report().settled);
  if (ending == outcome::dead_lettered)
    return ending; // and nothing is committed: the letter stays
  // It was consumed long ago, and ends another way now.
  --counts.consumed;
  --counts.dead_lettered;
  if (auto finished = finish(work, counts, settings.retention); !finished)
    return finished.error();
  return ending;
}

result<outcome_counts> bury_torn_sets(store& target, const ingest_settings& settings) {
  auto begun = target.begin();
  if (!begun)
    return begun.error();
  auto& work = **begun;
  outcome_counts counts;
  for (;;) {
    auto parts = work.take_torn_set(settings.retention, settings.now());
    if (!parts)
      return parts.error();
    if (parts->empty())
      break;
    for (auto& part : *parts) {
      const auto reason =
          make_failure(error::torn_set,
                       "only " + std::to_string(parts->size()) + " of " +
                           std::to_string(part.set.part_total) + " parts came; the set was never applied",
                       "MP-04");
      auto letter = make_dead_letter(part.origin, reason, settings.now());
      letter.message_key = part.message_key;
      letter.value = std::move(part.message);
      auto buried = work.bury(letter);
      if (!buried)
        return buried.error();
      counts.settle(1, *buried ? outcome::dead_lettered : outcome::duplicate);
    }
  }
  if (counts == outcome_counts{})
    return counts;
  if (auto finished = finish(work, counts, settings.retention); !finished)
    return finished.error();
  return counts;
}

} // namespace kollect::consumer

#include "plain_consumer.hpp"

#include <kollect/checksum.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace kollect::testees {

namespace {

constexpr std::int64_t month = 30LL * 86'400;

std::string field_of(const boost::json::object& row, const char* name) {
  const auto* const value = row.if_contains(name);
  const auto* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

/// Whether one instant is later than another.
bool is_later(const instant& left, const instant& right, const fault_in_use& faults) {
  if (faults.has("compares-text"))
    return left.text > right.text;
  const auto milliseconds = [](const timestamp& time) {
    return std::pair(time.seconds, time.nanoseconds / 1'000'000);
  };
  if (faults.has("counts-milliseconds"))
    return milliseconds(left.time) > milliseconds(right.time);
  return left.time > right.time;
}

} // namespace

/// Whether it is no object, and the fault about that is played.
bool plain_consumer::is_bad_start(const received_message& message) {
  const bool is_bad = !message.value.starts_with('{') && !message.value.starts_with(' ');
  if (is_bad && has("ends-at-poison"))
    std::_Exit(3);
  is_stuck_ = is_stuck_ || (is_bad && has("stops-at-poison")) ||
              (!is_bad && has("stops-at-bad-bytes") && message.value.find('\xff') != std::string_view::npos);
  drops_next_ = drops_next_ || (is_bad && has("drops-after-poison"));
  return is_bad;
}

result<void> plain_consumer::take(const received_message& message) {
  const bool is_bad = is_bad_start(message);
  if (message.is_tombstone && has("deletes-at-tombstone"))
    std::erase_if(scopes_, [&](const auto& one) { return message_key(one.first) == message.key; });
  if (is_stuck_ || (!is_bad && std::exchange(drops_next_, false)))
    return {};
  std::optional<std::string_view> key;
  if (message.key)
    key = *message.key;
  set_aside why;
  auto read = read_plain_message(message.value, key, faults_, why);
  if (!read) {
    refused_ += why.is_silent ? 0 : 1;
    return {};
  }
  read->where = scope_of(*read);
  look_after_silent(*read);
  // Parts are known by their sets as well: what came again is counted there, where that is the fault.
  const bool is_new = keys_.insert(key_of(*read)).second;
  if (!is_new && has("doubles-redelivered") && read->part_total == 0)
    add_rows(scopes_[read->where], *read);
  if (read->part_total != 0 && !has("applies-parts")) {
    if (is_new || has("counts-parts") || has("gives-up-sets"))
      take_part(std::move(*read), message);
  } else if (is_new) {
    apply(*read);
  }
  return {};
}

scope plain_consumer::scope_of(const plain_message& message) const {
  const auto& where = message.where;
  for (const auto& [known, rows] : scopes_) { // the name of the one that came first stands for all
    const bool is_same_cluster = known.cluster == where.cluster || has("scope-without-cluster");
    const bool is_same_namespace = known.namespace_ == where.namespace_ || has("scope-without-namespace");
    const bool is_same_inventory = known.inventory == where.inventory || has("scope-without-inventory");
    if (is_same_cluster && is_same_namespace && is_same_inventory)
      return known;
  }
  return where;
}

std::string plain_consumer::key_of(const plain_message& message) const {
  const auto payload = has("hashes-items")                                      ? message.items
                       : has("hashes-compacted")                                ? compacted(message.payload)
                       : has("believes-keys") && !message.told_checksum.empty() ? message.told_checksum
                                                                                : message.payload;
  std::string key;
  if (!has("key-without-cluster"))
    key += message.where.cluster;
  key += '\n';
  if (!has("key-without-namespace"))
    key += message.where.namespace_;
  key += '\n';
  if (!has("key-without-timestamp"))
    key += message.timestamp_text;
  key += '\n';
  if (has("key-without-checksum"))
    return key + message.where.inventory;
  return key +
         (has("believes-keys") && !message.told_checksum.empty() ? payload : to_string(sha256(payload)));
}

plain_consumer::set_name plain_consumer::name_of(const plain_message& message) const {
  auto where = message.where;
  if (has("sets-without-namespace"))
    where.namespace_.clear();
  if (has("sets-without-cluster"))
    where.cluster.clear();
  const auto& time = message.exported_at.time;
  return {std::move(where), has("sets-by-generation") ? 0 : time.seconds * 1'000'000'000 + time.nanoseconds,
          has("sets-without-generation") ? 0 : message.generation,
          has("sets-without-total") ? 0 : message.part_total};
}

void plain_consumer::take_part(plain_message message, const received_message& came) {
  if (has("forgets-parts") && has_begun_again_ && came.appended_at && *came.appended_at < begun_at_)
    return;
  const auto name = name_of(message);
  auto& set = sets_[name];
  const auto total = static_cast<std::size_t>(message.part_total);
  if (has("wants-parts-in-order") && message.part_index != static_cast<std::int64_t>(set.parts.size()) + 1)
    return;
  ++set.came;
  auto whole = message;
  const auto [place, is_first] = set.parts.emplace(message.part_index, std::move(message));
  if (!is_first && has("gives-up-sets"))
    return static_cast<void>(sets_.erase(name));
  set.has_conflict = set.has_conflict || (!is_first && place->second.payload != whole.payload);
  const bool is_whole =
      has("counts-parts") ? set.came == total : set.parts.size() == total && !set.has_conflict;
  if (!is_whole)
    return;
  whole.rows.clear();
  for (auto& [index, part] : set.parts)
    whole.rows.insert(whole.rows.end(), part.rows.begin(), part.rows.end());
  if (has("applies-late-sets"))
    if (const auto held = scopes_.find(whole.where); held != scopes_.end())
      held->second.exported_at = {};
  sets_.erase(name);
  apply(whole);
}

void plain_consumer::apply(const plain_message& message) {
  if (message.rows.empty() && has("ignores-empty"))
    return;
  auto ordered_by = message.exported_at;
  if (has("orders-by-timestamp") && message.part_total == 0)
    ordered_by = {*parse_timestamp(message.timestamp_text), message.timestamp_text};
  const auto held = scopes_.find(message.where);
  if (held != scopes_.end() && !has("applies-last")) {
    const auto& [generation, known] = held->second.order;
    const bool is_newer = is_later(ordered_by, known, faults_) ||
                          (has("applies-late-sets") && held->second.exported_at.text.empty());
    if (has("orders-by-generation")
            ? message.generation < generation || (message.generation == generation && !is_newer)
            : !is_newer)
      return;
  }
  if (message.rows.empty() && has("forgets-cleared"))
    return static_cast<void>(scopes_.erase(message.where));
  auto& to = scopes_[message.where];
  to.order = {message.generation, ordered_by};
  if (has("forgets-order") && has_begun_again_ && seen_again_.insert(message.where).second)
    to.order = {0, {first_timestamp, {}}};
  to.exported_at = message.exported_at;
  if (has("dates-future-now") && to.exported_at.time > kollect::now())
    to.exported_at = {kollect::now(), to_string(kollect::now())};
  const auto before = std::exchange(to.rows, {});
  add_rows(to, message);
  for (const auto& [identity, rows] : before)
    if (has("never-deletes"))
      to.rows.try_emplace(identity, rows);
    else if (const auto again = to.rows.find(identity); has("never-changes") && again != to.rows.end())
      again->second = rows;
}

void plain_consumer::add_rows(held_rows& to, const plain_message& message) const {
  for (const auto& row : message.rows) {
    const std::string gap = has("identity-joined") ? "-" : "\n";
    std::string identity;
    for (const auto& [name, fault] : {std::pair("targetNamespace", "identity-without-target-namespace"),
                                      {"targetName", "identity-without-target"},
                                      {"namespace", "identity-without-namespace"},
                                      {"name", "identity-without-name"},
                                      {"uid", "identity-without-uid"}})
      identity += (has(fault) ? std::string() : field_of(row, name)) + gap;
    auto& place = to.rows[identity];
    if (!has("doubles-redelivered"))
      place.clear();
    place.push_back(boost::json::serialize(row));
  }
}

/// Where something is wrong with clusters that say nothing.
void plain_consumer::look_after_silent(const plain_message& newest) {
  const auto is_silent = [&](const held_rows& held) {
    return held.exported_at.time.seconds < newest.exported_at.time.seconds - month;
  };
  if (has("expires-silent"))
    std::erase_if(scopes_, [&](const auto& one) { return is_silent(one.second); });
  if (has("refreshes-silent"))
    for (auto& [which, held] : scopes_)
      if (is_silent(held))
        held.exported_at = newest.exported_at;
  if (has("evicts-silent") && ++messages_[newest.where.cluster] > 30)
    std::erase_if(scopes_, [&](const auto& one) { return one.first.cluster != newest.where.cluster; });
}

void plain_consumer::write_state(json_writer& out) const {
  out.member("refused", refused_).name("scopes").begin_array();
  for (const auto& [which, held] : scopes_) {
    out.begin_object()
        .member("cluster", which.cluster)
        .member("namespace", which.namespace_)
        .member("inventory", which.inventory)
        .member("exportedAt", held.exported_at.text)
        .name("rows")
        .begin_array();
    for (const auto& [identity, rows] : held.rows)
      for (const auto& row : rows)
        out.raw(row);
    out.end_array().end_object();
  }
  out.end_array();
}

} // namespace kollect::testees

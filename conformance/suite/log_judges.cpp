#include "log_judges.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kollect::conformance {

namespace {

/// Texts joined so that other texts give other results.
digest digest_of_all(std::initializer_list<std::string_view> texts) {
  std::string joined;
  for (const auto text : texts)
    joined.append(std::to_string(text.size())).append(":").append(text);
  return digest_of(joined);
}

std::string note_of_limit(std::size_t count, std::string_view what) {
  return std::string(what) +
         " that were not followed, as there are too many (--audit-memory): " + std::to_string(count);
}

/// ENV-07, where it is not known what was asked for: an inventory's label is among the targetNamespaces of
/// its rows. One that none of them has is what a cluster-wide inventory, or a path template, made of it.
class found_namespaces final : public log_judge {
public:
  found_namespaces(const recording& about, audit_memory& memory) : about_(&about), memory_(&memory) {}

  void see(const seen_message& message, judgement&) override {
    const auto label = message.facts->label("namespace");
    if (!label || message.facts->row_count == 0)
      return; // ENV-02
    auto* const rows = find(*message.facts, *label);
    if (rows == nullptr)
      return;
    for (const auto& row : message.facts->rows()) {
      if (rows->is_named)
        break;
      const auto target = row.find("targetNamespace");
      if (!target || target->kind != json_kind::string)
        continue; // ROW-01
      const auto name = target->text.decode();
      rows->is_seen = true;
      rows->is_named = name == *label;
      if (rows->names.size() < most_names)
        rows->names.insert(printable_excerpt(name, 60));
    }
    if (rows->is_named)
      *rows = {.is_named = true, .is_seen = true};
  }

  void end(judgement& out) const override {
    for (const auto& [label, rows] : labels_) {
      if (!rows.is_seen)
        continue;
      out.look();
      if (rows.is_named)
        continue;
      std::string names;
      for (const auto& name : rows.names)
        if (names.size() < 100)
          names.append(names.empty() ? "" : ", ").append(name);
      out.complain(
          {.what = "the namespace is one that no row's targetNamespace has: it is not the inventory's",
           .place = rows.place,
           .expected = "one of the rows': " + names,
           .found = "\"" + rows.label + "\"",
           .is_operators = true});
    }
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "messages in namespaces"));
  }

private:
  static constexpr std::size_t most_names = 10, bytes_each = 300;

  struct labelled_rows {
    bool is_named = false; ///< by a row's targetNamespace
    bool is_seen = false;
    std::string place{}, label{}; ///< for people
    std::set<std::string> names{};
  };

  labelled_rows* find(const message_facts& message, const std::string& label) {
    const auto key = digest_of_all({message.label("cluster").value_or(""), label});
    const auto found = labels_.find(key);
    if (found != labels_.end())
      return &found->second;
    if (!memory_->take(bytes_each)) {
      ++passed_over_;
      return nullptr;
    }
    return &labels_
                .emplace(key, labelled_rows{.place = place_of(about_->system, *message.source),
                                            .label = printable_excerpt(label)})
                .first->second;
  }

  const recording* about_;
  audit_memory* memory_;
  std::map<digest, labelled_rows> labels_;
  std::size_t passed_over_ = 0;
};

/// KAF-02. A topic that was given more partitions moves keys once, for which no sink is to blame: all that
/// were moved left their partition before one instant, and what came to be used then has nothing older.
class found_partitions final : public log_judge {
public:
  found_partitions(const recording& about, audit_memory& memory) : about_(&about), memory_(&memory) {}

  void see(const seen_message& message, judgement& out) override {
    const auto& source = *message.facts->source;
    if (about_->system != broker_system::kafka || about_->partitions == 1 || !source.key)
      return;
    const auto instant = source.appended_at.value_or(timestamp{});
    const auto [begin, is_first] = begins_.emplace(source.partition, instant);
    if (!is_first)
      begin->second = std::min(begin->second, instant);
    const auto digest = digest_of(*source.key);
    const auto known = keys_.find(digest);
    if (known == keys_.end()) {
      if (memory_->take(bytes_each))
        keys_.emplace(digest, key_use{{{{source.partition, instant, instant}}}, 1, source.partition});
      else
        ++passed_over_;
      return;
    }
    out.look();
    auto& key = known->second;
    const auto before = std::exchange(key.last, source.partition);
    key.take(source.partition, instant);
    if (before != source.partition)
      (key.is_moved_once() ? moved_ : out).complain(about_partitions(about_->system, source, before));
  }

  void end(judgement& out) const override {
    if (about_->system == broker_system::kafka && about_->partitions == 1)
      out.note(std::string(one_partition_note));
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "messages with keys"));
    const auto count = moved_.findings.size() + moved_.more_findings;
    if (count != 0 && was_given_partitions()) {
      out.note("keys whose partition changed once, as the topic was given more partitions: " +
               std::to_string(count));
      return;
    }
    out.more_findings += moved_.more_findings;
    for (const auto& one : moved_.findings)
      out.complain(one);
  }

private:
  static constexpr std::size_t bytes_each = 160;

  struct partition_use {
    std::int32_t partition = 0;
    timestamp first{}, last{};
  };
  struct key_use {
    std::array<partition_use, 2> used{};
    std::size_t count = 0; ///< beyond two: more of them
    std::int32_t last = 0; ///< that of the message before

    void take(std::int32_t partition, const timestamp& instant) {
      for (std::size_t index = 0; index < std::min(count, used.size()); ++index)
        if (used[index].partition == partition) {
          used[index].first = std::min(used[index].first, instant);
          used[index].last = std::max(used[index].last, instant);
          return;
        }
      if (count < used.size())
        used[count] = {partition, instant, instant};
      ++count;
    }
    const partition_use& left() const noexcept { return used[used[0].last < used[1].last ? 0 : 1]; }
    const partition_use& taken() const noexcept { return used[used[0].last < used[1].last ? 1 : 0]; }
    bool is_moved_once() const noexcept { return count == 2 && left().last < taken().first; }
  };

  bool was_given_partitions() const {
    std::optional<timestamp> latest_left, earliest_taken;
    std::int32_t highest_left = 0;
    for (const auto& [digest, key] : keys_) {
      if (key.count == 1)
        continue;
      if (!key.is_moved_once())
        return false;
      latest_left = std::max(latest_left.value_or(key.left().last), key.left().last);
      earliest_taken = std::min(earliest_taken.value_or(key.taken().first), key.taken().first);
      highest_left = std::max(highest_left, key.left().partition);
    }
    // The new partitions have the highest numbers.
    const auto& [highest, begin] = *begins_.rbegin();
    return latest_left && *latest_left < *earliest_taken && highest > highest_left && begin > *latest_left;
  }

  const recording* about_;
  audit_memory* memory_;
  std::map<digest, key_use> keys_;
  std::map<std::int32_t, timestamp> begins_; ///< the oldest message of each partition
  judgement moved_;                          ///< what would be said of keys that moved once
  std::size_t passed_over_ = 0;
};

/// Where a snapshot stands in its scope's order (DED-03).
timestamp order_of(const message_facts& message) {
  const auto& exported_at = message.field("exportedAt");
  return instant_in(exported_at && exported_at->kind == json_kind::string
                        ? exported_at->text.decode()
                        : message.label("timestamp").value_or(""));
}

digest scope_of(const message_facts& message) {
  return digest_of_all({message.label("cluster").value_or(""), message.label("namespace").value_or(""),
                        message.source->key.value_or("")});
}

/// What the parts of one set share (MP-05).
digest set_of(const message_facts& part) {
  const auto raw = [&](std::string_view name) {
    const auto& field = part.field(name);
    return field ? field->raw : std::string_view();
  };
  return digest_of_all({part.label("cluster").value_or(""), part.label("namespace").value_or(""),
                        part.source->key.value_or(""), raw("generation"), raw("exportedAt"),
                        raw("partTotal")});
}

/// Whether the key tells of which inventory it is. Without, several of a namespace may be exported at once.
bool names_inventory(const message_facts& part) {
  const auto scope = part.label("cluster").value_or("") + ":" + part.label("namespace").value_or("") + "/";
  return part.source->key && part.source->key->starts_with(scope) && part.source->key->size() > scope.size();
}

/// MP-04. A sink that is interrupted leaves a torn set and sends the snapshot again: no fault, once a newer
/// snapshot of the scope is whole, and none yet while parts may be on their way.
class found_sets final : public log_judge {
public:
  found_sets(const recording& about, audit_memory& memory) : about_(&about), memory_(&memory) {}

  void see(const seen_message& message, judgement&) override {
    const auto& facts = *message.facts;
    if (!facts.items)
      return; // PAY-01
    if (facts.is_part())
      return take_part(message);
    if (auto* const scope = find_scope(scope_of(facts)))
      *scope = std::max(*scope, order_of(facts));
  }

  void end(judgement& out) const override {
    auto complete = whole_; // the newest whole snapshot of each scope, in parts or not
    for (const auto& [id, set] : sets_)
      if (!set.is_torn()) {
        out.look();
        auto& newest = complete[set.scope];
        newest = std::max(newest, set.order);
      }
    std::size_t settled = 0;
    std::map<digest, const found_set*> newest;
    for (const auto& [id, set] : sets_) {
      if (!set.is_torn())
        continue;
      const auto known = complete.find(set.scope);
      if (known != complete.end() && set.order <= known->second) {
        ++settled;
        continue;
      }
      auto& last = newest[set.scope];
      if (last == nullptr || set.order >= last->order)
        last = &set;
    }
    out.looked_at += settled;
    judge_torn(newest, out);
    if (settled != 0)
      out.note("sets that are torn, each settled by a newer snapshot of its scope: " +
               std::to_string(settled));
  }

private:
  static constexpr std::size_t bytes_a_scope = 160, bytes_a_set = 300, bytes_a_part = 48;

  struct found_part {
    std::int64_t index;
    digest payload;
    bool may_lack_earlier;
  };
  struct found_set {
    digest scope{};
    std::int64_t total = 0;
    bool names_inventory = false;
    timestamp order{}, last_arrival{};
    std::string place{}; ///< of the part with the lowest index
    std::vector<found_part> parts{};

    bool is_torn() const noexcept {
      const auto times = parts.size() / static_cast<std::size_t>(total);
      if (times == 0 || parts.size() % static_cast<std::size_t>(total) != 0 || (times > 1 && names_inventory))
        return true;
      for (std::size_t index = 0; index < parts.size(); ++index)
        if (parts[index].index != static_cast<std::int64_t>(index / times) + 1)
          return true;
      return false;
    }
    /// Whether it is the sets of several inventories, which nothing tells apart.
    bool is_mixed() const noexcept {
      return !names_inventory && std::ranges::adjacent_find(parts, {}, &found_part::index) != parts.end();
    }
    /// Whether each part that it lacks may have been removed before a later one.
    bool may_be_removed() const noexcept {
      std::int64_t excused = 0; // up to the last part before which something was removed
      for (const auto& part : parts)
        if (part.may_lack_earlier)
          excused = part.index;
      std::int64_t last = 0;
      for (const auto& part : parts) {
        if (part.index <= last || (part.index != last + 1 && part.index > excused))
          return false; // one index twice, or a part that was never there
        last = part.index;
      }
      return last == total;
    }
  };

  timestamp* find_scope(const digest& which) {
    const auto found = whole_.find(which);
    if (found != whole_.end())
      return &found->second;
    if (memory_->take(bytes_a_scope))
      return &whole_.emplace(which, timestamp{}).first->second;
    ++passed_over_;
    return nullptr;
  }

  void take_part(const seen_message& message) {
    const auto& facts = *message.facts;
    const auto id = set_of(facts);
    const bool is_new = !sets_.contains(id);
    if (!memory_->take((is_new ? bytes_a_set : 0) + bytes_a_part)) {
      ++passed_over_;
      return;
    }
    auto& set = sets_[id];
    if (is_new)
      set = {.scope = scope_of(facts),
             .total = facts.part_total,
             .names_inventory = names_inventory(facts),
             .order = order_of(facts)};
    const auto& source = *facts.source;
    set.last_arrival =
        std::max(set.last_arrival, source.appended_at ? *source.appended_at
                                                      : instant_in(facts.label("timestamp").value_or("")));
    const found_part part{facts.part_index, digest_of(facts.payload->raw), message.may_lack_earlier};
    // One that was sent again with the same payload is the same part.
    if (std::ranges::find(set.parts, part.payload, &found_part::payload) != set.parts.end())
      return;
    const auto after = std::ranges::upper_bound(set.parts, part.index, {}, &found_part::index);
    if (after == set.parts.begin())
      set.place = place_of(about_->system, source);
    set.parts.insert(after, part);
  }

  static finding about_torn(const found_set& set) {
    constexpr std::size_t longest = 200;
    std::string found;
    for (const auto& part : set.parts)
      if (found.size() < longest)
        found.append(found.empty() ? "" : ", ").append(std::to_string(part.index));
    return {.what = "a set is torn",
            .place = set.place,
            .expected = "each partIndex from 1 to " + std::to_string(set.total) + " once",
            .found = found};
  }

  void judge_torn(const std::map<digest, const found_set*>& newest, judgement& out) const {
    std::size_t removed = 0, pending = 0, mixed = 0;
    for (const auto& [scope, set] : newest) {
      if (set->is_mixed()) {
        ++mixed;
      } else if (set->may_be_removed()) {
        ++removed;
      } else if (set->last_arrival + about_->settle > about_->read_at) {
        ++pending;
      } else if (passed_over_ == 0) { // else what settles it may not have been followed
        out.look();
        out.complain(about_torn(*set));
      }
    }
    if (removed != 0)
      out.note("sets of which parts may have been removed from the log, by age, size or compaction: " +
               std::to_string(removed));
    if (mixed != 0)
      out.note("sets of several inventories, of one instant, that no key tells apart: " +
               std::to_string(mixed));
    if (pending != 0)
      out.note("sets whose parts may still be on their way (--settle " +
               std::to_string(about_->settle.count()) + "): " + std::to_string(pending));
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "snapshots"));
    out.is_open = pending != 0 || passed_over_ != 0;
  }

  const recording* about_;
  audit_memory* memory_;
  std::map<digest, timestamp> whole_; ///< by scope: the newest that is no set
  std::map<digest, found_set> sets_;
  std::size_t passed_over_ = 0;
};

/// ROW-03: over the parts of a set, until it is complete.
class found_rows final : public log_judge {
public:
  found_rows(const recording& about, audit_memory& memory) : about_(&about), memory_(&memory) {}

  void see(const seen_message& message, judgement& out) override {
    const auto& facts = *message.facts;
    if (!facts.is_part()) {
      row_identities rows;
      return add(rows, facts, out);
    }
    const auto id = set_of(facts);
    const auto bytes = facts.row_count * sizeof(digest) + bytes_a_part;
    const auto known = sets_.find(id);
    if (known != sets_.end() && known->second.is_done)
      return;
    if (!memory_->take(bytes + (known == sets_.end() ? bytes_a_set : 0))) {
      ++passed_over_;
      row_identities rows;
      return add(rows, facts, out);
    }
    auto& set = sets_[id];
    set.bytes += bytes;
    if (!set.payloads.insert(digest_of(facts.payload->raw)).second)
      return;
    set.is_mixed = !set.indexes.insert(facts.part_index).second || set.is_mixed;
    const bool is_named = names_inventory(facts);
    add(set.rows, facts, is_named ? out : set.seen);
    if (set.payloads.size() == static_cast<std::size_t>(facts.part_total)) {
      tell(set, out);
      memory_->give_back(set.bytes);
      set = {.is_done = true};
    }
  }

  void end(judgement& out) const override {
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "parts of sets"));
  }

private:
  static constexpr std::size_t bytes_a_part = 100, bytes_a_set = 200;

  struct found_set {
    bool is_done = false;
    std::size_t bytes = 0;
    bool is_mixed = false; ///< one index twice: of several inventories, it may be
    std::set<digest> payloads{};
    std::set<std::int64_t> indexes{};
    row_identities rows{};
    judgement seen{};
  };

  /// Without the inventory's name, what was seen of a set counts once it is known to be one.
  static void tell(found_set& set, judgement& out) {
    out.looked_at += set.seen.looked_at;
    if (set.is_mixed)
      return;
    out.more_findings += set.seen.more_findings;
    for (auto& one : set.seen.findings)
      out.complain(std::move(one));
  }

  void add(row_identities& rows, const message_facts& facts, judgement& out) const {
    const auto before = rows.size();
    rows.add(facts,
             [&](const json_node& row) { out.complain(about_repeated_row(about_->system, facts, row)); });
    out.looked_at += rows.size() - before;
  }

  const recording* about_;
  audit_memory* memory_;
  std::map<digest, found_set> sets_;
  std::size_t passed_over_ = 0;
};

template <class Judge>
std::unique_ptr<log_judge> make(const recording& about, audit_memory& memory) {
  return std::make_unique<Judge>(about, memory);
}

} // namespace

log_removals::log_removals(broker_system system, std::chrono::seconds settle) noexcept
    : first_ever_(system == broker_system::nats ? 1 : 0), near_(settle) {}

bool log_removals::pass(const recorded_message& message) {
  auto& end = partitions_.try_emplace(message.partition, partition_end{.next = first_ever_}).first->second;
  if (message.offset > end.next) {
    end.is_any = true;
    end.at = message.appended_at;
  }
  end.next = message.offset + 1;
  return end.is_any && (!end.at || !message.appended_at || *message.appended_at <= *end.at + near_);
}

std::unique_ptr<log_judge> make_log_judge(std::string_view id, const recording& about, audit_memory& memory) {
  if (id == "ENV-07")
    return make<found_namespaces>(about, memory);
  if (id == "KAF-02")
    return make<found_partitions>(about, memory);
  if (id == "MP-04")
    return make<found_sets>(about, memory);
  if (id == "ROW-03")
    return make<found_rows>(about, memory);
  return nullptr;
}

} // namespace kollect::conformance

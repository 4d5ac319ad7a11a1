#include "log_judge_families.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace kollect::conformance {

namespace {

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

/// MP-04. A sink that is interrupted leaves a torn set and sends the snapshot again: no fault, once a newer
/// snapshot of the scope is whole, and none yet while parts may be on their way.
class found_sets final : public log_judge {
public:
  explicit found_sets(const log_facts& log) : log_(&log) {}

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
  static constexpr std::size_t bytes_a_scope = 160, bytes_a_set = 300, bytes_a_part = 80;

  struct found_part {
    std::int64_t index;
    digest payload;
    std::int32_t partition;
    std::optional<offset_range> missing_before;
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
    bool may_be_removed(const log_facts& log) const {
      std::int64_t excused = 0; // up to the last part before which something was removed
      for (const auto& part : parts)
        if (part.missing_before && log.may_be_removed(part.partition, *part.missing_before))
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
    if (log_->memory->take(bytes_a_scope))
      return &whole_.emplace(which, timestamp{}).first->second;
    ++passed_over_;
    return nullptr;
  }

  void take_part(const seen_message& message) {
    const auto& facts = *message.facts;
    const auto id = set_of(facts);
    const bool is_new = !sets_.contains(id);
    if (!log_->memory->take((is_new ? bytes_a_set : 0) + bytes_a_part)) {
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
    set.last_arrival = std::max(set.last_arrival, facts.arrived_at().value_or(timestamp{}));
    const found_part part{facts.part_index, digest_of(facts.payload->raw), source.partition,
                          message.missing_before};
    // One that was sent again with the same payload is the same part.
    if (std::ranges::find(set.parts, part.payload, &found_part::payload) != set.parts.end())
      return;
    const auto after = std::ranges::upper_bound(set.parts, part.index, {}, &found_part::index);
    if (after == set.parts.begin())
      set.place = place_of(log_->about->system, source);
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
      } else if (set->may_be_removed(*log_)) {
        ++removed;
      } else if (set->last_arrival + log_->about->settle > log_->about->read_at) {
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
               std::to_string(log_->about->settle.count()) + "): " + std::to_string(pending));
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "snapshots"));
    out.is_open = pending != 0 || passed_over_ != 0;
  }

  const log_facts* log_;
  std::map<digest, timestamp> whole_; ///< by scope: the newest that is no set
  std::map<digest, found_set> sets_;
  std::size_t passed_over_ = 0;
};

} // namespace

std::unique_ptr<log_judge> judge_found_sets(const log_facts& log) {
  return std::make_unique<found_sets>(log);
}

} // namespace kollect::conformance

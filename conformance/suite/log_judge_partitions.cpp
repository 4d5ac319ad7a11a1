#include "log_judge_families.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace kollect::conformance {

namespace {

/// KAF-02. A topic that was given more partitions moves keys, for which no sink is to blame: those that were
/// moved left their partition before one instant, and then came partitions into use that were not before.
class found_partitions final : public log_judge {
public:
  explicit found_partitions(const log_facts& log) : log_(&log) {}

  void see(const seen_message& message, judgement& out) override {
    const auto& source = *message.facts->source;
    if (log_->about->system != broker_system::kafka || log_->about->partitions == 1 || !source.key)
      return;
    const auto instant = message.facts->arrived_at().value_or(timestamp{});
    take_earlier(begins_, source.partition, instant);
    const auto digest = digest_of(*source.key);
    const auto known = keys_.find(digest);
    if (known != keys_.end()) {
      out.look();
      return take(known->second, source, instant);
    }
    if (log_->memory->take(bytes_a_key))
      keys_.emplace(digest, std::vector{partition_use{source.partition, instant, instant}});
    else
      ++passed_over_;
  }

  void end(judgement& out) const override {
    if (log_->about->system == broker_system::kafka && log_->about->partitions == 1)
      out.note(std::string(one_partition_note));
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "messages with keys"));
    if (moved_.findings.empty())
      return;
    const auto count = moved_.findings.size() + moved_.more_findings;
    if (was_given_partitions()) {
      out.note("moves of keys to another partition, as the topic was given more partitions: " +
               std::to_string(count));
      return;
    }
    out.more_findings += moved_.more_findings;
    for (const auto& one : moved_.findings)
      out.complain(one);
  }

private:
  static constexpr std::size_t bytes_a_key = 136, bytes_a_use = 48;
  /// How long a client may go on with the partitions it knows: librdkafka's metadata.max.age.ms.
  static constexpr std::chrono::minutes longest_ignorance{15};

  /// How many keys move at each enlargement, where they do so together.
  static constexpr std::size_t moved_together = 3;

  struct partition_use {
    std::int32_t partition;
    timestamp first, last;
  };
  /// Some keys left a partition, the last of them at `left`, and came into another, the first at `taken`.
  struct move {
    timestamp left, taken;
  };

  void take(std::vector<partition_use>& key, const recorded_message& source, const timestamp& instant) {
    const auto used = std::ranges::find(key, source.partition, &partition_use::partition);
    if (used != key.end()) {
      used->first = std::min(used->first, instant);
      used->last = std::max(used->last, instant);
      ++stays_;
    } else if (log_->memory->take(bytes_a_use)) {
      moved_.complain(about_partitions(log_->about->system, source, key.front().partition));
      key.push_back({source.partition, instant, instant});
    } else {
      ++passed_over_;
    }
  }

  /// The moves of all keys; nothing where a key was in two partitions at a time.
  std::optional<std::vector<move>> moves() const {
    std::vector<move> all;
    for (const auto& [digest, uses] : keys_) {
      auto in_turn = uses;
      std::ranges::sort(in_turn, {}, &partition_use::first);
      for (std::size_t index = 1; index < in_turn.size(); ++index) {
        if (in_turn[index - 1].last >= in_turn[index].first)
          return {};
        all.push_back({in_turn[index - 1].last, in_turn[index].first});
      }
    }
    return all;
  }

  /// The fewest moves that these can have been, in their order: those that have an instant in common are one.
  static std::vector<move> merge(std::vector<move> all) {
    std::ranges::sort(all, {}, &move::taken);
    std::vector<move> merged;
    for (const auto& one : all)
      if (merged.empty() || one.left >= merged.back().taken)
        merged.push_back(one);
      else
        merged.back().left = std::max(merged.back().left, one.left);
    return merged;
  }

  /// The lowest partition from `lowest` on that this cluster's sink cannot have known before the move.
  std::optional<std::int32_t> new_partition(const move& one, std::int32_t lowest) const {
    for (const auto& [partition, begin] : begins_)
      if (begin <= one.left)
        lowest = std::max(lowest, partition + 1);
    const auto& of_all = log_->begins;
    const auto count = std::max(log_->about->partitions, of_all.empty() ? 0 : of_all.rbegin()->first + 1);
    for (auto partition = lowest; partition < count; ++partition) {
      const auto begin = of_all.find(partition);
      if (begin == of_all.end() || begin->second + longest_ignorance > one.left)
        return partition;
    }
    return {};
  }

  bool was_given_partitions() const {
    auto all = moves();
    if (!all)
      return false;
    const auto move_count = all->size();
    const auto merged = merge(std::move(*all));
    bool is_seen = merged.size() == 1; // a new partition came into use, at one instant
    std::int32_t lowest = 0;
    for (const auto& one : merged) {
      const auto found = new_partition(one, lowest);
      if (!found)
        return false;
      lowest = *found + 1;
      is_seen = is_seen && log_->begins.contains(*found);
    }
    // Chance explains a few moves as well, but then keys neither stay, as far as compaction shows it, nor
    // move together.
    return is_seen || stays_ >= move_count || move_count >= moved_together * merged.size();
  }

  const log_facts* log_;
  std::map<digest, std::vector<partition_use>> keys_;
  std::map<std::int32_t, timestamp> begins_; ///< when this cluster's oldest message of each partition came
  std::size_t stays_ = 0;                    ///< messages in a partition that their key was in already
  judgement moved_;                          ///< what would be said of keys that moved
  std::size_t passed_over_ = 0;
};

} // namespace

std::unique_ptr<log_judge> judge_found_partitions(const log_facts& log) {
  return std::make_unique<found_partitions>(log);
}

} // namespace kollect::conformance

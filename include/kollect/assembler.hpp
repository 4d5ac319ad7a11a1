#ifndef KOLLECT_ASSEMBLER_HPP
#define KOLLECT_ASSEMBLER_HPP

#include <kollect/checksum.hpp>
#include <kollect/order.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect {

/// What all parts of one multipart set share (MP-05). exportedAt is what tells two data snapshots
/// of one generation apart.
struct part_set {
  kollect::scope scope;
  timestamp exported_at;
  std::int64_t generation = 0;
  std::uint32_t part_total = 0;

  friend auto operator<=>(const part_set&, const part_set&) = default;
  friend bool operator==(const part_set&, const part_set&) = default;
};

/// One part that is held until its set is whole: its index and its payload's digest.
struct held_part {
  std::uint32_t part_index = 0; ///< 1 to part_total
  sha256_digest digest;

  friend auto operator<=>(const held_part&, const held_part&) = default;
  friend bool operator==(const held_part&, const held_part&) = default;
};

/// What a newly arrived part means for its set.
enum class part_outcome {
  pending,   ///< held: others are missing
  complete,  ///< the last one missing: the set may be applied
  duplicate, ///< this index is held already, with the same content
  conflict   ///< this index is held already, with other content: a dead letter (MP-05)
};

inline std::ostream& operator<<(std::ostream& out, part_outcome outcome) {
  constexpr std::string_view names[] = {"pending", "complete", "duplicate", "conflict"};
  return out << names[static_cast<std::size_t>(outcome)];
}

/// Decides on a part, given those of its set that are held (MP-04). Linear in the held parts.
inline part_outcome decide_part(const std::vector<held_part>& held, const held_part& arrived, std::uint32_t part_total) {
  const auto same = std::find_if(held.begin(), held.end(),
                                 [&](const held_part& part) { return part.part_index == arrived.part_index; });
  if (same != held.end()) return same->digest == arrived.digest ? part_outcome::duplicate : part_outcome::conflict;
  return held.size() + 1 == part_total ? part_outcome::complete : part_outcome::pending;
}

/// Where a whole set stands in its scope's order: the digest is SHA-256 over its parts' digests by index.
inline snapshot_order order_of(const part_set& set, std::vector<held_part> parts) {
  std::sort(parts.begin(), parts.end());
  std::string digests;
  for (const auto& part : parts)
    digests.append(reinterpret_cast<const char*>(part.digest.bytes.data()), part.digest.bytes.size());
  return {set.exported_at, set.generation, sha256(digests)};
}

/// Collects multipart sets in memory, for consumers without a database; the reference consumer keeps
/// its parts in the store and uses the same decisions. Bounded by `max_bytes`: over that, the set
/// whose last part came longest ago is given up.
class assembler {
public:
  struct options {
    std::size_t max_bytes = 256U * 1024 * 1024; ///< of held payloads
  };

  struct answer {
    part_outcome outcome = part_outcome::pending;
    std::vector<std::string> payloads; ///< of a complete set, by part index
    std::vector<part_set> given_up;    ///< sets dropped to stay within max_bytes
  };

  assembler() : assembler(options{}) {}
  explicit assembler(options bounds) : bounds_(bounds) {}

  /// Takes one part with its payload's raw bytes.
  answer add(const part_set& set, std::uint32_t part_index, std::string_view payload) {
    answer out;
    auto& entry = sets_[set];
    const held_part arrived{part_index, sha256(payload)};
    out.outcome = decide_part(entry.parts, arrived, set.part_total);
    if (out.outcome == part_outcome::duplicate || out.outcome == part_outcome::conflict) return out;
    entry.parts.push_back(arrived);
    entry.payloads.emplace(part_index, payload);
    entry.last_arrival = ++arrivals_;
    held_bytes_ += payload.size();
    if (out.outcome == part_outcome::complete) {
      for (auto& held : entry.payloads) out.payloads.push_back(std::move(held.second));
      held_bytes_ -= total_size(out.payloads);
      sets_.erase(set);
    }
    while (held_bytes_ > bounds_.max_bytes && !sets_.empty()) out.given_up.push_back(give_up_oldest());
    return out;
  }

  /// Gives up the sets of a scope that are older than a snapshot applied meanwhile; answers how many parts they held.
  std::size_t drop_superseded(const scope& which, const timestamp& applied) {
    std::size_t parts = 0;
    for (auto set = sets_.begin(); set != sets_.end();) {
      const bool is_superseded = set->first.scope == which && set->first.exported_at < applied;
      if (is_superseded) parts += set->second.parts.size(), release(set->second);
      set = is_superseded ? sets_.erase(set) : std::next(set);
    }
    return parts;
  }

  std::size_t pending_sets() const noexcept { return sets_.size(); }
  std::size_t held_bytes() const noexcept { return held_bytes_; }

private:
  struct entry_type {
    std::vector<held_part> parts;
    std::map<std::uint32_t, std::string> payloads;
    std::uint64_t last_arrival = 0;
  };

  static std::size_t total_size(const std::vector<std::string>& payloads) {
    std::size_t sum = 0;
    for (const auto& payload : payloads) sum += payload.size();
    return sum;
  }

  void release(const entry_type& entry) {
    for (const auto& held : entry.payloads) held_bytes_ -= held.second.size();
  }

  part_set give_up_oldest() {
    const auto oldest = std::min_element(sets_.begin(), sets_.end(), [](const auto& left, const auto& right) {
      return left.second.last_arrival < right.second.last_arrival;
    });
    release(oldest->second);
    auto set = oldest->first;
    sets_.erase(oldest);
    return set;
  }

  options bounds_;
  std::map<part_set, entry_type> sets_;
  std::size_t held_bytes_ = 0;
  std::uint64_t arrivals_ = 0;
};

} // namespace kollect

#endif

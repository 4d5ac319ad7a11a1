#ifndef KOLLECT_ASSEMBLER_HPP
#define KOLLECT_ASSEMBLER_HPP

#include <kollect/checksum.hpp>
#include <kollect/order.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

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
  conflict   ///< this index is held already, with other content, or there is no such index: a dead letter
             ///< (MP-05)
};

inline std::ostream& operator<<(std::ostream& out, part_outcome outcome) {
  constexpr std::string_view names[] = {"pending", "complete", "duplicate", "conflict"};
  return out << names[static_cast<std::size_t>(outcome)];
}

/// Decides on a part, given those of its set that are held (MP-04). Linear in the held parts.
inline part_outcome decide_part(const std::vector<held_part>& held, const held_part& arrived,
                                std::uint32_t part_total) {
  if (arrived.part_index < 1 || arrived.part_index > part_total)
    return part_outcome::conflict;
  const auto same = std::find_if(
      held.begin(), held.end(), [&](const held_part& part) { return part.part_index == arrived.part_index; });
  if (same != held.end())
    return same->digest == arrived.digest ? part_outcome::duplicate : part_outcome::conflict;
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
/// whose last part came longest ago is given up. Movable, not copyable. Not thread-safe.
class assembler {
public:
  struct options {
    std::size_t max_bytes = 256U * 1024 * 1024; ///< of held payloads
  };

  struct answer {
    part_outcome outcome = part_outcome::pending;
    std::vector<std::string> payloads; ///< of a complete set, by part index; for parse_payload()
    std::vector<part_set> given_up;    ///< sets dropped to stay within max_bytes
  };

  assembler() : assembler(options{}) {}
  explicit assembler(options bounds) : bounds_(bounds) {}
  assembler(assembler&&) = default;
  assembler& operator=(assembler&&) = default;
  assembler(const assembler&) = delete; // its queue points to its own sets
  assembler& operator=(const assembler&) = delete;

  /// Takes one part with its payload's raw bytes. Linear in the payload and in the set's held parts.
  answer add(const part_set& set, std::uint32_t part_index, std::string_view payload) {
    answer out;
    const auto place = sets_.try_emplace(set).first;
    auto& entry = place->second;
    const held_part arrived{part_index, sha256(payload)};
    out.outcome = decide_part(entry.parts, arrived, set.part_total);
    if (out.outcome == part_outcome::duplicate || out.outcome == part_outcome::conflict) {
      if (entry.parts.empty())
        sets_.erase(place); // an index that cannot be opens no set
      return out;
    }
    hold(place, arrived, payload);
    if (out.outcome == part_outcome::complete) {
      for (auto& held : entry.payloads)
        out.payloads.push_back(std::move(held.second));
      forget(place);
    }
    while (held_bytes_ > bounds_.max_bytes) {
      const auto oldest = by_arrival_.begin()->second;
      out.given_up.push_back(oldest->first);
      forget(oldest);
    }
    return out;
  }

  /// Gives up the sets of a scope that are older than a snapshot applied meanwhile; answers how many
  /// parts they held. Logarithmic in the sets of other scopes.
  std::size_t drop_superseded(const scope& which, const timestamp& applied) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    const auto end = sets_.lower_bound({which, applied, least, 0});
    std::size_t parts = 0;
    for (auto set = sets_.lower_bound({which, {least, 0}, least, 0}); set != end;) {
      parts += set->second.parts.size();
      set = forget(set);
    }
    return parts;
  }

  std::size_t pending_sets() const noexcept { return sets_.size(); }
  std::size_t held_bytes() const noexcept { return held_bytes_; }

private:
  struct entry_type {
    std::vector<held_part> parts;
    std::map<std::uint32_t, std::string> payloads;
    std::size_t bytes = 0;
    std::uint64_t last_arrival = 0;
  };
  using set_map = std::map<part_set, entry_type>;

  void hold(set_map::iterator place, const held_part& arrived, std::string_view payload) {
    auto& entry = place->second;
    entry.parts.push_back(arrived);
    entry.payloads.emplace(arrived.part_index, payload);
    entry.bytes += payload.size();
    held_bytes_ += payload.size();
    by_arrival_.erase(std::exchange(entry.last_arrival, ++arrivals_));
    by_arrival_.emplace(arrivals_, place);
  }

  set_map::iterator forget(set_map::iterator place) {
    held_bytes_ -= place->second.bytes;
    by_arrival_.erase(place->second.last_arrival);
    return sets_.erase(place);
  }

  options bounds_;
  set_map sets_;
  std::map<std::uint64_t, set_map::iterator> by_arrival_; ///< by the last part's number
  std::size_t held_bytes_ = 0;
  std::uint64_t arrivals_ = 0;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

#ifndef KOLLECT_ASSEMBLER_HPP
#define KOLLECT_ASSEMBLER_HPP

#include <kollect/decision.hpp>
#include <kollect/dedup_key.hpp>
#include <kollect/error.hpp>
#include <kollect/part_set.hpp>
#include <kollect/position.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// A part as it was collected.
struct collected_part {
  held_part part;                           ///< its index and digest
  dedup_key key;                            ///< of its message (DED-01)
  std::optional<message_position> position; ///< where its message stood, if that was told
  std::string payload;                      ///< for parse_payload()
};

/// The parts of one set that have come, by index.
struct collected_set {
  part_set set;                      ///< which set
  std::vector<collected_part> parts; ///< each index once
};

/// kollect::assembler. A template so that only those who use it compile it.
///
/// Collects multipart sets in memory (MP-04), bounded in bytes, sets and age; a consumer with a database
/// keeps its parts there, and calls decide_part() itself. Nothing is given up without a word: what is, is in
/// the answer. Movable, not copyable; a moved-from one is empty. Not thread-safe.
template <class Deferred>
class basic_assembler {
public:
  using clock = std::chrono::steady_clock; ///< of ages: no clock that is set back

  /// What it may hold. A set that is over a bound is given up.
  struct options {
    std::size_t max_bytes = 256U * 1024 * 1024; ///< of all that is held: payloads, names, and some 200 a part
    std::size_t max_sets = 10'000;              ///< sets that wait
    clock::duration max_age = std::chrono::hours(24); ///< since the last part of a set came
  };

  /// What add() did with a part.
  struct answer {
    decision found;                      ///< as of decide_part(): duplicate, stale or pending
    std::optional<collected_set> whole;  ///< with decision_reason::last_part: all parts of the set
    std::vector<collected_set> given_up; ///< those that were over a bound: they are held no more
  };

  /// With the default bounds.
  basic_assembler() : basic_assembler(options{}) {}
  /// With these bounds.
  explicit basic_assembler(options bounds) : bounds_(bounds) {}
  basic_assembler(basic_assembler&& other) noexcept : bounds_(other.bounds_) { take(other); }
  basic_assembler& operator=(basic_assembler&& other) noexcept {
    bounds_ = other.bounds_;
    take(other);
    return *this;
  }
  basic_assembler(const basic_assembler&) = delete; // its queue points to its own sets
  basic_assembler& operator=(const basic_assembler&) = delete;

  /// Takes one part in as decide_part() says, given what is held of its scope. Sets that are over a bound
  /// make room, that whose last part came longest ago first. A part that does not fit beside the others of
  /// its own set is error::too_large; after any failure everything is as before.
  /// Linear in the payload, logarithmic in what waits.
  [[nodiscard]] result<answer> add(const held_snapshot& held, const message_head& head,
                                   const snapshot_view& part,
                                   const std::optional<message_position>& position = {},
                                   clock::time_point now = clock::now()) {
    const auto set = part_set_of(head, part);
    const held_part arrived = held_part_of(head, part);
    const auto place = sets_.find(set);
    auto found = decide(held, set, place, arrived);
    if (!found)
      return found.error();
    answer out{*found, {}, {}};
    if (out.found.ending != outcome::pending)
      return out;
    const std::size_t needed = bytes_of(head) + (place == sets_.end() ? bytes_of(set) : 0);
    const std::size_t own = place == sets_.end() ? 0 : place->second.bytes;
    if (own + needed > bounds_.max_bytes || bounds_.max_sets == 0)
      return make_failure(error::too_large,
                          "the parts of this set need more than assembler::options::max_bytes (" +
                              std::to_string(bounds_.max_bytes) + ") or max_sets allow",
                          "MP-04");
    hold(set, {arrived, head.key, position, std::string(head.envelope.payload)}, needed, now);
    if (out.found.why == decision_reason::last_part)
      out.whole = take(sets_.find(set));
    while (held_bytes_ > bounds_.max_bytes || sets_.size() > bounds_.max_sets)
      out.given_up.push_back(take(by_arrival_.begin()->second));
    if (!out.whole) // who refuses the whole set has nowhere to tell of others
      append(out.given_up, expire(now));
    return out;
  }

  /// Gives up the sets whose last part came more than max_age ago. add() does so too, unless a set is whole.
  [[nodiscard]] std::vector<collected_set> expire(clock::time_point now = clock::now()) {
    std::vector<collected_set> out;
    while (!by_arrival_.empty() && now - by_arrival_.begin()->second->second.last_came > bounds_.max_age)
      out.push_back(take(by_arrival_.begin()->second));
    return out;
  }

  /// Lets go of the sets of a scope that are older than the snapshot applied meanwhile: they have ended as
  /// stale. Logarithmic in the sets of other scopes.
  [[nodiscard]] std::vector<collected_set> drop_superseded(const scope& which,
                                                           const snapshot_order& applied) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    std::vector<collected_set> out;
    for (;;) {
      const auto first = sets_.lower_bound({which, {least, 0}, least, 0});
      if (first == sets_.end() || !(first->first < part_set{which, applied.instant, applied.generation, 0}))
        return out;
      out.push_back(take(first));
    }
  }

  /// How many sets wait for parts.
  [[nodiscard]] std::size_t pending_sets() const noexcept { return sets_.size(); }
  /// Bytes that they take, as options::max_bytes counts them.
  [[nodiscard]] std::size_t held_bytes() const noexcept { return held_bytes_; }

private:
  struct entry {
    std::map<std::uint32_t, collected_part> parts;
    std::size_t bytes = 0;
    std::uint64_t last_arrival = 0;
    clock::time_point last_came;
  };
  using set_map = std::map<part_set, entry>;

  static constexpr std::size_t bytes_around = 200; ///< what maps and strings take besides the texts

  static std::size_t bytes_of(const message_head& head) noexcept {
    return head.envelope.payload.size() + head.key.cluster.size() + head.key.namespace_.size() + bytes_around;
  }
  static std::size_t bytes_of(const part_set& set) noexcept {
    return set.scope.cluster.size() + set.scope.namespace_.size() + set.scope.inventory.size() + bytes_around;
  }
  static void append(std::vector<collected_set>& to, std::vector<collected_set> more) {
    for (auto& one : more)
      to.push_back(std::move(one));
  }

  result<decision> decide(const held_snapshot& held, const part_set& set, typename set_map::iterator place,
                          const held_part& arrived) const {
    if (place == sets_.end())
      return detail::decide_part(held, set, 0, nullptr, arrived);
    const auto& parts = place->second.parts;
    const auto same = parts.find(arrived.part_index);
    return detail::decide_part(held, set, parts.size(), same == parts.end() ? nullptr : &same->second.part,
                               arrived);
  }

  void hold(const part_set& set, collected_part part, std::size_t bytes, clock::time_point now) {
    const auto place = sets_.try_emplace(set).first;
    auto& to = place->second;
    const auto index = part.part.part_index;
    to.parts.emplace(index, std::move(part));
    to.bytes += bytes;
    held_bytes_ += bytes;
    to.last_came = now;
    by_arrival_.erase(std::exchange(to.last_arrival, ++arrivals_));
    by_arrival_.emplace(arrivals_, place);
  }

  collected_set take(typename set_map::iterator place) {
    collected_set out{place->first, {}};
    out.parts.reserve(place->second.parts.size());
    for (auto& [index, part] : place->second.parts)
      out.parts.push_back(std::move(part));
    held_bytes_ -= place->second.bytes;
    by_arrival_.erase(place->second.last_arrival);
    sets_.erase(place);
    return out;
  }

  void take(basic_assembler& other) noexcept {
    sets_ = std::exchange(other.sets_, {});
    by_arrival_ = std::exchange(other.by_arrival_, {});
    held_bytes_ = std::exchange(other.held_bytes_, 0);
    arrivals_ = other.arrivals_;
  }

  options bounds_;
  set_map sets_;
  std::map<std::uint64_t, typename set_map::iterator> by_arrival_; ///< by the number of the last part
  std::size_t held_bytes_ = 0;
  std::uint64_t arrivals_ = 0;
};

/// Collects multipart sets in memory: see basic_assembler.
using assembler = basic_assembler<void>;

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

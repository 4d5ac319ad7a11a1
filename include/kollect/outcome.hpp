#ifndef KOLLECT_OUTCOME_HPP
#define KOLLECT_OUTCOME_HPP

#include <kollect/version.hpp>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// How a message ended for a consumer: each ends as exactly one of these.
enum class outcome {
  applied,       ///< its snapshot became the state of its scope, or it is a part of one that did
  duplicate,     ///< seen before (DED-01), or what it says is held already
  stale,         ///< older than what is held (DED-03)
  dead_lettered, ///< it breaks the contract or a limit: keep it as a dead letter and go on
  pending        ///< a part of a set that lacks others (MP-04): it will end another way
};

[[nodiscard]] constexpr std::string_view to_string(outcome value) noexcept {
  switch (value) {
  case outcome::applied:
    return "applied";
  case outcome::duplicate:
    return "duplicate";
  case outcome::stale:
    return "stale";
  case outcome::dead_lettered:
    return "dead_lettered";
  case outcome::pending:
    return "pending";
  }
  return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, outcome value) {
  return out << to_string(value);
}

/// Why a message that was not refused ended as it did.
enum class decision_reason {
  first_of_scope, ///< applied: nothing was held of its scope
  newer,          ///< applied: newer than the snapshot held (DED-03)
  known_key,      ///< duplicate: its dedup key was seen in its scope (DED-01)
  same_snapshot,  ///< duplicate: the snapshot held, in another envelope
  same_part,      ///< duplicate: a part of the snapshot held, or of a set that waits, once more (MP-05)
  older,          ///< stale: older than the snapshot held (DED-03)
  parts_missing,  ///< pending: its set lacks other parts (MP-04)
  last_part       ///< pending no longer: with it its set is whole, and ends as decide_snapshot() says
};

[[nodiscard]] constexpr std::string_view to_string(decision_reason value) noexcept {
  switch (value) {
  case decision_reason::first_of_scope:
    return "first_of_scope";
  case decision_reason::newer:
    return "newer";
  case decision_reason::known_key:
    return "known_key";
  case decision_reason::same_snapshot:
    return "same_snapshot";
  case decision_reason::same_part:
    return "same_part";
  case decision_reason::older:
    return "older";
  case decision_reason::parts_missing:
    return "parts_missing";
  case decision_reason::last_part:
    return "last_part";
  }
  return "unknown";
}

inline std::ostream& operator<<(std::ostream& out, decision_reason value) {
  return out << to_string(value);
}

/// How a message ends, and why. A message that is refused is a failure instead, which says why.
struct decision {
  outcome ending = outcome::pending;                    ///< never dead_lettered
  decision_reason why = decision_reason::parts_missing; ///< one that goes with `ending`

  friend bool operator==(const decision&, const decision&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const decision& value) {
  return out << value.ending << '/' << value.why;
}

/// How many messages ended how: `consumed` is always the sum of the others.
struct outcome_counts {
  std::int64_t consumed = 0;      ///< all of them
  std::int64_t applied = 0;       ///< outcome::applied
  std::int64_t duplicate = 0;     ///< outcome::duplicate
  std::int64_t stale = 0;         ///< outcome::stale
  std::int64_t dead_lettered = 0; ///< outcome::dead_lettered
  std::int64_t pending = 0;       ///< goes down again when a set is whole, superseded or given up

  /// The count of this outcome.
  std::int64_t& operator[](outcome value) noexcept {
    std::int64_t* const places[] = {&applied, &duplicate, &stale, &dead_lettered, &pending};
    return *places[static_cast<std::size_t>(value)];
  }

  /// Counts a message that has just been consumed.
  void add(outcome value) noexcept {
    ++consumed;
    ++(*this)[value];
  }

  /// Counts parts again that were pending and have ended.
  void settle(std::int64_t parts, outcome value) noexcept {
    pending -= parts;
    (*this)[value] += parts;
  }

  /// Adds the counts of other messages.
  outcome_counts& operator+=(const outcome_counts& other) noexcept {
    consumed += other.consumed;
    applied += other.applied;
    duplicate += other.duplicate;
    stale += other.stale;
    dead_lettered += other.dead_lettered;
    pending += other.pending;
    return *this;
  }

  /// Whether every message consumed has ended, and each once.
  [[nodiscard]] bool is_conserved() const noexcept {
    return consumed == applied + duplicate + stale + dead_lettered + pending;
  }

  friend bool operator==(const outcome_counts&, const outcome_counts&) = default;
};

/// `consumed 8, applied 1, duplicate 2, …`
inline std::ostream& operator<<(std::ostream& out, const outcome_counts& value) {
  return out << "consumed " << value.consumed << ", applied " << value.applied << ", duplicate "
             << value.duplicate << ", stale " << value.stale << ", dead_lettered " << value.dead_lettered
             << ", pending " << value.pending;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

#ifndef KOLLECT_CONSUMER_OUTCOME_HPP
#define KOLLECT_CONSUMER_OUTCOME_HPP

#include <kollect/json_writer.hpp>
#include <kollect/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// How a consumed message ended: every one ends as exactly one of these.
enum class outcome {
  applied,       ///< its snapshot became the state, or is a part of one that did
  duplicate,     ///< seen before (DED-01), or delivered again
  stale,         ///< older than what is held (DED-03)
  dead_lettered, ///< nobody can apply it; kept with its reason
  pending        ///< a part whose set is not whole yet (MP-04)
};

constexpr std::string_view to_string(outcome value) noexcept {
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

/// How a message ends that the contract's rules have decided about so: what they refuse is kept.
constexpr outcome ending_of(const decision& found) noexcept {
  switch (found.ending) {
  case kollect::outcome::applied:
    return outcome::applied;
  case kollect::outcome::duplicate:
    return outcome::duplicate;
  case kollect::outcome::stale:
    return outcome::stale;
  case kollect::outcome::pending:
    return outcome::pending;
  case kollect::outcome::refused:
    break;
  }
  return outcome::dead_lettered;
}

/// How many messages ended how. `consumed` is always the sum of the others.
struct outcome_counts {
  std::int64_t consumed = 0;
  std::int64_t applied = 0;
  std::int64_t duplicate = 0;
  std::int64_t stale = 0;
  std::int64_t dead_lettered = 0;
  std::int64_t pending = 0; ///< goes down again when a set is settled

  std::int64_t& operator[](outcome value) noexcept {
    std::int64_t* const places[] = {&applied, &duplicate, &stale, &dead_lettered, &pending};
    return *places[static_cast<std::size_t>(value)];
  }

  /// Counts a message that has just been consumed.
  void add(outcome value) noexcept {
    ++consumed;
    ++(*this)[value];
  }

  /// Parts that were pending have ended another way.
  void settle(std::int64_t parts, outcome value) noexcept {
    pending -= parts;
    (*this)[value] += parts;
  }

  outcome_counts& operator+=(const outcome_counts& other) noexcept {
    consumed += other.consumed;
    applied += other.applied;
    duplicate += other.duplicate;
    stale += other.stale;
    dead_lettered += other.dead_lettered;
    pending += other.pending;
    return *this;
  }

  bool is_conserved() const noexcept {
    return consumed == applied + duplicate + stale + dead_lettered + pending;
  }

  friend bool operator==(const outcome_counts&, const outcome_counts&) = default;
};

/// The members of one JSON object: `"consumed":…,"applied":…,…`
inline void write_members(json_writer& out, const outcome_counts& counts) {
  out.member("consumed", counts.consumed)
      .member("applied", counts.applied)
      .member("duplicate", counts.duplicate)
      .member("stale", counts.stale)
      .member("dead_lettered", counts.dead_lettered)
      .member("pending", counts.pending);
}

inline void write(json_writer& out, const outcome_counts& counts) {
  out.begin_object();
  write_members(out, counts);
  out.end_object();
}

/// The same as one JSON object.
inline std::string to_json(const outcome_counts& counts) {
  std::string text;
  json_writer out(text);
  write(out, counts);
  return text;
}

} // namespace kollect::consumer

#endif

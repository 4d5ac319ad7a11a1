#ifndef KOLLECT_CONFORMANCE_EXERCISE_HPP
#define KOLLECT_CONFORMANCE_EXERCISE_HPP

#include "session.hpp"

#include <requirements.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// What an exercise can do without: external brokers cannot be stopped or secured, a mock has no settings.
enum class broker_need {
  any,      ///< only a topic or stream
  settings, ///< a topic or stream with settings: not a mock
  local,    ///< brokers of the suite's own, a mock too
  control   ///< brokers of the suite's own, and real
};

/// Something that a sink is made to do, on a topic or subject of its own, for clauses to be judged by.
struct exercise {
  std::string_view name;
  std::string_view about;   ///< one sentence
  unsigned systems;         ///< bits of profile
  std::string_view feature; ///< that the testee needs besides its broker: tls or scram; empty: none
  broker_need need;
  std::vector<std::string_view> shows; ///< the clauses that it is for
  result<void> (*run)(session&);
  level how = level::must; ///< info: what is seen is told, and counts against no clause
};

/// Every exercise, in the order that they run in: those that stop the broker come last.
std::span<const exercise> sink_exercises();

/// The exercises that show a clause to a sink of that system.
std::vector<const exercise*> exercises_for(std::string_view clause, broker_system system);

} // namespace kollect::conformance

#endif

#include "consumer_drive.hpp"

#include <algorithm>
#include <utility>

namespace kollect::conformance {

namespace {

void weigh(const recording& record, std::string_view clause, clause_result& out) {
  for (const auto& told : record.testimonies) {
    if (told.clause != clause)
      continue;
    ++out.looked_at;
    if (!told.holds)
      out.findings.push_back(
          {.what = told.what, .expected = told.expected, .found = told.found, .exercise = record.exercise});
  }
}

void decide(clause_result& out, const std::string& hindrances) {
  if (!out.findings.empty()) {
    out.result = verdict::fail;
  } else if (!hindrances.empty()) {
    out.result = verdict::could_not_run;
    out.reason = hindrances;
  } else if (out.looked_at != 0) {
    out.result = verdict::pass;
  } else {
    out.result = verdict::not_observed;
    out.reason = out.skipped.empty() ? "no exercise for consumers shows it" : out.skipped.front();
  }
}

} // namespace

bool consumer_drive::performance::holds() const {
  return skipped.empty() && hindrance.empty() && std::ranges::all_of(record->testimonies, &testimony::holds);
}

result<consumer_drive> consumer_drive::begin(stage& brokers, std::vector<std::string> command) {
  auto consumer = consumer_process::start(std::move(command), brokers.bounds());
  if (!consumer)
    return consumer.error();
  const std::string system(to_string(brokers.system()));
  for (const auto& feature : {system, std::string("consumer")})
    if (!consumer->identity().features.contains(feature))
      return make_failure(error::invalid_value, "the testee does not offer " + feature +
                                                    (feature == system ? ", which the manifest is for"
                                                                       : ": its answer to hello has no such "
                                                                         "feature"));
  if (auto ready = brokers.prepare(); !ready)
    return ready.error();
  return consumer_drive(brokers, std::move(*consumer));
}

std::string consumer_drive::reason_to_skip(const consumer_exercise& wanted) {
  if (left_out_.contains(wanted.name))
    return "it was left out";
  if (wanted.need == broker_need::control && brokers_->source() != broker_source::own)
    return "this takes brokers of the suite's own";
  for (const auto& other : consumer_exercises())
    if (std::ranges::find(wanted.builds_on, other.name) != wanted.builds_on.end() && !perform(other).holds())
      return "the consumer does not hold what it builds on: see " + std::string(other.name) + " (" +
             std::string(other.about) + ")";
  return {};
}

result<void> consumer_drive::run(const consumer_exercise& wanted, recording& record) {
  if (!consumer_->now().is_usable())
    if (auto renewed = consumer_->restart(); !renewed)
      return renewed;
  consumer_session now(*consumer_, *brokers_, record);
  if (auto opened = now.open(); !opened)
    return opened;
  if (auto done = wanted.run(now); !done)
    return done;
  if (!consumer_->now().is_usable())
    return {};
  if (const auto closed = consumer_->now().close(); !closed)
    return closed.error();
  return {};
}

const consumer_drive::performance& consumer_drive::perform(const consumer_exercise& wanted) {
  const auto [place, is_new] = performed_.try_emplace(wanted.name);
  auto& performed = place->second;
  if (!is_new)
    return performed;
  performed.skipped = reason_to_skip(wanted);
  if (!performed.skipped.empty())
    return performed;
  told_(wanted.name);
  performed.record->exercise = wanted.name;
  performed.record->system = brokers_->system();
  if (const auto done = run(wanted, *performed.record); !done)
    performed.hindrance = to_string(done.error());
  return performed;
}

clause_result consumer_drive::judge(const requirement& clause) {
  clause_result out;
  out.clause = &clause;
  std::string hindrances;
  for (const auto* wanted : consumer_exercises_for(clause.id, brokers_->system())) {
    const auto& performed = perform(*wanted);
    const std::string name(wanted->name);
    if (!performed.skipped.empty()) {
      out.skipped.push_back(name + ": " + performed.skipped);
      continue;
    }
    out.exercises.push_back(name);
    // What ended with a departure is told as that, and of no other clause.
    if (!performed.hindrance.empty() && std::ranges::all_of(performed.record->testimonies, &testimony::holds))
      hindrances.append(hindrances.empty() ? "" : "; ").append(name + ": " + performed.hindrance);
    weigh(*performed.record, clause.id, out);
  }
  decide(out, hindrances);
  return out;
}

} // namespace kollect::conformance

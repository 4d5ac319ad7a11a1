#include "drive.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kollect::conformance {

namespace {

/// One sentence of a finding, for exercises that only tell.
std::string to_note(const finding& one, std::string_view exercise) {
  return std::string(exercise) + ", which counts against nothing: " + one.what +
         (one.found.empty() ? "" : "; found " + one.found);
}

/// Adds what an exercise tells of a clause.
void weigh(const exercise& wanted, const recording& record, const dissection& seen, std::string_view clause,
           clause_result& out) {
  judgement judged;
  if (const auto judge = find_judge(clause))
    judge(seen, judged);
  for (const auto& told : record.testimonies) {
    if (told.clause != clause)
      continue;
    judged.look();
    if (!told.holds)
      judged.complain({.what = told.what,
                       .expected = told.expected,
                       .found = told.found,
                       .is_operators = told.is_operators});
  }
  out.looked_at += wanted.how == level::info ? 0 : judged.looked_at;
  std::ranges::move(judged.notes, std::back_inserter(out.notes));
  if (wanted.how == level::info) {
    for (const auto& one : judged.findings)
      out.notes.push_back(to_note(one, record.exercise));
    return;
  }
  out.more_findings += judged.more_findings;
  for (auto& complaint : judged.findings) {
    complaint.exercise = record.exercise;
    out.findings.push_back(std::move(complaint));
  }
}

/// The first export of an exercise that was refused without a reason for it; empty where there is none.
std::string first_refusal(const recording& record) {
  for (const auto& one : record.exports)
    if (is_refused_without_reason(one))
      return record.exercise + ": the sink refused an export: " + printable_excerpt(one.answer.error, 300);
  return {};
}

void append(std::string& to, std::string_view text) {
  if (!text.empty())
    to.append(to.empty() ? "" : "; ").append(text);
}

/// An error that a sink reported hides nothing: what it did publish is judged, and the error itself by the
/// clause that it breaks. Only where nothing is left to judge a clause by, that is the reason.
void decide(clause_result& out, const std::string& hindrances, const std::string& refusals,
            bool is_lacking_feature) {
  if (!out.findings.empty()) {
    out.result = verdict::fail;
  } else if (!hindrances.empty()) {
    out.result = verdict::could_not_run;
    out.reason = hindrances;
  } else if (out.looked_at != 0) {
    out.result = verdict::pass;
  } else if (!refusals.empty()) {
    out.result = verdict::could_not_run;
    out.reason = refusals;
  } else if (!out.skipped.empty() && out.exercises.empty()) {
    out.result = is_lacking_feature ? verdict::not_applicable : verdict::not_observed;
    out.reason = out.skipped.front();
  } else if (!out.notes.empty()) {
    out.result = verdict::not_observed;
    out.reason = out.notes.front();
  } else {
    out.result = verdict::not_observed;
    out.reason = "the sink was driven, and sent nothing that this clause is about";
  }
}

} // namespace

drive::drive(stage& brokers, std::vector<std::string> command, testee sink, testee_identity identity)
    : brokers_(&brokers), command_(std::move(command)), sink_(std::move(sink)),
      identity_(std::move(identity)) {}

result<drive> drive::begin(stage& brokers, std::vector<std::string> command) {
  auto sink = testee::start(command, brokers.bounds());
  if (!sink)
    return sink.error();
  auto identity = sink->hello();
  if (!identity)
    return identity.error();
  const std::string system(to_string(brokers.system()));
  if (!identity->features.contains(system))
    return make_failure(error::invalid_value,
                        "the testee does not offer " + system + ", which the manifest is for");
  if (auto ready = brokers.prepare(); !ready)
    return ready.error();
  return drive(brokers, std::move(command), std::move(*sink), std::move(*identity));
}

bool drive::offers(std::string_view feature) const {
  const auto own = std::string(to_string(brokers_->system())) + "-" + std::string(feature);
  return identity_.features.contains(feature) || identity_.features.contains(own);
}

std::string drive::reason_to_skip(const exercise& wanted, bool& is_feature) const {
  is_feature = true;
  if (wanted.feature == "both") {
    for (const auto* system : {"kafka", "nats"})
      if (!identity_.features.contains(system))
        return "the testee does not offer " + std::string(system);
  } else if (!wanted.feature.empty() && !offers(wanted.feature)) {
    return "the testee does not offer " + std::string(wanted.feature);
  }
  is_feature = false;
  if (left_out_.contains(wanted.name))
    return "it was left out";
  if (wanted.need == broker_need::control && brokers_->source() != broker_source::own)
    return "this takes brokers of the suite's own";
  if (wanted.need == broker_need::local && brokers_->source() == broker_source::external)
    return "this takes brokers of the suite's own";
  if (wanted.need == broker_need::settings && brokers_->source() == broker_source::mock)
    return "this takes a real broker";
  return {};
}

result<void> drive::renew_sink() {
  if (sink_.is_usable())
    return {};
  sink_.kill();
  auto sink = testee::start(command_, brokers_->bounds());
  if (!sink)
    return sink.error();
  sink_ = std::move(*sink);
  if (auto identity = sink_.hello(); !identity)
    return identity.error();
  return {};
}

result<void> drive::run(const exercise& wanted, recording& record) {
  if (auto ready = renew_sink(); !ready)
    return ready;
  session now(sink_, *brokers_, record, so_far_);
  auto done = wanted.run(now);
  now.look_for_secrets();
  if (!done || !sink_.is_usable())
    return done;
  if (const auto closed = sink_.close(); !closed)
    return closed.error();
  return {};
}

const drive::performance& drive::perform(const exercise& wanted) {
  const auto [place, is_new] = performed_.try_emplace(wanted.name);
  auto& performed = place->second;
  if (!is_new)
    return performed;
  performed.skipped = reason_to_skip(wanted, performed.is_lacking_feature);
  if (!performed.skipped.empty())
    return performed;
  told_(wanted.name);
  performed.record->exercise = wanted.name;
  performed.record->system = brokers_->system();
  if (const auto done = run(wanted, *performed.record); !done)
    performed.hindrance = to_string(done.error());
  performed.seen = dissect(*performed.record);
  return performed;
}

clause_result drive::judge(const requirement& clause) {
  clause_result out;
  out.clause = &clause;
  if (!clause.unseen.empty()) {
    out.reason = clause.unseen;
    return out;
  }
  std::string hindrances, refusals;
  bool is_lacking_feature = false;
  for (const auto* wanted : exercises_for(clause.id, brokers_->system())) {
    const auto& performed = perform(*wanted);
    const std::string name(wanted->name);
    if (!performed.skipped.empty()) {
      out.skipped.push_back(name + ": " + performed.skipped);
      is_lacking_feature = is_lacking_feature || performed.is_lacking_feature;
      continue;
    }
    out.exercises.push_back(name);
    weigh(*wanted, *performed.record, performed.seen, clause.id, out);
    if (wanted->how == level::info)
      continue;
    if (!performed.hindrance.empty())
      append(hindrances, name + ": " + performed.hindrance);
    append(refusals, first_refusal(*performed.record));
  }
  decide(out, hindrances, refusals, is_lacking_feature);
  return out;
}

} // namespace kollect::conformance

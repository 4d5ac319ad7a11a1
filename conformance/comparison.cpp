#include "comparison.hpp"
#include "suite/report.hpp"

#include <servers/files.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace kollect::conformance {

namespace {

bool is_broken(std::string_view verdict) noexcept {
  return verdict == "fail" || verdict == "could-not-run";
}

bool is_judged(std::string_view verdict) noexcept {
  return is_broken(verdict) || verdict == "pass" || verdict == "expected-failure";
}

failure no_results(const std::filesystem::path& path, const std::string& why) {
  auto refusal = make_failure(error::syntax, "this is no results.json of kollect-conformance: " + why);
  refusal.source = path.string();
  return refusal;
}

const boost::json::string* text_of(const boost::json::value& one, std::string_view name) {
  const auto* const object = one.if_object();
  const auto* const value = object == nullptr ? nullptr : object->if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

using group = std::pair<std::string_view, std::vector<std::string> comparison::*>;
constexpr std::array<group, 5> groups{{{"new failures", &comparison::broken},
                                       {"mended", &comparison::mended},
                                       {"gone", &comparison::gone},
                                       {"newly judged", &comparison::appeared},
                                       {"still failing", &comparison::still}}};

} // namespace

result<verdicts_by_id> read_results(std::filesystem::path path) {
  if (std::filesystem::is_directory(path))
    path /= "results.json";
  const auto text = servers::read_file(path);
  if (!text)
    return text.error();
  boost::system::error_code problem;
  const auto read = boost::json::parse(*text, problem);
  const auto* const object = problem ? nullptr : read.if_object();
  if (object == nullptr)
    return no_results(path, "it is no JSON object");
  const auto* const version = object->if_contains("resultsVersion");
  if (version == nullptr || *version != results_version)
    return make_failure(error::invalid_value, path.string() + " has another resultsVersion than " +
                                                  std::to_string(results_version) +
                                                  ", the one that this program knows");
  const auto* const cases = object->if_contains("cases");
  if (cases == nullptr || !cases->is_array())
    return no_results(path, "it has no cases");
  verdicts_by_id verdicts;
  for (const auto& one : cases->get_array()) {
    const auto *const id = text_of(one, "id"), *const verdict = text_of(one, "result");
    if (id == nullptr || verdict == nullptr)
      return no_results(path, "a case has no id or no result");
    verdicts[std::string(*id)] = std::string(*verdict);
  }
  return verdicts;
}

comparison compare(const verdicts_by_id& before, const verdicts_by_id& after) {
  std::set<std::string> ids;
  for (const auto* run : {&before, &after})
    for (const auto& [id, ignored] : *run)
      ids.insert(id);
  comparison out;
  for (const auto& id : ids) {
    const auto verdict = [&](const verdicts_by_id& run) {
      const auto found = run.find(id);
      return found == run.end() ? std::string_view() : std::string_view(found->second);
    };
    const auto then = verdict(before), now = verdict(after);
    if (is_broken(now))
      (is_broken(then) ? out.still : out.broken).push_back(id);
    else if (is_judged(then) && !is_judged(now))
      out.gone.push_back(id);
    else if (!is_judged(then) && is_judged(now))
      out.appeared.push_back(id);
    else if ((is_broken(then) || then == "expected-failure") && now == "pass")
      out.mended.push_back(id);
  }
  return out;
}

std::string to_text(const comparison& compared) {
  std::string out;
  for (const auto& [name, ids] : groups) {
    if ((compared.*ids).empty())
      continue;
    out.append(name).append(":");
    for (const auto& id : compared.*ids)
      out.append(" ").append(id);
    out += '\n';
  }
  return out.empty() ? "nothing changed\n" : out;
}

std::string to_json(const comparison& compared) {
  constexpr std::array<std::string_view, groups.size()> names{"newFailures", "mended", "gone", "newlyJudged",
                                                              "stillFailing"};
  boost::json::object object;
  for (std::size_t index = 0; index < groups.size(); ++index) {
    boost::json::array ids;
    for (const auto& id : compared.*groups[index].second)
      ids.emplace_back(id);
    object[names[index]] = std::move(ids);
  }
  return boost::json::serialize(object) + "\n";
}

} // namespace kollect::conformance

#include "known_failing.hpp"

#include <servers/files.hpp>

#include <kollect/nearest_name.hpp>

#include <vector>

namespace kollect::conformance {

namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

} // namespace

std::string suggest_clause(std::string_view id) {
  std::vector<std::string_view> ids;
  for (const auto& clause : requirements)
    ids.push_back(clause.id);
  return suggest_name(id, ids);
}

result<known_failing> parse_known_failing(std::string_view text, const std::string& source) {
  known_failing list;
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf"; // of an editor
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  for (std::size_t at = 0, line = 1; at < text.size(); ++line) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto id = trim(text.substr(at, end - at).substr(0, text.substr(at, end - at).find('#')));
    at = end + 1;
    if (id.empty())
      continue;
    if (find_requirement(id) == nullptr) {
      auto refusal = make_failure(error::invalid_value,
                                  "there is no clause " + std::string(id) + "; " + suggest_clause(id), {},
                                  text_position{0, line, 1});
      refusal.source = source;
      return refusal;
    }
    list.emplace(id);
  }
  return list;
}

result<known_failing> read_known_failing(const std::filesystem::path& path) {
  const auto text = servers::read_file(path);
  if (!text)
    return text.error();
  return parse_known_failing(*text, path.string());
}

namespace {

/// Whether a sink that breaks a clause may leave a log that does not show it: few messages of a key, sent to
/// any partition, may all be in one.
bool is_by_chance(const requirement& clause, bool is_driven) noexcept {
  return !is_driven && clause.id == "KAF-02";
}

/// Whether it was not seen for what this run is like and not for the sink: brokers of another kind, or a
/// topic of one partition.
bool has_reason(const clause_result& result) noexcept {
  return !result.skipped.empty() || !result.notes.empty();
}

} // namespace

clause_result apply_known_failing(clause_result result, const known_failing& list, bool is_driven) {
  if (!list.contains(result.clause->id))
    return result;
  if (result.result == verdict::fail) {
    result.result = verdict::expected_failure;
  } else if (result.result == verdict::not_applicable) {
    // The sink lacks the feature, as the list says.
  } else if ((result.clause->departs_sometimes || is_by_chance(*result.clause, is_driven)) &&
             result.result != verdict::could_not_run) {
    result.notes.push_back("it is on the list of known failures, and may hold in some configurations");
  } else if (result.result == verdict::pass) {
    result.result = verdict::fail;
    result.findings.push_back({.what = "it is on the list of known failures, and holds: take it off"});
  } else if (is_driven && result.result != verdict::could_not_run && !has_reason(result)) {
    result.result = verdict::fail;
    result.findings.push_back({.what = "it is on the list of known failures, and was not seen: take it off"});
  }
  return result;
}

} // namespace kollect::conformance

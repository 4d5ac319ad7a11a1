#include "report.hpp"

#include <kollect/envelope.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <fstream>
#include <span>

namespace kollect::conformance {

namespace {

boost::json::object to_object(const finding& one) {
  boost::json::object object{{"what", one.what}};
  if (one.is_operators)
    object["operators"] = true;
  for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"place", one.place},
                                    {"expected", one.expected},
                                    {"found", one.found},
                                    {"excerpt", one.excerpt},
                                    {"exercise", one.exercise}})
    if (!value.empty())
      object[name] = value;
  return object;
}

boost::json::array to_array(const auto& texts) {
  boost::json::array array;
  for (const auto& text : texts)
    array.emplace_back(text);
  return array;
}

boost::json::object to_object(const clause_result& result) {
  boost::json::array findings;
  for (std::size_t index = 0; index < std::min(result.findings.size(), most_findings); ++index)
    findings.push_back(to_object(result.findings[index]));
  return {{"id", result.clause->id},
          {"level", to_string(result.clause->how)},
          {"result", to_string(result.result)},
          {"sentence", result.clause->sentence},
          {"departure", result.clause->departure},
          {"reason", result.reason},
          {"lookedAt", result.looked_at},
          {"exercises", to_array(result.exercises)},
          {"skipped", to_array(result.skipped)},
          {"findingCount", result.findings.size() + result.more_findings},
          {"findings", std::move(findings)},
          {"notes", to_array(std::span(result.notes).first(std::min(result.notes.size(), most_findings)))}};
}

std::size_t count(const run_report& report, verdict which) {
  return static_cast<std::size_t>(std::ranges::count(report.results, which, &clause_result::result));
}

/// A line of the table by cluster.
struct cluster_line {
  std::string name;
  std::size_t messages = 0, passed = 0, failed = 0, not_observed = 0;
  std::string failing; ///< IDs, with commas
};

/// Calls `look(clause, verdict)` for each clause that was judged of a cluster.
template <class Look>
void for_each_verdict(const run_report& report, std::size_t cluster, Look&& look) {
  for (const auto& result : report.results)
    if (cluster < result.clusters.size())
      look(*result.clause, result.clusters[cluster]);
}

cluster_line line_of(const run_report& report, std::size_t index) {
  const auto& cluster = report.clusters[index];
  cluster_line line;
  line.name = cluster.name ? printable_excerpt(*cluster.name, 60) : "no cluster label";
  line.messages = cluster.messages;
  if (cluster.name && cluster.name->empty())
    line.name = "\"\"";
  for_each_verdict(report, index, [&](const requirement& clause, verdict judged) {
    line.passed += judged == verdict::pass ? 1 : 0;
    line.not_observed += judged == verdict::not_observed ? 1 : 0;
    if (judged != verdict::fail)
      return;
    ++line.failed;
    line.failing.append(line.failing.empty() ? "" : ", ").append(clause.id);
  });
  return line;
}

std::vector<cluster_line> lines_by_cluster(const run_report& report) {
  std::vector<cluster_line> lines;
  for (std::size_t index = 0; index < report.clusters.size(); ++index)
    lines.push_back(line_of(report, index));
  return lines;
}

boost::json::array clusters_to_array(const run_report& report) {
  boost::json::array array;
  for (std::size_t index = 0; index < report.clusters.size(); ++index) {
    const auto line = line_of(report, index);
    boost::json::value name;
    if (report.clusters[index].name)
      name = *report.clusters[index].name;
    boost::json::array failing;
    for_each_verdict(report, index, [&](const requirement& clause, verdict judged) {
      if (judged == verdict::fail)
        failing.emplace_back(clause.id);
    });
    array.push_back(boost::json::object{{"cluster", std::move(name)},
                                        {"messages", line.messages},
                                        {"passed", line.passed},
                                        {"failed", line.failed},
                                        {"notObserved", line.not_observed},
                                        {"failing", std::move(failing)}});
  }
  return array;
}

constexpr verdict all_verdicts[] = {verdict::pass,           verdict::fail,
                                    verdict::could_not_run,  verdict::not_observed,
                                    verdict::not_applicable, verdict::expected_failure};

std::string html(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '<')
      out += "&lt;";
    else if (letter == '>')
      out += "&gt;";
    else if (letter == '&')
      out += "&amp;";
    else if (letter == '"')
      out += "&quot;";
    else
      out += letter;
  }
  return out;
}

constexpr std::string_view style =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2330}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.4rem .6rem;"
    "border-bottom:1px solid #dfe3ea}.pass{color:#116329}.fail,.could-not-run{color:#b3261e;font-weight:600}"
    ".not-observed,.not-applicable{color:#5b6472}.expected-failure{color:#8a5a00}"
    "pre{white-space:pre-wrap;background:#f5f6f8;padding:.5rem;margin:.3rem 0;font-size:12px}";

std::string clusters_to_html(const run_report& report) {
  if (report.clusters.empty())
    return {};
  std::string out = "<table><thead><tr><th>Cluster<th>Messages<th>Pass<th>Fail<th>Not observed"
                    "<th>Failing</tr></thead><tbody>";
  for (const auto& line : lines_by_cluster(report))
    out += "<tr><td>" + html(line.name) + "<td>" + std::to_string(line.messages) + "<td>" +
           std::to_string(line.passed) + "<td>" + std::to_string(line.failed) + "<td>" +
           std::to_string(line.not_observed) + "<td>" + line.failing + "</tr>\n";
  return out + "</tbody></table>";
}

/// What stands below a clause's sentence.
std::string details(const clause_result& result) {
  std::string out;
  if (!result.reason.empty())
    out += "<div>" + html(result.reason) + "</div>";
  for (std::size_t index = 0; index < std::min(result.findings.size(), most_findings); ++index) {
    const auto& one = result.findings[index];
    out += "<pre>" + html(one.what);
    for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"at", one.place},
                                      {"expected", one.expected},
                                      {"found", one.found},
                                      {"bytes", one.excerpt},
                                      {"exercise", one.exercise}})
      if (!value.empty())
        out.append("\n").append(name).append(": ").append(html(value));
    out += "</pre>";
  }
  for (std::size_t index = 0; index < std::min(result.notes.size(), most_findings); ++index)
    out += "<div>note: " + html(result.notes[index]) + "</div>";
  for (const auto& one : result.skipped)
    out += "<div>not run: " + html(one) + "</div>";
  return out;
}

} // namespace

std::string to_json(const run_report& report) {
  boost::json::object counts;
  for (const auto which : all_verdicts)
    counts[to_string(which)] = count(report, which);
  boost::json::array cases;
  for (const auto& result : report.results)
    cases.push_back(to_object(result));
  const boost::json::object object{
      {"resultsVersion", results_version},
      {"contract", schema_version_v1alpha1},
      {"suite", {{"name", "kollect-conformance"}, {"version", report.suite_version}}},
      {"implementation",
       {{"name", report.implementation},
        {"version", report.version},
        {"features", to_array(report.features)}}},
      {"date", report.date},
      {"mode", report.mode},
      {"profile", report.profile},
      {"brokers", report.brokers},
      {"strict", report.is_strict},
      {"outcome", to_string(report.verdict_of_all())},
      {"unpaired", report.is_unpaired},
      {"hindrance", report.hindrance},
      {"narrowed", report.is_narrowed},
      {"counts", std::move(counts)},
      {"clusters", clusters_to_array(report)},
      {"cases", std::move(cases)}};
  return boost::json::serialize(object) + "\n";
}

std::string to_html(const run_report& report) {
  const std::string title =
      "Kollect conformance: " + (report.implementation.empty() ? "audit" : report.implementation) + " on " +
      report.profile;
  std::string page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + html(title) +
                     "</title><style>" + std::string(style) + "</style></head><body><h1>" + html(title) +
                     "</h1><p>" + html(report.implementation + " " + report.version) + " against " +
                     std::string(schema_version_v1alpha1) + ", " + html(report.date) + ", suite " +
                     html(report.suite_version) + ", brokers: " + html(report.brokers) +
                     ". Outcome: <strong>" + std::string(to_string(report.verdict_of_all())) + "</strong>. " +
                     html(report.hindrance) + "</p>" + clusters_to_html(report) +
                     "<table><thead><tr><th>Clause<th>Level<th>Verdict<th>What it says</tr></thead><tbody>";
  for (const auto& result : report.results)
    page.append("<tr id=\"")
        .append(result.clause->id)
        .append("\"><td>")
        .append(result.clause->id)
        .append("<td>")
        .append(to_string(result.clause->how))
        .append("<td class=\"")
        .append(to_string(result.result))
        .append("\">")
        .append(to_string(result.result))
        .append("<td>")
        .append(html(result.clause->sentence))
        .append(details(result))
        .append("</tr>\n");
  return page + "</tbody></table></body></html>\n";
}

std::string to_badge(const run_report& report) {
  const auto all = report.verdict_of_all();
  const std::string left = "kollect " + report.profile, right(to_string(all));
  const std::string colour = all == profile_result::success   ? "#2da44e"
                             : all == profile_result::partial ? "#9a6700"
                                                              : "#cf222e";
  const auto width = [](const std::string& text) { return 14 + 7 * text.size(); };
  const auto whole = std::to_string(width(left) + width(right)), first = std::to_string(width(left));
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + whole +
         "\" height=\"20\" role=\"img\" aria-label=\"" + left + ": " + right + "\"><rect width=\"" + whole +
         "\" height=\"20\" rx=\"3\" fill=\"" + colour + "\"/><rect width=\"" + first +
         "\" height=\"20\" rx=\"3\" fill=\"#444c56\"/>" +
         "<g fill=\"#fff\" font-family=\"Verdana,sans-serif\" font-size=\"11\"><text x=\"7\" y=\"14\">" +
         left + "</text><text x=\"" + std::to_string(width(left) + 7) + "\" y=\"14\">" + right +
         "</text></g></svg>\n";
}

std::string describe(const clause_result& result) {
  constexpr std::size_t most_shown = 3;
  std::string out = std::string(result.clause->id) + " " + std::string(to_string(result.clause->how)) + ": " +
                    std::string(result.clause->sentence) + "\n";
  if (!result.reason.empty())
    out += "    " + result.reason + "\n";
  if (std::ranges::any_of(result.findings, &finding::is_operators) && !result.clause->departure.empty())
    out += "    known of today's operator: " + std::string(result.clause->departure) + "\n";
  for (std::size_t index = 0; index < std::min(result.findings.size(), most_shown); ++index) {
    const auto& one = result.findings[index];
    out += "    " + one.what + (one.place.empty() ? "" : ", in " + one.place) +
           (one.exercise.empty() ? "" : " (" + one.exercise + ")") + "\n";
    for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"expected", one.expected},
                                      {"found", one.found},
                                      {"bytes", one.excerpt}})
      if (!value.empty())
        out.append("      ").append(name).append(": ").append(value).append("\n");
  }
  if (result.findings.size() > most_shown)
    out +=
        "    and " + std::to_string(result.findings.size() + result.more_findings - most_shown) + " more\n";
  return out + describe_notes(result);
}

std::string describe_notes(const clause_result& result) {
  constexpr std::size_t most_shown = 3;
  std::string out;
  for (std::size_t index = 0; index < std::min(result.notes.size(), most_shown); ++index)
    out += "    note: " + result.notes[index] + "\n";
  if (result.notes.size() > most_shown)
    out += "    and " + std::to_string(result.notes.size() - most_shown) + " more notes\n";
  return out;
}

namespace {

/// By cluster, where there is anything to tell.
void print_clusters(std::ostream& out, const run_report& report) {
  constexpr std::size_t most_lines = 40;
  if (report.clusters.empty())
    return;
  const auto lines = lines_by_cluster(report);
  const auto cell = [&](const std::string& text, std::size_t width) {
    out << text << std::string(width > text.size() ? width - text.size() : 1, ' ');
  };
  std::size_t width = std::string_view("cluster").size();
  for (const auto& line : lines)
    width = std::max(width, line.name.size());
  cell("cluster", width + 2);
  out << "messages  pass  fail  not-observed  failing\n";
  for (std::size_t index = 0; index < std::min(lines.size(), most_lines); ++index) {
    const auto& line = lines[index];
    cell(line.name, width + 2);
    cell(std::to_string(line.messages), 10);
    cell(std::to_string(line.passed), 6);
    cell(std::to_string(line.failed), 6);
    out << line.not_observed;
    if (!line.failing.empty())
      out << std::string(14 - std::to_string(line.not_observed).size(), ' ');
    out << line.failing << '\n';
  }
  if (lines.size() > most_lines)
    out << "and " << lines.size() - most_lines << " more clusters\n";
}

} // namespace

void print_summary(std::ostream& out, const run_report& report) {
  print_clusters(out, report);
  for (const auto& result : report.results)
    if (result.result == verdict::not_observed && result.clause->unseen.empty())
      out << "  " << result.clause->id << " not observed: " << result.reason << '\n';
  for (const auto which : all_verdicts)
    out << count(report, which) << ' ' << to_string(which)
        << (which == verdict::expected_failure ? "" : ", ");
  out << "\nprofile " << report.profile << ": " << to_string(report.verdict_of_all());
  if (!report.hindrance.empty())
    out << " (" << report.hindrance << ')';
  out << '\n';
}

result<void> write_reports(const run_report& report, const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"results.json", to_json(report)},
                                   {"report.html", to_html(report)},
                                   {"badge.svg", to_badge(report)}}) {
    std::ofstream file(folder / name, std::ios::binary | std::ios::trunc);
    file << text << std::flush;
    if (!file)
      return make_failure(error::store_read_only,
                          "the report " + (folder / name).string() + " cannot be written");
  }
  return {};
}

} // namespace kollect::conformance

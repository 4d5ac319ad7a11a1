#include "sample.hpp"

#include <kollect/checksum.hpp>

#include <utility>

namespace kollect::conformance::test {

namespace {

constexpr const char* instant = "2026-01-15T12:00:00.5Z";

timestamp at(const std::string& text) {
  return parse_timestamp(text).value();
}

} // namespace

std::string row(const std::string& name, const std::string& attributes) {
  return R"({"targetNamespace":"team-a","targetName":"deployments","namespace":"team-a","name":")" + name +
         R"(","group":"apps","version":"v1","kind":"Deployment","uid":"uid-)" + name + R"(","attributes":)" +
         attributes + "}";
}

std::string array(const std::vector<std::string>& rows) {
  std::string out = "[";
  for (const auto& one : rows)
    out.append(out.size() == 1 ? "" : ",").append(one);
  return out + "]";
}

std::string export_envelope(const std::string& items, std::size_t count, const std::string& marks,
                            const std::string& generation) {
  return R"({"schemaVersion":"kollect.dev/v1alpha1","checksum":")" + to_string(sha256(items)) +
         R"(","generation":)" + generation + "," + marks + R"("itemCount":)" + std::to_string(count) +
         R"(,"exportedAt":")" + instant + R"(","items":)" + items + "}";
}

recorded_message message(const std::string& payload, const std::string& namespace_) {
  recorded_message out;
  out.destination = "topic";
  out.appended_at = at("2026-01-15T12:00:01Z");
  out.key = "prod-west:" + namespace_ + "/all";
  out.headers = {{"kollect.dev/cluster", "prod-west"}, {"kollect.dev/namespace", namespace_}};
  out.value = R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":")" + std::string(instant) +
              R"(","cluster":"prod-west","namespace":")" + namespace_ + R"(","payload":)" + payload + "}";
  return out;
}

observed_export asked(const std::vector<std::string>& rows, std::vector<recorded_message> messages) {
  observed_export out;
  out.asked = export_request{.namespace_ = "team-a",
                             .inventory = "all",
                             .generation = 3,
                             .exported_at = instant,
                             .items = array(rows)};
  out.answer = {.is_ok = true,
                .error = {},
                .asked_at = at("2026-01-15T12:00:00Z"),
                .answered_at = at("2026-01-15T12:00:01Z")};
  out.cluster = "prod-west";
  out.messages = std::move(messages);
  return out;
}

recording record(std::vector<observed_export> exports) {
  recording out;
  out.exercise = "sample";
  out.exports = std::move(exports);
  std::int64_t offset = 0;
  for (auto& one : out.exports)
    for (auto& each : one.messages)
      each.offset = offset++;
  return out;
}

clauses broken(const recording& record) {
  const auto seen = dissect(record);
  clauses out;
  for (const auto& [id, judge] : judges()) {
    judgement judged;
    judge(seen, judged);
    if (!judged.findings.empty())
      out.emplace(id);
  }
  return out;
}

const std::vector<std::string> api_row{row("api", R"({"replicas":2})")};

std::string with(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

verdict verdict_of(const audit& seen, std::string_view clause) {
  return seen.judge(*find_requirement(clause)).result;
}

clauses failing(const audit& seen) {
  clauses out;
  for (const auto& clause : requirements)
    if (seen.judge(clause).result == verdict::fail)
      out.emplace(clause.id);
  return out;
}

recorded_message of_cluster(const std::string& cluster, std::int64_t offset) {
  auto made = message(array(api_row));
  made.value = with(made.value, R"("cluster":"prod-west")", R"("cluster":")" + cluster + "\"");
  made.key = cluster + ":team-a/all";
  made.headers.front().value = cluster;
  made.offset = offset;
  return made;
}

} // namespace kollect::conformance::test

// What the SDK and the judges say of messages: reads one a line, in base64; writes one verdict a line. The
// argument is limits::max_message_bytes.

#include <suite/judge.hpp>

#include <kollect/base64.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/snapshot_message.hpp>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using namespace kollect;

/// Clauses about what one message has in it, of which an audit can judge all.
constexpr std::array form_families{"ENV", "PAY", "ROW", "ORD", "BYT", "MP-"};

bool is_about_form(std::string_view clause) {
  for (const std::string_view family : form_families)
    if (clause.starts_with(family))
      return true;
  return false;
}

/// Why a consumer refuses it; empty: it takes it.
std::string refusal(const std::string& message, const limits& bounds) {
  const auto head = read_head(message, {}, bounds);
  if (!head)
    return std::string(error_name(head.error().reason()));
  const auto snapshot = parse_snapshot(head->envelope, bounds);
  return snapshot ? "" : std::string(error_name(snapshot.error().reason()));
}

/// The clauses that a producer breaks with it, as far as it tells by itself.
std::string broken_clauses(const std::string& message) {
  conformance::recording log;
  log.exercise = "audit";
  auto& kept = log.exports.emplace_back().messages.emplace_back();
  kept.destination = "topic";
  kept.value = message;
  const auto seen = conformance::dissect(log);
  std::string out;
  for (const auto& [id, judge] : conformance::judges()) {
    if (!is_about_form(id))
      continue;
    conformance::judgement verdict;
    judge(seen, verdict);
    if (!verdict.findings.empty())
      out.append(out.empty() ? "" : " ").append(id);
  }
  return out;
}

} // namespace

int main(int count, char** words) {
  limits bounds;
  if (count > 1)
    bounds.max_message_bytes = std::strtoull(words[1], nullptr, 10);
  for (std::string line; std::getline(std::cin, line);) {
    const auto message = decode_base64(line);
    if (!message) {
      std::cerr << "no base64: " << line << '\n';
      return 65;
    }
    std::string text;
    json_writer(text)
        .begin_object()
        .member("refusal", refusal(*message, bounds))
        .member("broken", broken_clauses(*message))
        .end_object();
    std::cout << text << '\n';
  }
}

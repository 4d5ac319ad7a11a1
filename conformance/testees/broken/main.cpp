#include "broken_sink.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/nats/end_process.hpp>
#include <program/exit_code.hpp>

#include <iostream>
#include <string>

namespace {

using namespace kollect;

std::string answer_line(testees::broken_sink& sink, bool redacts, const std::string& line) {
  std::string text;
  json_writer out(text);
  const auto request = program::parse_testee_request(line);
  if (!request) {
    out.begin_object().member("id", nullptr).member("ok", false).member("error", "no request").end_object();
    return text;
  }
  out.begin_object().name("id").raw(request->id);
  if (request->op == "hello") {
    out.member("ok", true).member("name", "broken").member("version", "0").name("features").begin_array();
    for (const auto* const feature : {"kafka", "nats", "tls", "scram"})
      out.value(feature);
    if (redacts)
      out.value("redaction");
    out.end_array().end_object();
    return text;
  }
  const auto done = request->op == "open"     ? sink.open(*request)
                    : request->op == "export" ? sink.export_snapshot(*request)
                                              : sink.close();
  out.member("ok", done.has_value());
  if (!done)
    out.member("error", to_string(done.error()));
  out.end_object();
  return text;
}

} // namespace

/// broken-testee [CLAUSE|VARIATION]: a sink that breaks that clause and keeps all others, or does what that
/// variation does; without one it keeps all.
int main(int count, char** words) {
  const auto* const fault = count > 1 ? testees::find_fault(words[1]) : nullptr;
  if (count > 1 && fault == nullptr) {
    std::cerr << "broken-testee: there is no fault for " << words[1] << '\n';
    nats::end_process(program::usage);
  }
  {
    testees::broken_sink sink(fault);
    const bool redacts = fault == nullptr || fault->name != "leaves-redaction";
    for (std::string line; std::getline(std::cin, line);)
      std::cout << answer_line(sink, redacts, line) << std::endl;
  }
  nats::end_process(0);
}

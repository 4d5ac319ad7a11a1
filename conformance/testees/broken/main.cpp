#include "broken_sink.hpp"

#include <kollect/detail/json_writer.hpp>
#include <kollect/nats/end_process.hpp>
#include <program/exit_code.hpp>

#include <iostream>
#include <string>

namespace {

using namespace kollect;

std::string answer_line(testees::broken_sink& sink, const std::string& line) {
  const auto request = producer::parse_testee_request(line);
  if (!request)
    return R"({"id":null,"ok":false,"error":"no request"})";
  const auto id = "{\"id\":" + request->id;
  if (request->op == "hello")
    return id + R"(,"ok":true,"name":"broken","version":"0","features":["kafka","nats","tls","scram"]})";
  const auto done = request->op == "open"     ? sink.open(*request)
                    : request->op == "export" ? sink.export_snapshot(*request)
                                              : sink.close();
  if (done)
    return id + ",\"ok\":true}";
  std::string reason;
  detail::append_string(reason, to_string(done.error()));
  return id + ",\"ok\":false,\"error\":" + reason + "}";
}

} // namespace

/// broken-testee [CLAUSE]: a sink that breaks that clause and keeps all others; without one it keeps all.
int main(int count, char** words) {
  const auto* const fault = count > 1 ? testees::find_fault(words[1]) : nullptr;
  if (count > 1 && fault == nullptr) {
    std::cerr << "broken-testee: there is no fault for " << words[1] << '\n';
    nats::end_process(program::usage);
  }
  {
    testees::broken_sink sink(fault);
    for (std::string line; std::getline(std::cin, line);)
      std::cout << answer_line(sink, line) << std::endl;
  }
  nats::end_process(0);
}

#include "command/commands.hpp"
#include "command/publisher_flags.hpp"
#include "command/testee_export.hpp"
#include "publish_confirmed.hpp"

#include <kollect/export.hpp>
#include <kollect/redact.hpp>
#include <kollect/version.hpp>
#include <program/exit_code.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::producer {

namespace {

struct testee_flags {
  publisher_flags broker;
  std::string payload = "array"; // or export-envelope
};

/// The reference sink behind the protocol: at most one sink is open at a time.
class testee_sink {
public:
  testee_sink(const testee_flags& flags, program::log& log) : flags_(flags), log_(log) {}

  result<void> open(const program::testee_request& request) {
    publisher_.reset();
    auto target = program::decode_testee_open(request);
    if (!target)
      return target.error();
    target_ = std::move(*target);
    auto opened = open_publisher(target_, flags_.broker, log_);
    if (!opened)
      return opened.error();
    publisher_ = std::move(*opened);
    size_limit_.reset();
    return {};
  }

  result<void> export_snapshot(const program::testee_request& request) {
    if (!publisher_)
      return make_failure(error::closed, "no sink is open");
    auto asked = decode_testee_export(request);
    if (!asked)
      return asked.error();
    for (auto& row : asked->items)
      redact(row); // SEC-01: rows come as they were collected
    const auto messages = make_export(std::move(*asked));
    if (!messages)
      return messages.error();
    if (!size_limit_) {
      const auto found = find_size_limit(target_, flags_.broker, log_);
      if (!found)
        return found.error();
      size_limit_ = *found;
    }
    if (auto sized = check_sizes(*messages, *size_limit_); !sized)
      return sized.error();
    for (const auto& answer : publish_confirmed(*publisher_, *messages, flags_.broker.timeout()))
      if (!answer)
        return answer.error();
    return {};
  }

  result<void> close() {
    publisher_.reset();
    return {};
  }

private:
  result<std::vector<outgoing_message>> make_export(testee_export asked) const {
    snapshot source;
    source.scope = {target_.cluster, std::move(asked.namespace_), std::move(asked.inventory)};
    source.generation = asked.generation;
    source.exported_at = asked.exported_at;
    source.items = std::move(asked.items);
    const auto form = flags_.payload == "array" ? payload_form::array : payload_form::export_envelope;
    return make_messages(source, target_, kollect::now(), {form, asked.max_export_bytes});
  }

  const testee_flags& flags_;
  program::log& log_;
  connection target_;
  std::unique_ptr<publisher> publisher_;
  std::optional<std::size_t> size_limit_; ///< asked for once a sink
};

std::string answer_line(testee_sink& sink, const std::string& line) {
  const auto request = program::parse_testee_request(line);
  if (!request)
    return program::answer_testee({}, request.error());
  if (request->op == "hello")
    return program::answer_hello(*request, "kollect-producer", KOLLECT_VERSION_STRING,
                                 {"kafka", "nats", "tls", "scram", "redaction"});
  if (request->op == "open")
    return program::answer_testee(*request, sink.open(*request));
  if (request->op == "export")
    return program::answer_testee(*request, sink.export_snapshot(*request));
  if (request->op == "close")
    return program::answer_testee(*request, sink.close());
  return program::answer_testee(*request, make_failure(error::invalid_value, "there is no such op"));
}

result<int> run(const testee_flags& flags, program::log& log) {
  testee_sink sink(flags, log);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer_line(sink, line) << std::endl; // the suite waits for each line
  return program::success;
}

} // namespace

void add_testee(program::command& to) {
  auto flags = std::make_shared<testee_flags>();
  auto& added = to.add_command("testee", "be driven by kollect-conformance: JSON lines in, JSON lines out");
  added.section("Sink");
  add_timeout_flag(added, flags->broker);
  added.add("--payload", flags->payload, program::one_of({"array", "export-envelope"}),
            "form of a payload that is not split");
  added.shows("kollect-conformance --manifest sink.yaml -- kollect-producer testee",
              "Check the reference sink");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::producer

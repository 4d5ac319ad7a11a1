#include "command/commands.hpp"
#include "command/publisher_flags.hpp"

#include <program/exit_code.hpp>

#include <iostream>
#include <memory>

namespace kollect::producer {

namespace {

result<int> run(const publisher_flags& flags, program::log& log) {
  auto sink = program::load_connection(flags.sink);
  if (!sink)
    return sink.error();
  sink->connection_test = true; // whatever the manifest says: it is what this command is for
  if (const auto opened = open_publisher(*sink, flags, log); !opened)
    return opened.error();
  const bool is_kafka = sink->system == broker_system::kafka;
  std::cout << "ok: " << (is_kafka ? "Kafka topic " : "JetStream, subject ") << sink->destination << " at";
  for (const auto& address : sink->addresses)
    std::cout << ' ' << address;
  std::cout << '\n';
  return program::success;
}

} // namespace

void add_check(program::command& to) {
  auto flags = std::make_shared<publisher_flags>();
  auto& added = to.add_command("check", "test the connection to the broker; publish nothing");
  add_connection_flags(added, *flags);
  added.shows("kollect-producer check --manifest sink.yaml", "See whether a sink can be reached");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::producer

#include "command/commands.hpp"
#include "command/publisher_flags.hpp"

#include <kollect/kafka/publisher.hpp>
#include <kollect/nats/connection_test.hpp>

#include <iostream>
#include <memory>

namespace kollect::producer {

namespace {

/// A Kafka metadata request that also finds the topic.
result<void> test_kafka(const connection& sink, const publisher_flags& flags, program::log& log) {
  auto client = make_kafka_options(flags, log);
  if (!client)
    return client.error();
  kafka::publisher_options options;
  options.client = std::move(*client);
  auto opened = kafka::create_publisher(sink, options);
  if (!opened)
    return opened.error();
  return (*opened)->check(flags.timeout());
}

result<void> test_nats(const connection& sink, const publisher_flags& flags, program::log& log) {
  const auto options = make_nats_options(flags, log);
  if (!options)
    return options.error();
  return nats::test_connection(sink, *options);
}

result<program::exit_code> run(const publisher_flags& flags, program::log& log) {
  const auto sink = program::load_connection(flags.sink);
  if (!sink)
    return sink.error();
  const bool is_kafka = sink->system == broker_system::kafka;
  const auto tested = is_kafka ? test_kafka(*sink, flags, log) : test_nats(*sink, flags, log);
  if (!tested)
    return tested.error();
  std::cout << "ok: " << (is_kafka ? "Kafka topic " : "JetStream, subject ") << sink->destination << " at";
  for (const auto& address : sink->addresses)
    std::cout << ' ' << address;
  std::cout << '\n';
  return program::success;
}

} // namespace

void add_check(CLI::App& program, command_action& chosen) {
  auto flags = std::make_shared<publisher_flags>();
  auto* const command = program.add_subcommand("check", "test the connection to the broker; publish nothing");
  add_connection_flags(*command, *flags);
  command->callback([flags, &chosen] { chosen = [flags](program::log& log) { return run(*flags, log); }; });
}

} // namespace kollect::producer

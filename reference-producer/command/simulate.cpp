#include "command/commands.hpp"
#include "command/flag_types.hpp"
#include "command/publisher_flags.hpp"
#include "effective_manifest.hpp"
#include "output_file.hpp"
#include "simulation/message_stream.hpp"
#include "simulation/publish_run.hpp"

#include <kollect/kafka/embedded_broker.hpp>
#include <program/exit_code.hpp>
#include <program/state.hpp>
#include <program/stop_signal.hpp>

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::producer {

namespace {

/// Sets of messages that Kafka and NATS take with their default limits of 1 MiB.
constexpr std::size_t default_multipart_bytes = 900UL * 1024;

/// What an embedded broker keeps of each partition.
constexpr std::uint64_t embedded_partition_bytes = 5UL * 1024 * 1024;

struct simulate_flags {
  publisher_flags broker;
  simulation_options fleet;
  std::string payload = "mixed"; // array, export-envelope
  double rate = 0;
  bool is_shuffled = false;
  std::string expect; // a file; empty: none
  bool is_embedded = false;
  std::string write_manifest; // a file
  int partitions = 6;
};

result<void> write_file(const std::string& path, std::string_view text) {
  auto file = output_file::create(path);
  if (!file)
    return file.error();
  file->stream() << text;
  return file->commit();
}

/// A broker in this process with the sink's topic, which the sink is pointed to.
result<kafka::embedded_broker> start_broker(const simulate_flags& flags, connection& sink) {
  if (sink.system != broker_system::kafka)
    return make_failure(error::invalid_value,
                        "--embedded-broker speaks Kafka only, and this sink is of type nats");
  auto broker = kafka::embedded_broker::start();
  if (!broker)
    return broker;
  if (auto made = broker->create_topic(sink.destination, flags.partitions); !made)
    return made.error();
  sink.addresses = {broker->bootstrap()};
  sink.secret.reset();
  sink.tls.reset();
  if (auto written = write_file(flags.write_manifest, make_manifest(sink)); !written)
    return written.error();
  return broker;
}

result<message_source> make_source(const simulate_flags& flags, message_stream& stream) {
  if (!flags.is_shuffled)
    return message_source([&stream] { return stream.next(); });
  auto messages = take_shuffled(stream, flags.fleet.seed);
  if (!messages)
    return messages.error();
  auto shared = std::make_shared<std::vector<shared_message>>(std::move(*messages));
  return message_source([shared, index = std::size_t{0}]() mutable -> result<shared_message> {
    if (index == shared->size())
      return shared_message();
    return std::move((*shared)[index++]);
  });
}

std::string summarize(const message_stream& stream, std::uint64_t seed) {
  const auto& counts = stream.counts();
  std::string line;
  const auto add = [&](std::string_view name, std::uint64_t value) {
    line.append(line.empty() ? "{\"" : ",\"").append(name).append("\":").append(std::to_string(value));
  };
  add("messages", counts.messages);
  add("snapshots", counts.snapshots);
  add("parts", counts.parts);
  add("duplicates", counts.duplicates);
  add("poison", counts.poison);
  add("bytes", counts.bytes);
  add("scopes", stream.scope_count());
  add("rows", stream.expected_rows());
  add("seed", seed);
  return line + "}";
}

/// What was published, but may not be found where it went.
void warn_of_losses(const run_outcome& outcome, const message_stream& stream, bool is_embedded,
                    program::log& log) {
  if (outcome.duplicates > stream.counts().duplicates)
    log.warning(
        "the stream had messages of this run already and did not take them again: wait for its duplicate "
        "window to pass, or use another --seed [NAT-06]",
        {{"messages", outcome.duplicates - stream.counts().duplicates}});
  if (!is_embedded)
    return;
  for (const auto& [partition, bytes] : outcome.partition_bytes)
    if (bytes > embedded_partition_bytes * 9 / 10)
      log.warning(
          "the embedded broker keeps only the last 5 MiB of a partition: consume while it is filled, or use "
          "more --partitions",
          {{"partition", partition}, {"bytes", bytes}});
}

result<program::exit_code> run_on(const connection& sink, const simulate_flags& flags,
                                  program::stop_signal& stop, program::log& log) {
  std::optional<output_file> expectation;
  if (!flags.expect.empty()) {
    auto file = output_file::create(flags.expect);
    if (!file)
      return file.error();
    expectation.emplace(std::move(*file));
  }
  auto target = open_publisher(sink, flags.broker, log);
  if (!target)
    return target.error();
  run_settings settings;
  settings.rate = flags.rate;
  settings.timeout = flags.broker.timeout();
  const auto limit = find_size_limit(sink, flags.broker, log);
  if (!limit)
    return limit.error();
  settings.max_message_bytes = *limit;

  auto fleet = flags.fleet;
  fleet.is_state_expected = expectation.has_value();
  message_stream stream(fleet, sink);
  log.info("simulating",
           {{"scopes", stream.scope_count()}, {"rounds", flags.fleet.rounds}, {"seed", flags.fleet.seed}});
  const auto source = make_source(flags, stream);
  if (!source)
    return source.error();
  const auto outcome = publish_run(*source, **target, settings, stop, log);
  if (!outcome)
    return outcome.error();
  if (!outcome->is_complete) {
    log.warning("stopped before all messages were published", {{"messages", outcome->messages}});
    return program::try_again;
  }
  warn_of_losses(*outcome, stream, flags.is_embedded, log);
  if (expectation) {
    write_state(expectation->stream(), stream.expected());
    if (auto written = expectation->commit(); !written)
      return written.error();
  }
  std::cout << summarize(stream, flags.fleet.seed) << std::endl;
  return program::success;
}

result<program::exit_code> run(simulate_flags flags, program::log& log) {
  program::stop_signal stop; // before any thread
  flags.fleet.payload = flags.payload == "array"             ? payload_mix::array
                        : flags.payload == "export-envelope" ? payload_mix::export_envelope
                                                             : payload_mix::mixed;
  using program::secrets;
  auto sink =
      program::load_connection(flags.broker.sink, flags.is_embedded ? secrets::not_needed : secrets::needed);
  if (!sink)
    return sink.error();
  if (!flags.is_embedded)
    return run_on(*sink, flags, stop, log);

  if (!flags.broker.max_message_bytes)
    flags.broker.max_message_bytes = 0; // it has no limit, and cannot be asked
  const auto broker = start_broker(flags, *sink);
  if (!broker)
    return broker.error();
  const auto done = run_on(*sink, flags, stop, log);
  if (!done || *done != program::success)
    return done;
  log.info("the embedded broker goes on until SIGTERM or SIGINT", {{"address", broker->bootstrap()}});
  while (!stop.wait(std::chrono::minutes(1))) {
  }
  return program::success;
}

void add_fleet_flags(CLI::App& command, simulation_options& fleet) {
  command.add_option("--clusters", fleet.clusters, "clusters; several are called LABEL-1, LABEL-2 and so on")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      .add_option("--namespaces", fleet.namespaces,
                  "namespaces of each cluster, each with the inventory `all`")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--items", fleet.items, "rows of each inventory at first")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--rounds", fleet.rounds, "snapshots of each inventory")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--churn", fleet.churn, "share of rows that change between two rounds")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--empty", fleet.empty_share, "share of snapshots that have no rows")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--seed", fleet.seed, "the same seed gives the same fleet")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--row-memory", fleet.row_memory,
                  "bytes of rows that are kept from round to round; further ones are made anew")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_timestamp(command, "--base-time", fleet.base_time,
                "first instant of the run, each next one 1 ms later; default: the real time");
}

void add_message_flags(CLI::App& command, simulate_flags& flags) {
  command.add_option("--payload", flags.payload, "form of payloads that are not split")
      ->check(CLI::IsMember({"mixed", "array", "export-envelope"}))
      ->capture_default_str();
  flags.fleet.max_export_bytes = default_multipart_bytes;
  command
      .add_option("--multipart-bytes", flags.fleet.max_export_bytes,
                  "larger payloads are split into parts; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--duplicates", flags.fleet.duplicates,
                  "share of messages that are sent again, byte for byte")
      ->check(CLI::Range(0.0, 10.0));
  command.add_option("--poison", flags.fleet.poison, "share of additional messages that nobody can apply")
      ->check(CLI::Range(0.0, 10.0));
  command.add_flag("--shuffle", flags.is_shuffled, "send the messages of all rounds in a random order");
  command.add_option("--rate", flags.rate, "messages a second; 0: as fast as possible")
      ->check(CLI::NonNegativeNumber);
  add_size_flag(command, flags.broker);
  command.add_option("--expect", flags.expect, "file for the state that a consumer must arrive at")
      ->type_name("FILE");
  auto* const embedded = command.add_flag("--embedded-broker", flags.is_embedded,
                                          "send to a Kafka broker in this process, and keep it up");
  auto* const manifest =
      command
          .add_option("--write-manifest", flags.write_manifest, "file for a manifest of the embedded broker")
          ->type_name("FILE")
          ->needs(embedded);
  embedded->needs(manifest);
  command.add_option("--partitions", flags.partitions, "of the embedded broker's topic")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->needs(embedded);
}

} // namespace

void add_simulate(CLI::App& program, command_action& chosen) {
  auto flags = std::make_shared<simulate_flags>();
  auto* const command = program.add_subcommand("simulate", "publish the snapshots of a made-up fleet");
  add_connection_flags(*command, flags->broker);
  add_fleet_flags(*command, flags->fleet);
  add_message_flags(*command, *flags);
  command->callback([flags, &chosen] { chosen = [flags](program::log& log) { return run(*flags, log); }; });
}

} // namespace kollect::producer

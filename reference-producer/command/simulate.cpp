#include "command/commands.hpp"
#include "command/flag_types.hpp"
#include "command/publisher_flags.hpp"
#include "effective_manifest.hpp"
#include "output_file.hpp"
#include "simulation/message_stream.hpp"
#include "simulation/publish_run.hpp"

#include <kollect/json_writer.hpp>
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
  json_writer(line)
      .begin_object()
      .member("messages", counts.messages)
      .member("snapshots", counts.snapshots)
      .member("parts", counts.parts)
      .member("duplicates", counts.duplicates)
      .member("poison", counts.poison)
      .member("bytes", counts.bytes)
      .member("scopes", stream.scope_count())
      .member("rows", stream.expected_rows())
      .member("seed", seed)
      .end_object();
  return line;
}

/// What was published, but may not be found where it went.
void warn_of_losses(const run_outcome& outcome, const message_stream& stream, bool is_embedded,
                    program::log& log) {
  if (outcome.duplicates > stream.counts().duplicates)
    log.warning("the stream already holds messages of this run and did not store them again: wait until its "
                "duplicate window has passed, or use another --seed [NAT-06]",
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

result<int> run_on(const connection& sink, const simulate_flags& flags, program::stop_signal& stop,
                   program::log& log) {
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

result<int> run(simulate_flags flags, program::log& log) {
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
  log.info("the embedded broker runs until SIGTERM or SIGINT", {{"address", broker->bootstrap()}});
  while (!stop.wait(std::chrono::minutes(1))) {
  }
  return program::success;
}

void add_fleet_flags(program::command& to, simulation_options& fleet) {
  using namespace program;
  to.section("Fleet");
  to.add("--clusters", fleet.clusters, count(1, 1'000'000),
         "clusters; several are called LABEL-1, LABEL-2 and so on");
  to.add("--namespaces", fleet.namespaces, count(1, 1'000'000),
         "namespaces of each cluster, each with the inventory `all`");
  to.add("--items", fleet.items, count(), "rows that each inventory begins with");
  to.add("--rounds", fleet.rounds, count(1), "snapshots of each inventory");
  to.add("--churn", fleet.churn, decimal_kind{0, 1},
         "share of rows that change between two rounds: changed, added and removed ones");
  to.add("--empty", fleet.empty_share, decimal_kind{0, 1}, "share of snapshots that have no rows (DEL-02)");
  to.add("--seed", fleet.seed, count(), "the same seed and --base-time give the same messages");
  to.add("--base-time", fleet.base_time, instant_kind{},
         "first instant of the run; each next one is 1 ms later; default: now");
  to.add("--row-memory", fleet.row_memory, bytes(),
         "memory for rows kept between rounds; other rows are generated again");
}

void add_message_flags(program::command& to, simulate_flags& flags) {
  using namespace program;
  to.section("Messages");
  to.add("--payload", flags.payload, one_of({"mixed", "array", "export-envelope"}),
         "form of payloads that are not split");
  flags.fleet.max_export_bytes = default_multipart_bytes;
  to.add("--multipart-bytes", flags.fleet.max_export_bytes, bytes(),
         "larger payloads are split into parts; 0: never");
  to.add("--duplicates", flags.fleet.duplicates, decimal_kind{0, 10},
         "share of messages that are sent again, byte for byte");
  to.add(
      "--poison", flags.fleet.poison, decimal_kind{0, 10},
      "share of additional messages that nobody can apply: cut off, bad checksum, wrong version and so on");
  to.add("--shuffle", flags.is_shuffled, "send the messages of all rounds in a random order");
  to.add("--rate", flags.rate, decimal_kind{}, "messages per second; 0: as fast as possible");
  add_size_flag(to, flags.broker);
  to.add("--expect", flags.expect, file(), "file for the state that a consumer must end up with");
  to.section("Embedded broker");
  to.add("--embedded-broker", flags.is_embedded,
         "send to a Kafka broker in this process (loopback, no security, nothing on disk), and keep it up "
         "until "
         "SIGTERM or SIGINT")
      .needs("write-manifest");
  to.add("--write-manifest", flags.write_manifest, file(),
         "file for a manifest of the embedded broker, written when it can be used")
      .needs("embedded-broker");
  to.add("--partitions", flags.partitions, count(1, 1000), "of the embedded broker's topic")
      .needs("embedded-broker");
}

} // namespace

void add_simulate(program::command& to) {
  auto flags = std::make_shared<simulate_flags>();
  auto& added = to.add_command("simulate", "publish the snapshots of a made-up fleet");
  add_connection_flags(added, flags->broker);
  add_fleet_flags(added, flags->fleet);
  add_message_flags(added, *flags);
  added.shows(
      "kollect-producer simulate --manifest sink.yaml --clusters 3 --rounds 40 --duplicates 0.1 --shuffle "
      "--expect expected.json",
      "Send a fleet's snapshots twice and out of order, and tell what a consumer must end up with");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::producer

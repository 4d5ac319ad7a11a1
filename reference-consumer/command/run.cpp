#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/feed.hpp"
#include "command/open_store.hpp"
#include "command/portal_flags.hpp"
#include "consumer_loop.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/kafka/subscriber.hpp>
#include <kollect/nats/end_process.hpp>
#include <kollect/nats/subscriber.hpp>
#include <kollect/version.hpp>
#include <program/connect.hpp>
#include <program/drain_limit.hpp>
#include <program/exit_code.hpp>
#include <program/log.hpp>
#include <program/stop_signal.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace kollect::consumer {
namespace {

struct run_flags {
  program::sink_flags sink;
  store_flags store;
  std::string group = "kollect-consumer";
  std::string instance_id;
  std::vector<std::string> properties;
  bool is_until_end = false;
  feed_flags feed;
  portal_flags portal;
  std::int64_t drain_timeout_seconds = 25;
  std::int64_t stuck_after_seconds = 120;
  std::size_t batch_messages = 1000;
  std::size_t batch_bytes = 32U * 1024 * 1024;
  std::size_t row_cache_bytes = default_row_cache_bytes;
  std::int64_t session_timeout_ms = 10'000;
  std::int64_t ack_wait_ms = 30'000;
  std::int64_t give_up_after_seconds = 60;
  bounds_flags bounds;
};

void add_flags(program::command& to, run_flags& flags) {
  using namespace program;
  to.section("Broker");
  add_sink_flags(to, flags.sink);
  to.add("--group", flags.group, text("ID"), "Kafka consumer group, or NATS durable");
  to.add("--instance-id", flags.instance_id, text("ID"),
         "Kafka static membership: a restarted process resumes at once, not after the session timeout");
  to.add("-X,--property", flags.properties, text("KEY=VALUE"), "librdkafka property from the allow-list");
  to.add("--session-timeout", flags.session_timeout_ms, milliseconds(1000, 3'600'000),
         "Kafka: when a silent member is replaced");
  to.add("--ack-wait", flags.ack_wait_ms, milliseconds(1000, 3'600'000),
         "NATS: when an unacknowledged message comes again");
  add_store_flags(to, flags.store);
  to.section("How long, and how much at a time");
  to.add("--until-end", flags.is_until_end, "consume what is there now, print the counters, and end");
  to.add("--give-up-after", flags.give_up_after_seconds, seconds(0),
         "with --until-end: how long broker or store may fail");
  to.add("--batch-messages", flags.batch_messages, count(1), "messages in one transaction, at most");
  to.add("--batch-bytes", flags.batch_bytes, bytes(1), "size of one transaction, about");
  to.add("--row-cache-bytes", flags.row_cache_bytes, bytes(),
         "rows kept from batch to batch, about; those of the scope that was not used for longest go first; "
         "0: they "
         "are read from the store each time");
  to.add("--stuck-after", flags.stuck_after_seconds, seconds(1, 86'400),
         "without a sign of life for so long, /healthz fails");
  to.add("--drain-timeout", flags.drain_timeout_seconds, seconds(1, 3600),
         "how long the present batch may take to end after SIGTERM or SIGINT; then the program ends with "
         "code 75, and "
         "the batch comes again");
  add_bounds_flags(to, flags.bounds);
  add_portal_flags(to, flags.portal);
  add_feed_flags(to, flags.feed);
}

result<std::vector<kafka::property>> read_properties(const std::vector<std::string>& words) {
  std::vector<kafka::property> properties;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return make_failure(error::invalid_value, "-X takes KEY=VALUE, for example -X fetch.wait.max.ms=100");
    properties.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return properties;
}

result<std::unique_ptr<subscriber>> connect(const connection& target, const run_flags& flags,
                                            program::log& log, partition_listener listener) {
  const auto tell = [&log](std::string_view line) { log.warning(line); };
  if (target.system == broker_system::kafka) {
    auto properties = read_properties(flags.properties);
    if (!properties)
      return properties.error();
    kafka::subscriber_options options;
    options.client.log = tell;
    options.client.properties = std::move(*properties);
    options.group = flags.group;
    options.instance_id = flags.instance_id;
    options.session_timeout = std::chrono::milliseconds(flags.session_timeout_ms);
    return kafka::create_subscriber(target, options, std::move(listener));
  }
  nats::subscriber_options options;
  options.client.log = tell;
  options.durable = flags.group;
  options.ack_wait = std::chrono::milliseconds(flags.ack_wait_ms);
  return nats::create_subscriber(target, options, std::move(listener));
}

result<int> run(const run_flags& flags, program::log& log) {
  program::stop_signal stop; // these two before any thread
  const hangup_signal hangup;
  auto target = program::load_connection(flags.sink);
  if (!target)
    return target.error();
  if (auto checked = check_store(flags.store); !checked)
    return checked.error();
  if (target->tls && target->tls->insecure_skip_verify)
    log.warning(
        "spec.tls.insecureSkipVerify is set: anybody on the way can read and change what is consumed");

  if (const auto doubt = doubt_store(flags.store); !doubt.empty())
    log.warning(doubt);

  const program::drain_limit drain(stop, std::chrono::seconds(flags.drain_timeout_seconds), [&log, &flags] {
    log.error("the present batch has not ended in time: the program ends without it, and it comes again",
              {{"drain_timeout_s", flags.drain_timeout_seconds}});
    nats::end_process(program::try_again);
  });

  loop_settings settings;
  settings.owner = describe_owner("run", flags.instance_id);
  settings.is_until_end = flags.is_until_end;
  if (target->system == broker_system::nats)
    settings.ack_wait = std::chrono::milliseconds(flags.ack_wait_ms);
  settings.batch_messages = flags.batch_messages;
  settings.batch_bytes = flags.batch_bytes;
  settings.row_cache_bytes = flags.row_cache_bytes;
  settings.give_up_after = std::chrono::seconds(flags.give_up_after_seconds);
  settings.ingest = make_ingest_settings(flags.bounds);
  settings.ingest.notice = [&log](const scope& which, std::string_view what) {
    log.warning(
        what, {{"cluster", which.cluster}, {"namespace", which.namespace_}, {"inventory", which.inventory}});
  };
  monitor watched(KOLLECT_VERSION_STRING, std::chrono::seconds(flags.stuck_after_seconds));
  const auto served = start_portal(flags.portal, flags.store, hangup, watched, log);
  if (!served)
    return served.error();
  settings.is_monitored = served->server != nullptr;
  consumer_loop loop(
      settings, [&] { return open_store(flags.store, settings.owner); },
      [&](partition_listener listener) { return connect(*target, flags, log, std::move(listener)); }, stop,
      log, watched);
  auto feed = make_outbox(flags.feed, flags.store, *target, settings.owner, log, watched);
  if (!feed)
    return feed.error();
  if (*feed)
    loop.publish_with(**feed);
  auto ended = loop.run();
  if (!ended)
    return ended.error();
  std::string line;
  json_writer out(line);
  out.begin_object();
  if (ended->total)
    write_members(out, *ended->total);
  out.name("run");
  write(out, ended->run);
  out.end_object();
  std::cout << line << std::endl;
  return program::success;
}

} // namespace

void add_run(program::command& to) {
  auto flags = std::make_shared<run_flags>();
  auto& added = to.add_command("run", "consume snapshots into the store until stopped");
  add_flags(added, *flags);
  added.shows("kollect-consumer run --manifest sink.yaml --store sqlite:state.db --listen :8080",
              "Keep the state of a topic or stream in a file, and serve it");
  added.shows("kollect-consumer run --manifest sink.yaml --store sqlite:state.db --until-end",
              "Consume what is there, and end");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::consumer

#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/feed.hpp"
#include "command/open_store.hpp"
#include "command/outcome_json.hpp"
#include "command/portal_flags.hpp"
#include "consume/consumer_loop.hpp"
#include "operations/decompression.hpp"
#include "operations/huge_allocations.hpp"

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
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {
namespace {

struct run_flags {
  program::sink_flags sink;
  store_flags store;
  std::string index = std::string(usual_index);
  std::string group = "kollect-consumer";
  std::string instance_id;
  std::vector<std::string> properties;
  bool skip_unreadable = false;
  bool is_until_end = false;
  feed_flags feed;
  portal_flags portal;
  std::int64_t drain_timeout_seconds = 25;
  std::int64_t stuck_after_seconds = 120;
  std::size_t batch_messages = 1000;
  std::optional<std::size_t> memory_budget; ///< nothing: what the cgroup or the machine has
  std::optional<std::size_t> batch_bytes;
  std::optional<std::size_t> queue_bytes;
  std::optional<std::size_t> answer_bytes;
  std::optional<std::size_t> row_cache_bytes;
  std::optional<std::size_t> merge_bytes;
  std::int64_t session_timeout_ms = 10'000;
  std::int64_t ack_wait_ms = 30'000;
  std::int64_t give_up_after_seconds = 60;
  bounds_flags bounds;
};

program::text_kind index_list() {
  auto kind = program::text("LIST");
  kind.fault_of = [](std::string_view list) {
    const auto paths = parse_index_paths(list);
    return paths ? std::string() : paths.error().message;
  };
  return kind;
}

void add_flags(program::command& to, run_flags& flags) {
  using namespace program;
  to.section("Broker");
  add_sink_flags(to, flags.sink);
  to.add("--group", flags.group, text("ID"), "Kafka consumer group, or NATS durable");
  to.add("--instance-id", flags.instance_id, text("ID"),
         "Kafka static membership: a restarted process resumes at once, not after the session timeout");
  to.add("-X,--property", flags.properties, text("KEY=VALUE"), "librdkafka property from the allow-list");
  to.add(
      "--skip-unreadable", flags.skip_unreadable,
      "Kafka: pass over batches that cannot be read, and leave a dead letter with the offsets and the reason "
      "for each; without it their partition stops, and the others go on");
  to.add("--session-timeout", flags.session_timeout_ms, milliseconds(1000, 3'600'000),
         "Kafka: when a silent member is replaced");
  to.add("--ack-wait", flags.ack_wait_ms, milliseconds(1000, 3'600'000),
         "NATS: when an unacknowledged message is redelivered");
  add_store_flags(to, flags.store);
  to.add(
      "--index", flags.index, index_list(),
      "what questions find without looking at every row: kind, name, namespace, uid, labels, owners, images, "
      "attr.PATH, with commas between, or none; all processes of a store are given the same");
  to.section("Duration and batch sizes");
  to.add("--until-end", flags.is_until_end, "consume what is in the log now, print the counters and exit");
  to.add("--give-up-after", flags.give_up_after_seconds, seconds(0),
         "with --until-end: how long broker or store may be unavailable");
  to.add("--batch-messages", flags.batch_messages, count(1), "most messages in one transaction");
  add_memory_budget_flag(to, flags.memory_budget);
  to.add("--batch-bytes", flags.batch_bytes, bytes(1), "approximate size of one transaction")
      .with_default("1/32 of the budget, at most 32MiB");
  to.add("--queue-bytes", flags.queue_bytes, bytes(1), "approximate size of what is fetched ahead")
      .with_default("1/32 of the budget, at most 32MiB");
  to.add(
        "--answer-bytes", flags.answer_bytes, bytes(1),
        "Kafka: largest response of a broker that is read, and most bytes that its batches may decompress to")
      .with_default("1/4 of the budget, at most 1GiB");
  to.add("--row-cache-bytes", flags.row_cache_bytes, bytes(),
         "approximate size of the rows kept in memory between batches; the least recently used scope goes "
         "first; 0: rows are read from the store each time")
      .with_default("1/8 of the budget, at most 256MiB");
  to.add("--max-merge-bytes", flags.merge_bytes, bytes(),
         "largest snapshot that is compared in memory with the rows held; larger ones are compared in the "
         "store")
      .with_default("1/8 of the budget, at most 128MiB");
  to.add("--stuck-after", flags.stuck_after_seconds, seconds(1, 86'400),
         "/healthz fails after this long without progress");
  to.add("--drain-timeout", flags.drain_timeout_seconds, seconds(1, 3600),
         "how long the current batch may take to finish after SIGTERM or SIGINT; then the program exits with "
         "75, and the batch is redelivered");
  add_bounds_flags(to, flags.bounds);
  add_portal_flags(to, flags.portal);
  add_feed_flags(to, flags.feed);
}

/// Opens the store, with its index kept of what the flags say.
result<std::unique_ptr<store>> open_indexed(const run_flags& flags, const std::string& owner) {
  auto opened = open_store(flags.store, owner);
  if (!opened)
    return opened;
  if (auto kept = (*opened)->keep_index(parse_index_paths(flags.index).value()); !kept)
    return kept.error();
  return opened;
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
                                            const memory_shares& shares, program::log& log,
                                            partition_listener listener) {
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
    options.max_message_bytes = shares.answer;
    options.queue_bytes = shares.queue;
    options.fetch_bytes = shares.fetch;
    options.partition_fetch_bytes = shares.partition_fetch;
    options.skip_unreadable = flags.skip_unreadable;
    options.take_lack_of_room = decompression::take_lack_of_room;
    return kafka::create_subscriber(target, options, std::move(listener));
  }
  nats::subscriber_options options;
  options.client.log = tell;
  options.durable = flags.group;
  options.ack_wait = std::chrono::milliseconds(flags.ack_wait_ms);
  options.fetch_bytes = std::max<std::size_t>(shares.queue / 2, 1); // two requests are under way
  return nats::create_subscriber(target, options, std::move(listener));
}

/// What the flags give, and for the others their shares of the budget.
memory_shares shares_of(const run_flags& flags, std::size_t budget) {
  auto shares = share_out(budget);
  shares.batch = flags.batch_bytes.value_or(shares.batch);
  shares.queue = flags.queue_bytes.value_or(shares.queue);
  shares.row_cache = flags.row_cache_bytes.value_or(shares.row_cache);
  shares.max_message = flags.bounds.max_message_bytes.value_or(shares.max_message);
  shares.merge = flags.merge_bytes.value_or(shares.merge);
  // What is over the limit for messages is to be seen, and to become a dead letter.
  shares.answer = flags.answer_bytes.value_or(std::max(shares.answer, shares.max_message));
  return shares;
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
    log.warning("spec.tls.insecureSkipVerify is set: anybody between here and the broker can read and change "
                "what is consumed");

  if (const auto doubt = doubt_store(flags.store); !doubt.empty())
    log.warning(doubt);

  const program::drain_limit drain(stop, std::chrono::seconds(flags.drain_timeout_seconds), [&log, &flags] {
    log.error("the current batch did not finish in time: the program exits without it, and it is redelivered",
              {{"drain_timeout_s", flags.drain_timeout_seconds}});
    nats::end_process(program::try_again);
  });

  const auto budget = flags.memory_budget ? *flags.memory_budget : available_memory();
  const auto shares = shares_of(flags, budget);
  if (!limit_memory(budget))
    log.info("the process already uses more memory than its budget, so the budget is not enforced",
             {{"memory_budget", static_cast<std::int64_t>(budget)}});
  decompression::bound(shares.answer);
  const char* const scratch = std::getenv("TMPDIR"); // what changes it, has not begun yet
  put_huge_allocations_into(scratch == nullptr ? "/tmp" : scratch, shares.answer + shares.answer / 4);

  loop_settings settings;
  settings.owner = describe_owner("run", flags.instance_id);
  settings.is_until_end = flags.is_until_end;
  settings.batch_messages = flags.batch_messages;
  settings.batch_bytes = shares.batch;
  settings.row_cache_bytes = shares.row_cache;
  settings.give_up_after = std::chrono::seconds(flags.give_up_after_seconds);
  settings.ingest = make_ingest_settings(flags.bounds);
  settings.ingest.limits.max_message_bytes = shares.max_message;
  settings.ingest.max_merge_bytes = static_cast<std::int64_t>(shares.merge);
  settings.ingest.notice = [&log](const scope& which, std::string_view what) {
    log.warning(
        what, {{"cluster", which.cluster}, {"namespace", which.namespace_}, {"inventory", which.inventory}});
  };
  settings.end_process = [] { nats::end_process(program::success); };
  monitor watched(KOLLECT_VERSION_STRING, std::chrono::seconds(flags.stuck_after_seconds));
  const auto served = start_portal(flags.portal, shares, flags.store, settings.ingest, hangup, watched, log);
  if (!served)
    return served.error();
  settings.is_monitored = served->server != nullptr;
  consumer_loop loop(
      settings, [&] { return open_indexed(flags, settings.owner); },
      [&](partition_listener listener) { return connect(*target, flags, shares, log, std::move(listener)); },
      stop, log, watched);
  auto feed = make_outbox(flags.feed, flags.store, *target, settings.owner, log, watched);
  if (!feed) {
    // The same words would be said of the broker that is read.
    auto reason = feed.error();
    reason.message = "the published feed of --feed-manifest: " + reason.message;
    return reason;
  }
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
  write_counts(out, ended->run);
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
              "Consume what is in the log, and exit");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::consumer

#include "command/feed.hpp"

#include <kollect/kafka/message_limit.hpp>
#include <kollect/kafka/publisher.hpp>
#include <kollect/nats/publisher.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

/// How long the feed's broker is asked for all that is to be known before messages are consumed.
constexpr std::chrono::seconds start_timeout{10};

std::chrono::milliseconds time_left(clock::time_point end) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()),
                  std::chrono::milliseconds(1));
}

bool is_same_place(const connection& one, const connection& other) {
  return one.system == other.system && one.destination == other.destination &&
         one.addresses == other.addresses;
}

std::string name_of(const connection& target) {
  return target.system == broker_system::kafka ? "kafka/" + target.destination
                                               : "nats/" + target.stream + "/" + target.destination;
}

result<std::unique_ptr<publisher>> open_publisher(const connection& target, program::log& log,
                                                  std::optional<std::size_t> max_message_bytes,
                                                  std::chrono::milliseconds timeout) {
  const auto tell = [&log](std::string_view line) { log.warning(line); };
  if (target.system == broker_system::nats) {
    nats::publisher_options options;
    options.client.log = tell;
    options.client.connect_timeout = std::min(options.client.connect_timeout, timeout);
    return nats::create_publisher(target, options);
  }
  kafka::publisher_options options;
  options.client.log = tell;
  options.client.connect_timeout = std::min(options.client.connect_timeout, timeout);
  if (max_message_bytes)
    options.max_message_bytes = *max_message_bytes;
  return kafka::create_publisher(target, options);
}

/// What the topic takes; nothing where the cluster does not tell, or it is NATS, which tells each client.
result<std::optional<std::size_t>> find_limit(const connection& target, program::log& log,
                                              std::chrono::milliseconds timeout) {
  if (target.system == broker_system::nats)
    return std::optional<std::size_t>();
  kafka::client_options options;
  options.log = [&log](std::string_view line) { log.warning(line); };
  return kafka::find_message_limit(target, options, timeout);
}

} // namespace

void add_feed_flags(program::command& to, feed_flags& flags) {
  using namespace program;
  to.section("Published change feed");
  to.add("--feed-manifest", flags.sink.manifest, file(),
         "publish the change feed to the topic or subject of this KollectEventSink manifest");
  to.add("--feed-sink", flags.sink.sink, text("NAME"),
         "name of the feed's sink, where the manifest has several");
  to.add("--feed-secret-dir", flags.sink.secret_dir, folder(),
         "mounted Secret of the feed: one file per key, or one folder per Secret");
  to.add("--cloudevents", flags.has_cloudevents,
         "publish the feed with the headers of CloudEvents 1.0 (binary mode)");
}

result<std::unique_ptr<outbox>> make_outbox(const feed_flags& flags, const store_flags& from,
                                            const connection& source, const std::string& owner,
                                            program::log& log, monitor& watch) {
  if (flags.sink.manifest.empty())
    return std::unique_ptr<outbox>();
  auto target = program::load_connection(flags.sink);
  if (!target)
    return target.error();
  if (is_same_place(*target, source))
    return make_failure(error::invalid_value, "its place is the " + name_of(*target) +
                                                  " that snapshots are read from; it needs another one");
  const auto end = clock::now() + start_timeout;
  auto limit = find_limit(*target, log, time_left(end));
  if (!limit)
    return limit.error();
  if (target->connection_test) {
    auto opened = open_publisher(*target, log, *limit, time_left(end));
    if (!opened)
      return opened.error();
    if (auto checked = (*opened)->check(time_left(end)); !checked)
      return checked.error();
  }
  outbox_settings settings;
  settings.target = {target->system, target->destination, {}, flags.has_cloudevents};
  settings.name = name_of(*target);
  settings.owner = owner;
  settings.max_message_bytes = *limit;
  return std::make_unique<outbox>(
      settings, [from] { return open_reader(from); },
      [target = std::move(*target), limit = *limit, &log] {
        return open_publisher(target, log, limit, start_timeout);
      },
      log, watch);
}

} // namespace kollect::consumer

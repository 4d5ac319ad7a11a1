#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/open_store.hpp"
#include "consume/consumer_loop.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/kafka/subscriber.hpp>
#include <kollect/nats/subscriber.hpp>
#include <kollect/version.hpp>
#include <program/exit_code.hpp>
#include <program/stop_signal.hpp>
#include <program/testee_request.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

namespace kollect::consumer {
namespace {

struct testee_flags {
  store_flags store;
  std::int64_t ack_wait_ms = 1000;
};

/// JSON text without its line breaks, which can only stand between its tokens.
std::string on_one_line(std::string_view json) {
  std::string out(json);
  std::ranges::replace_if(
      out, [](char letter) { return letter == '\n' || letter == '\r'; }, ' ');
  return out;
}

/// The consumer behind the protocol: each drain is a run of the loop until the end of the log.
class testee_consumer {
public:
  testee_consumer(const testee_flags& flags, program::stop_signal& stop, program::log& log)
      : flags_(flags), stop_(stop), log_(log) {}

  result<void> open(const program::testee_request& request) {
    auto target = program::decode_testee_open(request);
    if (!target)
      return target.error();
    auto group = program::decode_testee_text(request.group, "group");
    if (!group)
      return group.error();
    target_ = std::move(*target);
    group_ = std::move(*group);
    const auto made = open_store(flags_.store, owner_); // the tables, where there are none
    return made ? result<void>() : made.error();
  }

  result<void> drain() {
    loop_settings settings;
    settings.owner = owner_;
    settings.is_until_end = true;
    settings.ingest = make_ingest_settings({});
    monitor watched(KOLLECT_VERSION_STRING, std::chrono::seconds(120));
    consumer_loop loop(
        settings, [this] { return open_store(flags_.store, owner_); },
        [this](partition_listener listener) { return connect(std::move(listener)); }, stop_, log_, watched);
    const auto ended = loop.run();
    return ended ? result<void>() : ended.error();
  }

  /// The answer to `state`.
  result<std::string> state(const program::testee_request& request) const {
    const auto reader = open_reader(flags_.store);
    if (!reader)
      return reader.error();
    std::string line;
    json_writer out(line);
    out.begin_object().name("id").raw(request.id).member("ok", true);
    const auto read = (*reader)->read_at_once([&] { return write_state(**reader, out); });
    out.end_object();
    return read ? result<std::string>(std::move(line)) : read.error();
  }

private:
  static result<void> write_state(store_reader& held, json_writer& out) {
    const auto counts = held.counts();
    const auto scopes = held.scopes();
    if (!counts || !scopes)
      return counts ? scopes.error() : counts.error();
    std::map<scope, std::vector<std::string>> rows;
    auto read = held.for_each_row(
        [&rows](const scope& which, std::string_view item) { rows[which].push_back(on_one_line(item)); });
    out.member("refused", counts->dead_lettered).name("scopes").begin_array();
    for (const auto& one : *scopes) {
      out.begin_object()
          .member("cluster", one.scope.cluster)
          .member("namespace", one.scope.namespace_)
          .member("inventory", one.scope.inventory)
          .member("exportedAt", to_string(one.exported_at))
          .name("rows")
          .begin_array();
      for (const auto& row : rows[one.scope])
        out.raw(row);
      out.end_array().end_object();
    }
    out.end_array();
    return read;
  }

  result<std::unique_ptr<subscriber>> connect(partition_listener listener) const {
    const auto tell = [this](std::string_view line) { log_.warning(line); };
    if (target_.system == broker_system::kafka) {
      kafka::subscriber_options options;
      options.client.log = tell;
      options.group = group_;
      options.instance_id = "testee"; // one that was killed is replaced at once
      return kafka::create_subscriber(target_, options, std::move(listener));
    }
    nats::subscriber_options options;
    options.client.log = tell;
    options.durable = group_;
    options.ack_wait = std::chrono::milliseconds(flags_.ack_wait_ms);
    return nats::create_subscriber(target_, options, std::move(listener));
  }

  const testee_flags& flags_;
  program::stop_signal& stop_;
  program::log& log_;
  std::string owner_ = describe_owner("testee");
  connection target_;
  std::string group_;
};

std::string answer_line(testee_consumer& consumer, const std::string& line) {
  using namespace program;
  const auto request = parse_testee_request(line);
  if (!request)
    return answer_testee({}, request.error());
  if (request->op == "hello")
    return answer_hello(*request, "kollect-consumer", KOLLECT_VERSION_STRING,
                        {"kafka", "nats", "tls", "scram", "consumer"});
  if (request->op == "open")
    return answer_testee(*request, consumer.open(*request));
  if (request->op == "drain")
    return answer_testee(*request, consumer.drain());
  if (request->op == "close")
    return answer_testee(*request, {}); // nothing is open between two drains
  if (request->op != "state")
    return answer_testee(*request, make_failure(error::invalid_value, "there is no such op"));
  const auto held = consumer.state(*request);
  return held ? *held : answer_testee(*request, held.error());
}

/// Waits for a request; false where a signal came first.
bool wait_for_input(const program::stop_signal& stop) {
  if (std::cin.rdbuf()->in_avail() > 0)
    return true;
  pollfd waiting[] = {{STDIN_FILENO, POLLIN, 0}, {stop.descriptor(), POLLIN, 0}};
  return ::poll(waiting, 2, -1) > 0 && waiting[1].revents == 0;
}

result<int> run(const testee_flags& flags, program::log& log) {
  program::stop_signal stop; // before any thread
  testee_consumer consumer(flags, stop, log);
  for (std::string line; wait_for_input(stop) && std::getline(std::cin, line);)
    std::cout << answer_line(consumer, line) << std::endl; // the suite waits for each line
  return program::success;
}

} // namespace

void add_testee(program::command& to) {
  auto flags = std::make_shared<testee_flags>();
  auto& added = to.add_command("testee", "be driven by kollect-conformance: JSON lines in, JSON lines out");
  add_store_flags(added, flags->store);
  added.section("Broker");
  added.add("--ack-wait", flags->ack_wait_ms, program::milliseconds(100, 3'600'000),
            "NATS: when an unacknowledged message comes again");
  added.shows("kollect-conformance --manifest sink.yaml --consumer -- kollect-consumer testee --store "
              "sqlite:state.db",
              "Check the reference consumer");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::consumer

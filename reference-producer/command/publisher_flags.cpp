#include "command/publisher_flags.hpp"

#include <kollect/kafka/message_limit.hpp>
#include <kollect/kafka/publisher.hpp>
#include <kollect/nats/publisher.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace kollect::producer {

namespace {

/// Brokers that cannot tell a topic's settings may leave the question unanswered.
constexpr std::chrono::milliseconds longest_question = std::chrono::seconds(5);

result<std::vector<kafka::property>> read_properties(const std::vector<std::string>& words) {
  std::vector<kafka::property> properties;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return make_failure(error::invalid_value, "-X takes KEY=VALUE, for example -X linger.ms=20");
    properties.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return properties;
}

auto report_to(program::log& log) {
  return [&log](std::string_view line) { log.warning(line); };
}

result<kafka::client_options> make_kafka_options(const publisher_flags& flags, program::log& log) {
  auto properties = read_properties(flags.properties);
  if (!properties)
    return properties.error();
  kafka::client_options options;
  options.client_id = "kollect-producer";
  options.connect_timeout = flags.timeout();
  options.properties = std::move(*properties);
  options.log = report_to(log);
  return options;
}

result<nats::client_options> make_nats_options(const publisher_flags& flags, program::log& log) {
  if (!flags.properties.empty())
    return make_failure(error::invalid_value,
                        "-X sets properties of the Kafka client, and this sink is of type nats");
  nats::client_options options;
  options.client_name = "kollect-producer";
  options.connect_timeout = std::min(options.connect_timeout, flags.timeout());
  options.request_timeout = flags.timeout();
  options.log = report_to(log);
  return options;
}

result<std::unique_ptr<publisher>> create(const connection& target, const publisher_flags& flags,
                                          program::log& log) {
  if (target.system == broker_system::kafka) {
    auto client = make_kafka_options(flags, log);
    if (!client)
      return client.error();
    kafka::publisher_options options;
    options.client = std::move(*client);
    return kafka::create_publisher(target, options);
  }
  auto client = make_nats_options(flags, log);
  if (!client)
    return client.error();
  nats::publisher_options options;
  options.client = std::move(*client);
  return nats::create_publisher(target, options);
}

} // namespace

void add_connection_flags(program::command& to, publisher_flags& flags) {
  to.section("Sink");
  program::add_sink_flags(to, flags.sink);
  add_timeout_flag(to, flags);
  to.add("-X,--property", flags.properties, program::text("KEY=VALUE"),
         "librdkafka property from the allow-list");
}

void add_timeout_flag(program::command& to, publisher_flags& flags) {
  to.add("--timeout", flags.timeout_seconds, program::seconds(1, 3600),
         "how long the broker may take to answer");
}

void add_size_flag(program::command& to, publisher_flags& flags) {
  to.add("--max-message-bytes", flags.max_message_bytes, program::bytes(),
         "largest message that is published; 0: any; default: the broker's limit");
}

result<std::unique_ptr<publisher>> open_publisher(const connection& target, const publisher_flags& flags,
                                                  program::log& log) {
  auto opened = create(target, flags, log);
  if (!opened || !target.connection_test)
    return opened;
  if (auto checked = (*opened)->check(flags.timeout()); !checked)
    return checked.error();
  return opened;
}

result<std::size_t> find_size_limit(const connection& target, const publisher_flags& flags,
                                    program::log& log) {
  if (flags.max_message_bytes)
    return *flags.max_message_bytes;
  if (target.system == broker_system::nats)
    return std::size_t{0};
  auto options = make_kafka_options(flags, log);
  if (!options)
    return options.error();
  // What a compressed message will take cannot be known.
  const bool is_compressed =
      std::any_of(options->properties.begin(), options->properties.end(),
                  [](const auto& one) { return one.name.starts_with("compression."); });
  if (is_compressed)
    return std::size_t{0};
  const auto limit = kafka::find_message_limit(target, *options, std::min(flags.timeout(), longest_question));
  if (!limit)
    return limit.error();
  return limit->value_or(0);
}

} // namespace kollect::producer

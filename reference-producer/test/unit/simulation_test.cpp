#include "simulation/message_stream.hpp"
#include "test/support/message_fold.hpp"

#include <kollect/export.hpp>

#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace kollect::producer {
namespace {

using test::failure_is;
using test::has_value;
using test::message_fold;

connection sink_of(broker_system system, std::string cluster = "prod-west") {
  connection sink;
  sink.system = system;
  sink.destination = "inventory.changes";
  sink.cluster = std::move(cluster);
  return sink;
}

std::vector<outgoing_message> take_all(message_stream& stream) {
  std::vector<outgoing_message> messages;
  for (;;) {
    auto message = stream.next();
    EXPECT_TRUE(has_value(message));
    if (!message || *message == nullptr)
      return messages;
    messages.push_back(**message);
  }
}

std::string expected_state(const message_stream& stream) {
  std::ostringstream out;
  write_state(out, stream.expected());
  return out.str();
}

/// Everything that a run can do, small.
simulation_options lively(std::uint64_t seed) {
  simulation_options options;
  options.clusters = 2;
  options.namespaces = 3;
  options.items = 12;
  options.rounds = 6;
  options.churn = 0.3;
  options.empty_share = 0.15;
  options.seed = seed;
  options.max_export_bytes = 9'000;
  options.duplicates = 0.3;
  options.poison = 0.3;
  return options;
}

simulation_options fixed(std::uint64_t seed) {
  auto options = lively(seed);
  options.base_time = parse_timestamp("2026-01-15T12:00:00Z").value();
  return options;
}

std::string text_of(const std::vector<outgoing_message>& messages) {
  std::string text;
  for (const auto& message : messages) {
    text += message.key.value_or("-") + "\n" + message.value + "\n";
    for (const auto& one : message.headers)
      text += one.name + ": " + one.value + "\n";
  }
  return text;
}

class simulation : public testing::TestWithParam<broker_system> {};
INSTANTIATE_TEST_SUITE_P(systems, simulation, testing::Values(broker_system::kafka, broker_system::nats),
                         [](const auto& one) { return std::string(to_string(one.param)); });

TEST_P(simulation, leads_any_consumer_to_the_expected_state) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    message_stream stream(lively(seed), sink_of(GetParam()));
    const auto messages = take_all(stream);
    message_fold fold;
    std::size_t refused = 0;
    for (const auto& message : messages)
      refused += fold.add(message.value, message.key) ? 1 : 0;
    EXPECT_EQ(fold.state(), expected_state(stream)) << "seed " << seed;
    EXPECT_EQ(refused, stream.counts().poison);
  }
}

TEST_P(simulation, leads_there_in_whatever_order_the_messages_come) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    message_stream stream(lively(seed), sink_of(GetParam()));
    const auto messages = take_shuffled(stream, seed);
    ASSERT_TRUE(has_value(messages));
    EXPECT_EQ(messages->size(), stream.counts().messages);
    message_fold fold;
    for (const auto& message : *messages)
      fold.add(message->value, message->key);
    EXPECT_EQ(fold.state(), expected_state(stream)) << "seed " << seed;
  }
}

TEST_P(simulation, is_the_same_bytes_for_the_same_seed_and_base_time) {
  message_stream one(fixed(7), sink_of(GetParam())), same(fixed(7), sink_of(GetParam())),
      other(fixed(8), sink_of(GetParam()));
  const auto text = text_of(take_all(one));
  EXPECT_EQ(text, text_of(take_all(same)));
  EXPECT_NE(text, text_of(take_all(other)));
  EXPECT_EQ(expected_state(one), expected_state(same));
}

TEST_P(simulation, is_the_same_bytes_however_many_rows_are_kept_from_round_to_round) {
  std::set<std::string> texts, states;
  for (const std::size_t memory : {std::size_t{0}, std::size_t{20'000}, default_row_memory}) {
    auto options = fixed(7);
    options.row_memory = memory;
    message_stream stream(options, sink_of(GetParam()));
    texts.insert(text_of(take_all(stream)));
    states.insert(expected_state(stream));
  }
  EXPECT_EQ(texts.size(), 1U);
  EXPECT_EQ(states.size(), 1U);
}

TEST_P(simulation, is_the_same_bytes_whether_or_not_a_state_is_expected) {
  message_stream one(fixed(7), sink_of(GetParam()));
  auto options = fixed(7);
  options.is_state_expected = false;
  message_stream other(options, sink_of(GetParam()));
  EXPECT_EQ(text_of(take_all(one)), text_of(take_all(other)));
  EXPECT_EQ(one.expected_rows(), other.expected_rows());
  EXPECT_EQ(expected_state(other), "[]\n");
}

TEST_P(simulation, has_the_same_rows_for_the_same_seed_whatever_the_time) {
  message_stream one(lively(7), sink_of(GetParam())), same(fixed(7), sink_of(GetParam()));
  const auto first = take_all(one), second = take_all(same);
  EXPECT_EQ(first.size(), second.size());
  EXPECT_EQ(expected_state(one), expected_state(same));
}

TEST_P(simulation, counts_what_it_makes) {
  message_stream stream(lively(3), sink_of(GetParam()));
  const auto messages = take_all(stream);
  const auto& counts = stream.counts();
  EXPECT_EQ(counts.messages, messages.size());
  EXPECT_EQ(counts.snapshots, stream.total_snapshots());
  EXPECT_EQ(stream.scope_count(), 6U);
  std::uint64_t bytes = 0;
  std::set<std::string> values;
  for (const auto& message : messages) {
    bytes += message.value.size();
    if (!message.value.empty())
      values.insert(message.value);
  }
  EXPECT_EQ(counts.bytes, bytes);
  EXPECT_GT(counts.parts, 0U);
  EXPECT_GT(counts.poison, 0U);
  EXPECT_GT(counts.duplicates, 0U);
  const auto empties =
      std::count_if(messages.begin(), messages.end(), [](const auto& one) { return one.value.empty(); });
  EXPECT_EQ(values.size() + static_cast<std::size_t>(empties), counts.messages - counts.duplicates);
  const auto state = expected_state(stream);
  EXPECT_EQ(stream.expected_rows(),
            static_cast<std::uint64_t>(std::count(state.begin(), state.end(), '\n')) - 2);
}

TEST_P(simulation, dates_each_snapshot_after_the_one_before_and_none_in_the_future) {
  auto options = lively(5);
  options.poison = options.duplicates = 0;
  message_stream stream(options, sink_of(GetParam()));
  const auto messages = take_all(stream);
  const auto now = kollect::now();
  std::map<scope, timestamp> last;
  timestamp last_envelope;
  for (const auto& message : messages) {
    const auto head = read_head(message.value, message.key).value();
    const auto snapshot = parse_snapshot(head.envelope).value();
    EXPECT_GT(head.envelope.timestamp, last_envelope) << "ENV-05: a new one for each message";
    last_envelope = head.envelope.timestamp;
    const auto instant = order_of(head, snapshot).instant;
    EXPECT_LE(instant, head.envelope.timestamp);
    EXPECT_LE(head.envelope.timestamp, now);
    EXPECT_TRUE(instant > last[head.scope] || snapshot.part_index > 1);
    last[head.scope] = instant;
  }
}

TEST_P(simulation, sends_the_forms_that_it_is_asked_for) {
  for (const auto mix : {payload_mix::mixed, payload_mix::array, payload_mix::export_envelope}) {
    auto options = lively(4);
    options.payload = mix;
    options.empty_share = 0;
    options.churn = 0.9;
    options.max_export_bytes = 0;
    message_stream stream(options, sink_of(GetParam()));
    message_fold fold;
    for (const auto& message : take_all(stream))
      fold.add(message.value, message.key);
    EXPECT_EQ(fold.forms().contains(payload_form::array), mix != payload_mix::export_envelope);
    EXPECT_EQ(fold.forms().contains(payload_form::export_envelope), mix != payload_mix::array);
    EXPECT_FALSE(fold.forms().contains(payload_form::multipart));
  }
}

TEST_P(simulation, repeats_messages_byte_for_byte) {
  auto options = lively(2);
  options.poison = 0;
  options.duplicates = 2;
  message_stream stream(options, sink_of(GetParam()));
  const auto messages = take_all(stream);
  ASSERT_EQ(messages.size() % 3, 0U);
  for (std::size_t index = 0; index < messages.size(); index += 3) {
    EXPECT_EQ(messages[index].value, messages[index + 1].value);
    EXPECT_EQ(messages[index].value, messages[index + 2].value);
    EXPECT_EQ(messages[index].key, messages[index + 2].key);
    EXPECT_EQ(messages[index].headers, messages[index + 2].headers);
  }
}

TEST(simulation_of_a_fleet, sends_the_bytes_that_it_always_has) {
  // Another compiler, library or machine must give the same; a change of the model changes this digest.
  message_stream stream(fixed(42), sink_of(broker_system::kafka));
  EXPECT_EQ(to_string(sha256(text_of(take_all(stream)))),
            "9a3ceb56388079e13f1abc9a8718c7f756ac7e37a95f19e8e2915380c3d9616a");
}

TEST(simulation_of_a_fleet, names_its_clusters_after_the_sinks_label) {
  const auto clusters = [](std::size_t count, const std::string& label) {
    simulation_options options;
    options.clusters = count;
    options.namespaces = options.rounds = options.items = 1;
    message_stream stream(options, sink_of(broker_system::kafka, label));
    std::vector<std::string> names;
    for (const auto& message : take_all(stream))
      names.push_back(read_head(message.value, message.key)->scope.cluster);
    return names;
  };
  EXPECT_EQ(clusters(1, "prod"), std::vector<std::string>{"prod"});
  EXPECT_EQ(clusters(1, ""), std::vector<std::string>{"cluster-1"});
  EXPECT_EQ(clusters(2, "prod"), (std::vector<std::string>{"prod-1", "prod-2"}));
  EXPECT_EQ(clusters(2, ""), (std::vector<std::string>{"cluster-1", "cluster-2"}));
}

TEST(simulation_of_a_fleet, never_sends_two_snapshots_under_one_id_on_nats) {
  for (const double churn : {0.0, 0.1, 0.5}) {
    simulation_options options;
    options.items = 2;
    options.rounds = 100;
    options.churn = churn;
    options.empty_share = 0.4;
    options.payload = payload_mix::array;
    message_stream stream(options, sink_of(broker_system::nats));
    std::set<std::string> ids;
    for (const auto& message : take_all(stream))
      EXPECT_TRUE(ids.insert(message.headers.at(0).value).second) << "NAT-06";
  }
}

TEST(simulation_of_a_fleet, has_rounds_without_any_rows) {
  simulation_options options;
  options.empty_share = 1;
  options.rounds = 3;
  options.payload = payload_mix::array;
  message_stream stream(options, sink_of(broker_system::kafka));
  const auto messages = take_all(stream);
  EXPECT_EQ(messages.size(), 12U);
  EXPECT_NE(messages.back().value.find("\"payload\":[]}"), std::string::npos) << "DEL-02";
  EXPECT_EQ(expected_state(stream), "[]\n");
}

TEST(simulation_of_a_fleet, refuses_a_limit_that_no_row_fits) {
  simulation_options options;
  options.max_export_bytes = 300;
  message_stream stream(options, sink_of(broker_system::kafka));
  EXPECT_TRUE(failure_is(stream.next(), error::item_exceeds_limit));
}

TEST(simulation_of_a_fleet, of_no_rows_publishes_empty_snapshots) {
  simulation_options options;
  options.items = 0;
  message_stream stream(options, sink_of(broker_system::nats));
  EXPECT_EQ(take_all(stream).size(), 40U);
  EXPECT_EQ(stream.expected_rows(), 0U);
}

} // namespace
} // namespace kollect::producer

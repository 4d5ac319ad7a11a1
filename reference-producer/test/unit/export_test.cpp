#include <kollect/export.hpp>
#include <kollect/parse.hpp>

#include <support/failure_is.hpp>
#include <support/hex_dump.hpp>
#include <vectors/vector.hpp>

#include <gtest/gtest.h>

namespace kollect::test {
namespace {

connection sink_of(broker_system system) {
  connection sink;
  sink.system = system;
  sink.destination = system == broker_system::kafka ? "inventory.changes" : "inventory.events";
  return sink;
}

snapshot snapshot_of(const vector& given) {
  return {given.scope, given.generation, parse_timestamp(given.exported_at).value(),
          parse_items(given.items).value()};
}

void expect_message(const outgoing_message& kafka, const outgoing_message& nats, const vector& given,
                    const expected_message& expected) {
  EXPECT_TRUE(same_bytes(kafka.value, expected.value));
  EXPECT_TRUE(same_bytes(nats.value, expected.value)) << "ENV-04";
  EXPECT_EQ(kafka.destination, "inventory.changes");
  EXPECT_EQ(nats.destination, "inventory.events");
  EXPECT_EQ(kafka.key, given.key) << "KAF-01";
  EXPECT_FALSE(nats.key.has_value());
  const std::vector<header> labels{{"kollect.dev/cluster", given.scope.cluster},
                                   {"kollect.dev/namespace", given.scope.namespace_}};
  EXPECT_EQ(kafka.headers, labels) << "KAF-04";
  EXPECT_EQ(nats.headers, (std::vector<header>{{"Nats-Msg-Id", expected.nats_message_id}})) << "NAT-02";
}

void expect_exports(const vector& given, const payload_options& options,
                    const std::vector<expected_message>& expected) {
  const auto instant = parse_timestamp(given.timestamp).value();
  const auto source = snapshot_of(given);
  const auto kafka = make_messages(source, sink_of(broker_system::kafka), instant, options);
  const auto nats = make_messages(source, sink_of(broker_system::nats), instant, options);
  ASSERT_TRUE(has_value(kafka));
  ASSERT_TRUE(has_value(nats));
  ASSERT_EQ(kafka->size(), expected.size());
  ASSERT_EQ(nats->size(), expected.size());
  for (std::size_t index = 0; index < expected.size(); ++index)
    expect_message((*kafka)[index], (*nats)[index], given, expected[index]);
}

class export_vectors : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(files, export_vectors, testing::Values("fixed.jsonl", "random.jsonl"),
                         [](const auto& one) {
                           return std::string(one.param).substr(0, std::string(one.param).find('.'));
                         });

TEST_P(export_vectors, come_out_byte_for_byte_in_both_forms) {
  std::size_t count = 0;
  for (const auto& line : read_lines(GetParam())) {
    const auto given = read_vector(line);
    SCOPED_TRACE(given.name);
    expect_exports(given, {payload_form::array, 0}, {given.bare_array});
    const payload_options options{payload_form::export_envelope, given.max_export_bytes};
    if (given.is_oversized)
      EXPECT_TRUE(failure_is(make_messages(snapshot_of(given), sink_of(broker_system::kafka), {}, options),
                             error::item_exceeds_limit));
    else
      expect_exports(given, options, given.export_envelope);
    ++count;
  }
  EXPECT_GE(count, 25U);
}

outgoing_message message_of(std::size_t value_bytes, broker_system system = broker_system::kafka) {
  // A payload of this size.
  const std::string begin = R"([{"uid":")", end = "\"}]";
  const auto payload = begin + std::string(value_bytes - begin.size() - end.size(), 'x') + end;
  return make_message(sink_of(system), {"prod-west", "team-a", "all"}, {}, payload).value();
}

TEST(check_sizes, lets_everything_through_without_a_limit) {
  EXPECT_TRUE(has_value(check_sizes(std::vector{message_of(1'000'000)}, 0)));
}

TEST(check_sizes, counts_what_the_broker_counts) {
  for (const auto system : {broker_system::kafka, broker_system::nats}) {
    const auto message = message_of(1'000, system);
    const auto size = bytes_on_broker(message);
    EXPECT_GT(size, message.value.size());
    EXPECT_LT(size, message.value.size() + 250);
    EXPECT_TRUE(has_value(check_sizes(std::vector{message}, size)));
    EXPECT_TRUE(failure_is(check_sizes(std::vector{message}, size - 1), error::message_exceeds_limit));
  }
}

TEST(check_sizes, says_which_message_is_too_large_and_what_to_do) {
  const auto checked = check_sizes(std::vector{message_of(20), message_of(2'000)}, 1'000);
  ASSERT_TRUE(failure_is(checked, error::message_exceeds_limit));
  const auto text = to_string(checked.error());
  for (const auto* piece :
       {"message 2 of 2", "inventory.changes", "the limit of 1000", "maxExportBytes", "[SIZE-01]"})
    EXPECT_NE(text.find(piece), std::string::npos) << text;
}

} // namespace
} // namespace kollect::test

#include <kollect/nats/detail/consumer.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace kollect::nats::detail {

static std::ostream& operator<<(std::ostream& out, const sequence_gap& gap) {
  return out << '[' << gap.expected << ", " << gap.found << ')';
}

namespace {

boost::json::object object(std::string_view json) {
  return boost::json::parse(json).as_object();
}

stream_info stream_of(std::vector<std::string> subjects) {
  stream_info stream;
  stream.name = "events";
  stream.subjects = std::move(subjects);
  return stream;
}

consumer_info fitting() {
  consumer_info info;
  info.filters = {"a.b"};
  info.ack_policy = "explicit";
  info.deliver_policy = "all";
  return info;
}

TEST(consumer, reads_what_the_server_says) {
  const auto info = read_consumer(object(R"({"stream_name":"events","name":"d","config":{"durable_name":"d",
    "deliver_policy":"all","ack_policy":"explicit","ack_wait":2000000000,"max_deliver":-1,"filter_subject":"a.b",
    "max_batch":7,"max_expires":9000000000},"delivered":{"consumer_seq":5,"stream_seq":8},
    "ack_floor":{"consumer_seq":3,"stream_seq":4},"num_ack_pending":2,"num_pending":11})"));
  EXPECT_EQ(info.filters, std::vector<std::string>{"a.b"});
  EXPECT_EQ(info.ack_policy, "explicit");
  EXPECT_EQ(info.ack_wait, std::chrono::seconds(2));
  EXPECT_EQ(info.max_deliver, -1);
  EXPECT_EQ(info.max_request_messages, 7U);
  EXPECT_EQ(info.max_request_expiry, std::chrono::seconds(9));
  EXPECT_EQ(info.delivered_consumer, 5U);
  EXPECT_EQ(info.delivered_stream, 8U);
  EXPECT_EQ(info.floor_consumer, 3U);
  EXPECT_EQ(info.floor_stream, 4U);
  EXPECT_EQ(info.unacknowledged, 2U);
  EXPECT_EQ(info.undelivered, 11U);
  EXPECT_FALSE(info.is_push);
}

TEST(consumer, reads_several_filters_and_survives_nonsense) {
  EXPECT_EQ(read_consumer(object(R"({"config":{"filter_subjects":["a","b"]}})")).filters.size(), 2U);
  EXPECT_TRUE(read_consumer(object(R"({"config":{"deliver_subject":"x"}})")).is_push);
  EXPECT_EQ(read_consumer(object(R"({"config":7,"delivered":null,"num_pending":"x"})")).undelivered, 0U);
  EXPECT_EQ(read_consumer({}).filters.size(), 0U);
}

TEST(consumer, beside_the_one_of_a_work_queue_is_refused_with_a_way_out) {
  for (const int code : {10099, 10100}) {
    const auto refused = refused_consumer({{}, code, 400, "filtered consumer not unique on workqueue stream"},
                                          "events", "creating the durable second");
    EXPECT_EQ(refused.reason(), error::invalid_value);
    for (const auto* const named : {"work queue", "events", "second", "--group"})
      EXPECT_NE(refused.message.find(named), std::string::npos) << refused.message;
  }
  const auto other =
      refused_consumer({{}, 10026, 400, "maximum consumers limit reached"}, "events", "creating");
  EXPECT_NE(other.message.find("maximum consumers"), std::string::npos) << other.message;
}

TEST(consumer, that_fits_is_taken) {
  EXPECT_TRUE(check_compatible(fitting(), stream_of({"a.b", "c"}), "a.b", "d"));
  auto all = fitting();
  all.filters.clear();
  EXPECT_TRUE(check_compatible(all, stream_of({"a.b"}), "a.b", "d"));
}

TEST(consumer, that_does_not_fit_is_refused_by_name) {
  auto push = fitting();
  push.is_push = true;
  auto none = fitting();
  none.ack_policy = "none";
  auto other = fitting();
  other.filters = {"c"};
  auto all = fitting();
  all.filters.clear();
  for (const auto& info : {push, none, other, all}) {
    const auto fits = check_compatible(info, stream_of({"a.b", "c"}), "a.b", "worker");
    ASSERT_FALSE(fits);
    EXPECT_EQ(fits.error().reason(), error::invalid_value);
    EXPECT_NE(fits.error().message.find("worker"), std::string::npos);
  }
}

TEST(consumer, has_acknowledged) {
  consumer_info info;
  EXPECT_FALSE(info.has_acknowledged());
  info.delivered_consumer = info.unacknowledged = 3;
  EXPECT_FALSE(info.has_acknowledged());
  info.unacknowledged = 2; // the second of three, say
  EXPECT_TRUE(info.has_acknowledged());
  info.unacknowledged = 3;
  info.floor_consumer = 1;
  EXPECT_TRUE(info.has_acknowledged());
}

TEST(gap, is_what_retention_took_before_it_was_delivered) {
  consumer_info info;
  info.delivered_consumer = info.floor_consumer = 10;
  info.delivered_stream = info.floor_stream = 10;
  auto stream = stream_of({"a.b"});
  stream.first_sequence = 15;
  stream.last_sequence = 20;
  EXPECT_EQ(find_gap(info, stream), (sequence_gap{11, 15}));
  stream.first_sequence = 11;
  EXPECT_FALSE(find_gap(info, stream));
  stream.first_sequence = 12;
  EXPECT_EQ(find_gap(info, stream), (sequence_gap{11, 12}));
}

TEST(gap, includes_what_was_delivered_and_not_acknowledged) {
  consumer_info info;
  info.delivered_consumer = info.delivered_stream = 10;
  info.floor_consumer = info.floor_stream = 4;
  info.unacknowledged = 6;
  auto stream = stream_of({"a.b"});
  stream.first_sequence = 8;
  EXPECT_EQ(find_gap(info, stream), (sequence_gap{5, 8}));
}

TEST(gap, is_none_for_a_new_durable) {
  auto stream = stream_of({"a.b"});
  stream.first_sequence = 100;
  consumer_info info;
  info.floor_stream = info.delivered_stream = 50; // where it was told to begin
  EXPECT_FALSE(find_gap(info, stream));
}

TEST(stream, tells_what_it_takes) {
  const auto stream = stream_of({"a.b", "c.>"});
  EXPECT_TRUE(stream.takes("a.b"));
  EXPECT_TRUE(stream.takes("c.d.e"));
  EXPECT_FALSE(stream.takes("a"));
  EXPECT_FALSE(stream.takes_only("a.b"));
  EXPECT_TRUE(stream_of({"a.b"}).takes_only("a.b"));
  EXPECT_FALSE(stream_of({"a.*"}).takes_only("a.b"));
  auto copy = stream_of({"a.b"});
  copy.is_copy = true;
  EXPECT_FALSE(copy.takes_only("a.b"));
}

TEST(stream, reads_what_the_server_says) {
  const auto stream = read_stream(object(R"({"config":{"name":"events","subjects":["a.b","c.>"]},
    "created":"2026-01-15T12:00:00.123456789Z","state":{"messages":3,"first_seq":2,"last_seq":4}})"));
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->name, "events");
  EXPECT_EQ(stream->subjects, (std::vector<std::string>{"a.b", "c.>"}));
  EXPECT_EQ(stream->created.nanoseconds, 123'456'789U);
  EXPECT_EQ(stream->messages, 3U);
  EXPECT_EQ(stream->first_sequence, 2U);
  EXPECT_EQ(stream->last_sequence, 4U);
  EXPECT_FALSE(stream->is_copy);
  EXPECT_TRUE(
      read_stream(object(R"({"config":{"mirror":{"name":"x"}},"created":"2026-01-15T12:00:00Z"})"))->is_copy);
  EXPECT_FALSE(read_stream(object(R"({"config":{"name":"events"}})")));
}

TEST(stream, names_are_checked) {
  EXPECT_TRUE(check_names("events", "a.b", false));
  EXPECT_EQ(check_names("a.b", "a.b", false).error().clause, "NAT-03");
  EXPECT_EQ(check_names("events", "a.*", false).error().clause, "NAT-01");
  EXPECT_TRUE(check_names("events", "a.*", true));
}

TEST(api_reply, reads_errors) {
  const auto missing =
      read_reply(R"({"type":"x","error":{"code":404,"err_code":10059,"description":"stream not found"}})");
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->error_code, 10059);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->description, "stream not found");
  EXPECT_EQ(read_reply("{}")->error_code, 0);
  EXPECT_NE(read_reply(R"({"error":{"code":500,"description":"old"}})")->error_code, 0);
  for (const char* nonsense : {"", "[]", "7", "{", "{}x", "\xff"})
    EXPECT_FALSE(read_reply(nonsense)) << nonsense;
}

TEST(api_reply, keeps_large_numbers) {
  const auto reply = read_reply(R"({"a":18446744073709551615,"b":9223372036854775807,"c":-1,"d":1.5})");
  EXPECT_EQ(number(reply->body, "a"), 18446744073709551615U);
  EXPECT_EQ(number(reply->body, "b"), 9223372036854775807U);
  EXPECT_EQ(number(reply->body, "c"), 0U);
  EXPECT_EQ(number(reply->body, "d"), 0U);
  EXPECT_EQ(number(reply->body, "none"), 0U);
}

} // namespace
} // namespace kollect::nats::detail

#include "fixture.hpp"

namespace kollect::test {
namespace {

using jetstream_server = nats_test;

TEST_F(jetstream_server, tells_where_a_stream_ends) {
  auto server = nats::jetstream::connect(target_);
  ASSERT_TRUE(server) << server.error();
  const auto missing = server->find_stream(target_.stream, 10s);
  ASSERT_TRUE(missing) << missing.error();
  EXPECT_FALSE(missing->has_value());
  publish(3);
  for (const std::uint64_t last : {3U, 5U}) {
    const auto found = server->find_stream(target_.stream, 10s);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->name, target_.stream);
    EXPECT_EQ((*found)->last_sequence, last);
    publish(2, static_cast<int>(last));
  }
}

TEST_F(jetstream_server, answers_in_its_own_json) {
  auto server = nats::jetstream::connect(target_);
  ASSERT_TRUE(server) << server.error();
  const boost::json::object wanted{
      {"name", target_.stream}, {"subjects", {target_.destination}}, {"max_msgs", 7}};
  ASSERT_TRUE(server->request("STREAM.CREATE." + target_.stream, wanted, 10s));
  const auto found = server->request("STREAM.INFO." + target_.stream, {}, 10s);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->at("config").at("max_msgs"), 7);
  ASSERT_TRUE(server->request("STREAM.DELETE." + target_.stream, {}, 10s));
  EXPECT_FALSE(has_stream());
}

TEST_F(jetstream_server, makes_failures_of_its_errors) {
  auto server = nats::jetstream::connect(target_);
  ASSERT_TRUE(server) << server.error();
  const auto gone = server->request("STREAM.INFO." + target_.stream, {}, 10s);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().reason(), error::topic_missing);
  const auto wrong =
      server->request("STREAM.CREATE." + target_.stream, {{"name", target_.stream}, {"retention", 7}}, 10s);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().reason(), error::invalid_value) << wrong.error();
  target_.addresses = {"nats://127.0.0.1:1"};
  EXPECT_EQ(nats::jetstream::connect(target_).error().reason(), error::broker_unavailable);
}

} // namespace
} // namespace kollect::test

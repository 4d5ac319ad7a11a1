#include "fixture.hpp"

#include <boost/json/serialize.hpp>

namespace kollect::test {
namespace {

using stream_server = nats_test;

boost::json::object without_subjects(boost::json::object config) {
  config.erase("subjects");
  return config;
}

TEST_F(stream_server, missing_one_is_created_on_disk_with_the_subject) {
  const auto made = nats::ensure_stream(target_);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->name, target_.stream);
  EXPECT_EQ(made->subjects, std::vector{target_.destination});
  EXPECT_GT(made->created.seconds, 1'700'000'000);
  administrator admin(target_);
  const auto config = admin.config_of(target_.stream);
  EXPECT_EQ(nats::detail::text(config, "storage"), "file");
  EXPECT_EQ(nats::detail::text(config, "retention"), "limits");
  const auto again = nats::ensure_stream(target_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->created, made->created);
}

TEST_F(stream_server, existing_one_that_takes_the_subject_is_left_alone) {
  target_.destination = "wild.card.subject";
  administrator admin(target_);
  admin.ask("STREAM.CREATE." + target_.stream, {{"name", target_.stream},
                                                {"subjects", {"other", "wild.*.subject"}},
                                                {"storage", "memory"},
                                                {"max_msgs", 7}});
  const auto before = admin.config_of(target_.stream);
  ASSERT_TRUE(nats::ensure_stream(target_));
  EXPECT_EQ(boost::json::serialize(admin.config_of(target_.stream)), boost::json::serialize(before));
}

TEST_F(stream_server, existing_one_gets_the_subject_and_keeps_all_else) {
  administrator admin(target_);
  admin.ask("STREAM.CREATE." + target_.stream, {{"name", target_.stream},
                                                {"description", "of somebody else"},
                                                {"subjects", {"one.>", "two"}},
                                                {"storage", "memory"},
                                                {"max_msgs", 1000},
                                                {"max_msgs_per_subject", 50},
                                                {"max_bytes", 1'000'000},
                                                {"max_age", 3'600'000'000'000},
                                                {"max_msg_size", 5000},
                                                {"duplicate_window", 30'000'000'000},
                                                {"discard", "new"},
                                                {"allow_direct", true},
                                                {"deny_delete", true}});
  const auto before = admin.config_of(target_.stream);
  const auto ensured = nats::ensure_stream(target_);
  ASSERT_TRUE(ensured) << ensured.error();
  EXPECT_EQ(ensured->subjects, (std::vector<std::string>{"one.>", "two", target_.destination}));
  const auto after = admin.config_of(target_.stream);
  EXPECT_EQ(without_subjects(after), without_subjects(before)) << boost::json::serialize(after);
  EXPECT_EQ(after.at("subjects").get_array().size(), 3U);
}

TEST_F(stream_server, subject_of_another_stream_is_a_clear_failure) {
  administrator admin(target_);
  admin.ask("STREAM.CREATE.thief", {{"name", "thief"}, {"subjects", {target_.destination}}});
  const auto made = nats::ensure_stream(target_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason(), error::invalid_value);
  EXPECT_NE(made.error().message.find(target_.destination), std::string::npos);
  EXPECT_NE(made.error().message.find("overlap"), std::string::npos) << made.error();
}

TEST_F(stream_server, names_that_cannot_be_are_refused_before_connecting) {
  target_.addresses = {"nats://127.0.0.1:1"};
  target_.stream = "a.b";
  EXPECT_EQ(nats::create_publisher(target_).error().clause, "NAT-03");
  target_.stream = "ok";
  target_.destination = "a.>";
  EXPECT_EQ(nats::create_publisher(target_).error().clause, "NAT-01");
  nats::subscriber_options options;
  options.durable = "a.b";
  EXPECT_EQ(nats::create_subscriber(target_, options, {}).error().reason(), error::invalid_value);
}

} // namespace
} // namespace kollect::test

#include <kollect/nats/reader.hpp>

#include "fixture.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace kollect::test {
namespace {

/// F47: streams that take no subject themselves, as messages of many clusters come together in them.
class nats_copied_stream : public nats_test {
protected:
  void SetUp() override {
    nats_test::SetUp();
    copy_ = target_;
    copy_.stream = target_.stream + "_copy";
  }

  void make_mirror() {
    administrator(target_).ask("STREAM.CREATE." + copy_.stream,
                               {{"name", copy_.stream}, {"mirror", {{"name", target_.stream}}}});
  }

  void make_one_with_source() {
    const boost::json::array sources{boost::json::object{{"name", target_.stream}}};
    administrator(target_).ask("STREAM.CREATE." + copy_.stream,
                               {{"name", copy_.stream}, {"sources", sources}});
  }

  std::string configuration(const std::string& stream) const {
    return boost::json::serialize(administrator(target_).config_of(stream));
  }

  /// Both kinds of readers get all that comes, now and later, and nothing is configured otherwise than
  /// before.
  void expect_read() {
    const auto original = configuration(target_.stream), copied = configuration(copy_.stream);
    member reader;
    ASSERT_TRUE(reader.join(copy_));
    ASSERT_TRUE(reader.poll_until_has(5));
    publish(3, 5);
    ASSERT_TRUE(reader.poll_until_has(8));
    EXPECT_EQ(reader.values(), numbered_values(8));
    ASSERT_TRUE(reader.settle());
    ASSERT_TRUE(reader->mark_end(10s));
    EXPECT_TRUE(reader.poll_until([&] { return reader.is_caught_up(); }));
    EXPECT_TRUE(reader.failures.empty());
    EXPECT_TRUE(reader.gaps.empty());

    auto log = nats::create_reader(copy_, {.start = read_start::earliest});
    ASSERT_TRUE(log) << log.error();
    EXPECT_EQ((*log)->ends(), (std::vector<partition_position>{{0, 9}}));
    std::vector<std::string> values;
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!(*log)->at_end() && std::chrono::steady_clock::now() < deadline) {
      auto taken = (*log)->poll(100, 1U << 20U, 250ms);
      ASSERT_TRUE(taken) << taken.error();
      for (const auto& message : *taken)
        values.emplace_back(message.value);
    }
    EXPECT_EQ(values, numbered_values(8));
    const auto found = (*log)->find(0, 2, 10s);
    ASSERT_TRUE(found) << found.error();
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->value, "1");
    EXPECT_EQ(configuration(target_.stream), original);
    EXPECT_EQ(configuration(copy_.stream), copied);
  }

  connection copy_;
};

TEST_F(nats_copied_stream, a_mirror_is_read) {
  publish(5);
  make_mirror();
  expect_read();
}

TEST_F(nats_copied_stream, one_with_a_source_is_read) {
  publish(5);
  make_one_with_source();
  expect_read();
}

TEST_F(nats_copied_stream, one_is_read_whose_source_takes_other_subjects_too) {
  administrator admin(target_);
  admin.ask("STREAM.CREATE." + target_.stream,
            {{"name", target_.stream}, {"subjects", {target_.destination, "other"}}});
  auto other = target_;
  other.destination = "other";
  ASSERT_TRUE(nats::create_publisher(other).value()->publish(
      std::vector{outgoing_message{"other", {}, {{"Nats-Msg-Id", "x"}}, "not ours"}}, 10s)[0]);
  publish(3);
  make_mirror();
  member reader;
  ASSERT_TRUE(reader.join(copy_));
  ASSERT_TRUE(reader.poll_until_has(3));
  EXPECT_EQ(reader.values(), numbered_values(3));
}

TEST_F(nats_copied_stream, a_stream_that_does_not_take_the_subject_is_left_as_it_is) {
  ASSERT_TRUE(nats::ensure_stream(target_));
  const auto before = configuration(target_.stream);
  auto elsewhere = target_;
  elsewhere.destination = "elsewhere";
  member reader;
  const auto joined = reader.join(elsewhere);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().reason(), error::topic_missing);
  EXPECT_NE(joined.error().message.find("does not take the subject elsewhere"), std::string::npos)
      << joined.error();
  const auto read = nats::create_reader(elsewhere, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, joined.error().message);
  EXPECT_EQ(configuration(target_.stream), before);
}

/// A work queue gives its messages to one consumer: others see where it ends, and no more.
TEST_F(nats_copied_stream, the_end_of_a_work_queue_is_told_beside_its_consumer) {
  administrator admin(target_);
  admin.ask("STREAM.CREATE." + target_.stream,
            {{"name", target_.stream}, {"subjects", {target_.destination}}, {"retention", "workqueue"}});
  publish(4);
  member consumer;
  ASSERT_TRUE(consumer.join(target_));
  ASSERT_TRUE(consumer.poll_until_has(4));
  consumer.messages[0].acknowledge();
  ASSERT_TRUE(consumer->commit(10s));
  auto reader = nats::create_reader(target_, {.start = read_start::latest});
  ASSERT_TRUE(reader) << reader.error();
  EXPECT_EQ((*reader)->ends(), (std::vector<partition_position>{{0, 5}}));
  const auto found = (*reader)->find(0, 4, 10s);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->value, "3");
  const auto taken = (*reader)->poll(1, 100, 1s);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason(), error::invalid_value);
  EXPECT_NE(taken.error().message.find("is a work queue"), std::string::npos) << taken.error();
}

/// The server refuses a second one when it is made; who only looks is told the same.
TEST_F(nats_copied_stream, the_one_consumer_of_a_work_queue_is_named_to_another) {
  administrator admin(target_);
  admin.ask(
      "STREAM.CREATE." + target_.stream,
      {{"name", target_.stream}, {"subjects", {target_.destination, "other.>"}}, {"retention", "workqueue"}});
  const auto make = [&](const std::string& name, const std::string& filter) {
    admin.ask("CONSUMER.DURABLE.CREATE." + target_.stream + "." + name,
              {{"stream_name", target_.stream},
               {"config", {{"durable_name", name}, {"ack_policy", "explicit"}, {"filter_subject", filter}}}});
  };
  auto server = nats::jetstream::connect(target_);
  ASSERT_TRUE(server) << server.error();
  const auto check = [&] {
    const auto stream = server->find_stream(target_.stream, 10s);
    return server->check_durable(stream.value().value(), target_.destination, "kollect-consumer", 10s);
  };
  make("unrelated", "other.a");
  EXPECT_TRUE(check()) << check().error();
  make("first", target_.destination);
  const auto checked = check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().reason(), error::invalid_value);
  for (const auto* const named : {"work queue", ", first;", "--group"})
    EXPECT_NE(checked.error().message.find(named), std::string::npos) << checked.error();
  member reader;
  EXPECT_FALSE(reader.join(target_)) << "the server is of the same mind";
}

} // namespace
} // namespace kollect::test

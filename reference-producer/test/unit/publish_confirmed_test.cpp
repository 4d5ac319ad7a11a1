#include "publish_confirmed.hpp"
#include "test/support/fake_publisher.hpp"

#include <support/failure_is.hpp>

#include <gtest/gtest.h>

namespace kollect::producer {
namespace {

using namespace std::chrono_literals;
using test::failure_is;
using test::has_value;

std::vector<outgoing_message> three_messages() {
  return {{"t", {}, {}, "a"}, {"t", {}, {}, "b"}, {"t", {}, {}, "c"}};
}

TEST(publish_confirmed, publishes_once_what_is_confirmed_at_once) {
  test::fake_publisher target;
  const auto results = publish_confirmed(target, three_messages(), 10s);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[2]->offset, 2);
  EXPECT_EQ(target.calls, std::vector<std::size_t>{3});
}

TEST(publish_confirmed, sends_again_what_was_not_confirmed) {
  test::fake_publisher target;
  int outages = 2;
  target.refuse = [&](const auto& message) -> std::optional<failure> {
    if (message.value != "b" || outages-- <= 0)
      return {};
    return make_failure(error::not_acknowledged, "the connection was lost");
  };
  const auto results = publish_confirmed(target, three_messages(), 30s);
  for (const auto& one : results)
    EXPECT_TRUE(has_value(one));
  EXPECT_EQ(target.calls, (std::vector<std::size_t>{3, 1, 1}));
  EXPECT_EQ(target.values, (std::vector<std::string>{"a", "c", "b"}));
}

TEST(publish_confirmed, gives_up_when_its_time_is_over) {
  test::fake_publisher target;
  target.refuse = [](const auto&) { return make_failure(error::broker_unavailable, "nobody is there"); };
  const auto results = publish_confirmed(target, three_messages(), 500ms);
  ASSERT_EQ(results.size(), 3U);
  for (const auto& one : results)
    EXPECT_TRUE(failure_is(one, error::broker_unavailable));
  EXPECT_GE(target.calls.size(), 2U);
  EXPECT_LE(target.calls.size(), 4U);
}

TEST(publish_confirmed, leaves_a_set_alone_of_which_a_message_was_refused_for_good) {
  test::fake_publisher target;
  target.refuse = [](const auto& message) -> std::optional<failure> {
    if (message.value == "a")
      return make_failure(error::message_exceeds_limit, "too large");
    return make_failure(error::not_acknowledged, "not sent, as another one cannot be");
  };
  const auto results = publish_confirmed(target, three_messages(), 10s);
  EXPECT_TRUE(failure_is(results[0], error::message_exceeds_limit));
  EXPECT_TRUE(failure_is(results[1], error::not_acknowledged));
  EXPECT_EQ(target.calls.size(), 1U);
}

} // namespace
} // namespace kollect::producer

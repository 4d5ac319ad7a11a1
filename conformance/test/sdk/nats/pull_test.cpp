#include <kollect/nats/detail/pull.hpp>

#include <gtest/gtest.h>

namespace kollect::nats::detail {
namespace {

using namespace std::chrono_literals;

constexpr pull_limits ten{10, 1000, 30s};
const clock::time_point start{};

TEST(pull_status, of_each_code) {
  EXPECT_EQ(read_status("100", "Idle Heartbeat"), pull_status::heartbeat);
  EXPECT_EQ(read_status("404", "No Messages"), pull_status::finished);
  EXPECT_EQ(read_status("408", "Request Timeout"), pull_status::finished);
  EXPECT_EQ(read_status("503", ""), pull_status::unavailable);
  EXPECT_EQ(read_status("400", "Bad Request"), pull_status::refused);
  EXPECT_EQ(read_status("409", "Message Size Exceeds MaxBytes"), pull_status::too_large);
  EXPECT_EQ(read_status("409", "Batch Completed"), pull_status::finished);
  EXPECT_EQ(read_status("409", "Consumer Deleted"), pull_status::deleted);
  EXPECT_EQ(read_status("409", "Leadership Change"), pull_status::unavailable);
  EXPECT_EQ(read_status("409", "Server Shutdown"), pull_status::unavailable);
  EXPECT_EQ(read_status("409", "Consumer is push based"), pull_status::refused);
  EXPECT_EQ(read_status("409", "Exceeded MaxRequestBatch of 5"), pull_status::refused);
  EXPECT_EQ(read_status("409", "Exceeded MaxWaiting"), pull_status::busy);
  EXPECT_EQ(read_status("409", "something new"), pull_status::busy);
  EXPECT_EQ(read_status("500", ""), pull_status::busy);
}

TEST(pull_requests, ask_again_when_half_is_gone) {
  pull_requests pulls{ten};
  const auto first = pulls.next(start, 0, 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->remaining, 10U);
  EXPECT_FALSE(pulls.next(start, 0, 0)); // ten are on their way
  for (int count = 0; count < 4; ++count)
    pulls.message_arrived();
  EXPECT_FALSE(pulls.next(start, 0, 0));
  pulls.message_arrived();
  EXPECT_FALSE(pulls.next(start, 5, 50)); // five are on their way, five wait here
  const auto second = pulls.next(start, 0, 0);
  ASSERT_TRUE(second);
  EXPECT_NE(second->number, first->number);
}

TEST(pull_requests, wait_while_too_many_bytes_are_here) {
  pull_requests pulls{ten};
  EXPECT_FALSE(pulls.next(start, 1, 1000));
  EXPECT_TRUE(pulls.next(start, 1, 999));
}

TEST(pull_requests, are_renewed_when_they_end_or_expire) {
  pull_requests pulls{ten};
  const auto first = pulls.next(start, 0, 0);
  pulls.ended(first->number, pull_status::heartbeat, start);
  EXPECT_FALSE(pulls.next(start, 0, 0));
  pulls.ended(first->number + 7, pull_status::finished, start); // unknown
  EXPECT_FALSE(pulls.next(start, 0, 0));
  pulls.ended(first->number, pull_status::finished, start);
  EXPECT_TRUE(pulls.next(start, 0, 0));
  EXPECT_FALSE(pulls.next(start + 30s, 0, 0));
  EXPECT_TRUE(pulls.next(start + 36s, 0, 0));
  pulls.forget_all();
  EXPECT_TRUE(pulls.next(start + 36s, 0, 0));
}

TEST(pull_requests, pause_when_refused) {
  pull_requests pulls{ten};
  const auto first = pulls.next(start, 0, 0);
  pulls.ended(first->number, pull_status::busy, start);
  EXPECT_FALSE(pulls.next(start + 100ms, 0, 0));
  EXPECT_TRUE(pulls.next(start + 500ms, 0, 0));
}

TEST(pull_requests, let_a_large_message_come_alone) {
  pull_requests pulls{ten};
  const auto first = pulls.next(start, 0, 0);
  EXPECT_EQ(first->bytes, 1000U);
  pulls.ended(first->number, pull_status::too_large, start);
  const auto large = pulls.next(start, 0, 0);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->remaining, 1U);
  EXPECT_EQ(large->bytes, 0U);
  EXPECT_FALSE(pulls.next(start, 0, 0)); // nothing beside it
  pulls.message_arrived();
  const auto after = pulls.next(start, 0, 0);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->remaining, 10U);
  EXPECT_EQ(after->bytes, 1000U);
}

TEST(pull_requests, go_on_as_before_when_the_bytes_were_used_up) {
  pull_requests pulls{ten};
  const auto first = pulls.next(start, 0, 0);
  pulls.message_arrived();
  pulls.ended(first->number, pull_status::too_large, start);
  EXPECT_EQ(pulls.next(start, 0, 0)->remaining, 10U);
}

TEST(pull_requests, survive_messages_of_forgotten_requests) {
  pull_requests pulls{ten};
  pulls.message_arrived();
  EXPECT_EQ(pulls.next(start, 0, 0)->remaining, 10U);
}

TEST(pull_requests, say_what_they_want_in_json) {
  EXPECT_EQ(to_json({1, 10, 1000, false, {}}, 30s), R"({"batch":10,"expires":30000000000,"max_bytes":1000})");
  EXPECT_EQ(to_json({1, 1, 0, false, {}}, 1s), R"({"batch":1,"expires":1000000000})");
}

} // namespace
} // namespace kollect::nats::detail

#include <kollect/kafka/detail/batch_end.hpp>
#include <kollect/kafka/detail/client.hpp>

#include <gtest/gtest.h>

namespace kollect::test {
namespace {

using kafka::detail::batch_end_search;

TEST(kafka_batch_end, is_found_wherever_it_is_and_no_good_offset_is_passed) {
  for (std::int64_t log_end = 8; log_end < 70; ++log_end)
    for (std::int64_t first = 7; first < log_end; ++first)
      for (std::int64_t end = first + 1; end <= log_end; ++end) {
        batch_end_search search(first, log_end);
        int questions = 0;
        while (!search.is_done()) {
          ASSERT_GT(search.question(), first);
          ASSERT_LT(search.question(), log_end);
          ASSERT_LT(++questions, 16);
          search.answer(search.question() < end);
        }
        ASSERT_EQ(search.end(), end) << first << " of " << log_end;
      }
}

TEST(kafka_batch_end, takes_one_question_for_one_message_and_few_for_many) {
  batch_end_search one(1'000, 1'000'000);
  one.answer(false);
  EXPECT_TRUE(one.is_done());
  EXPECT_EQ(one.end(), 1'001);

  batch_end_search many(0, 1'000'000'000);
  int questions = 0;
  for (; !many.is_done(); ++questions)
    many.answer(many.question() < 100'000);
  EXPECT_EQ(many.end(), 100'000);
  EXPECT_LE(questions, 36);
}

TEST(kafka_batch_end, is_behind_the_first_where_the_log_ends) {
  EXPECT_TRUE(batch_end_search(5, 6).is_done());
  EXPECT_EQ(batch_end_search(5, 0).end(), 6) << "the log is shorter than what was read of it";
}

TEST(kafka_oversized_answer, is_read_from_librdkafkas_words) {
  using kafka::detail::oversized_answer;
  EXPECT_EQ(oversized_answer("127.0.0.1:9/1: Receive failed: Invalid response size 20971661 (0..10000000): "
                             "increase receive.message.max.bytes (after 42ms in state UP)"),
            20'971'661);
  EXPECT_FALSE(oversized_answer("Invalid response size x: increase receive.message.max.bytes"));
  EXPECT_FALSE(oversized_answer(
      "Invalid response size -1946091520 (0..10000000): increase receive.message.max.bytes"));
  EXPECT_FALSE(oversized_answer("Disconnected (after 42ms in state UP)"));
}

} // namespace
} // namespace kollect::test

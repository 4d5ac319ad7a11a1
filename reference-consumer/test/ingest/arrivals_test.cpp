#include "ingest/arrivals.hpp"

#include "support/consumer.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

TEST(guess_items, finds_them_where_encoders_put_them) {
  EXPECT_EQ(guess_items(R"({"schemaVersion":"v","items":[{"a":[1]}]})"), R"([{"a":[1]}])");
  EXPECT_EQ(guess_items(R"({"items":[]})"), "[]");
  EXPECT_EQ(guess_items("[1]"), "[1]") << "an array is one";
}

TEST(guess_items, leaves_alone_what_is_spelled_another_way) {
  for (const auto* const payload : {"", "{}", R"({"items": []})", R"({"items":[]} )", R"({"items":{}})",
                                    R"({"items":)", R"({"items":]})", R"({"items":[],"more":1})"})
    EXPECT_EQ(guess_items(payload), "") << payload;
}

TEST(guess_items, looks_no_further_than_a_header_reaches) {
  const std::string payload = R"({"cluster":")" + std::string(2000, 'x') + R"(","items":[]})";
  EXPECT_EQ(guess_items(payload), "");
}

TEST(known_items, of_a_restarted_consumer_are_trusted_by_their_digest_only) {
  for (const bool is_array : {true, false}) {
    test_consumer consumer;
    const auto make = [&](std::int64_t second) {
      return is_array ? make_array(make_rows(3), noon(second))
                      : make_export(make_rows(3), noon(second)).front();
    };
    EXPECT_EQ(consumer.end_of(deliver(make(1), 0)), outcome::applied);
    consumer.restart();
    auto broken = make(2);
    const auto at = broken.value.rfind(R"("kind":)");
    ASSERT_NE(at, std::string::npos);
    broken.value[at + 6] = ';'; // the length is the same
    EXPECT_EQ(consumer.end_of(deliver(broken, 1)), outcome::dead_lettered);
    consumer.restart();
    EXPECT_EQ(consumer.end_of(deliver(make(3), 2)), outcome::applied);
    EXPECT_EQ(state_text(*consumer), state_text(make_rows(3)));
  }
}

/// A batch of export envelopes that are not spelled as one would think.
TEST(known_items, that_are_guessed_wrong_are_hashed_again) {
  test_consumer consumer;
  auto messages = make_export(make_rows(2), noon(1));
  auto& value = messages.front().value;
  const auto at = value.find(R"("items":)");
  ASSERT_NE(at, std::string::npos);
  value.insert(at, R"("extra":{"items":[{"a":1}]},)"); // the first `items`, and not the snapshot's
  EXPECT_EQ(consumer.end_of(deliver(messages.front(), 0)), outcome::applied);
  EXPECT_EQ(state_text(*consumer), state_text(make_rows(2)));
}

TEST(known_items, that_have_another_checksum_are_dead_letters) { // PAY-02
  test_consumer consumer;
  auto messages = make_export(make_rows(2), noon(1));
  auto& value = messages.front().value;
  const auto at = value.find("deployments");
  ASSERT_NE(at, std::string::npos);
  value[at] = 'D';
  EXPECT_EQ(consumer.end_of(deliver(messages.front(), 0)), outcome::dead_lettered);
}

} // namespace
} // namespace kollect::consumer::test

#include "store/store_suite.hpp"

namespace kollect::consumer::test {
namespace {

stored_dead_letter make_letter(std::int64_t offset, std::string value) {
  stored_dead_letter out;
  out.value = std::move(value);
  auto& letter = out.letter;
  letter.origin = {std::string(kafka_log), 4, offset};
  letter.message_key = "k";
  letter.subject = "inventory.changes";
  letter.headers_json = "[]";
  letter.reason = "syntax";
  letter.sentence = "the text is not valid JSON";
  letter.clause = "ENV-01";
  letter.at = noon();
  return out;
}

bool bury_in(transaction& in, const stored_dead_letter& one) {
  return in.bury(one.letter, one.value).value();
}

void expect_equal(const stored_dead_letter& found, const stored_dead_letter& buried) {
  const auto &actual = found.letter, &expected = buried.letter;
  EXPECT_EQ(found.value, buried.value);
  EXPECT_EQ(actual.origin.log, expected.origin.log);
  EXPECT_EQ(actual.origin.partition, expected.origin.partition);
  EXPECT_EQ(actual.origin.offset, expected.origin.offset);
  EXPECT_EQ(actual.message_key, expected.message_key);
  EXPECT_EQ(actual.subject, expected.subject);
  EXPECT_EQ(actual.headers_json, expected.headers_json);
  EXPECT_EQ(actual.is_tombstone, expected.is_tombstone);
  EXPECT_EQ(actual.reason, expected.reason);
  EXPECT_EQ(actual.sentence, expected.sentence);
  EXPECT_EQ(actual.clause, expected.clause);
  EXPECT_EQ(actual.byte_offset, expected.byte_offset);
  EXPECT_EQ(actual.at, expected.at);
}

TEST_P(dead_letters_suite, a_letter_comes_back_as_it_was_buried) {
  auto full = make_letter(7, std::string("\0\xFF{\"'", 5));
  full.letter.headers_json = R"([["a","b"],["a","c"]])";
  full.letter.byte_offset = 0;
  full.letter.at = {noon().seconds, 123'456'789};
  auto bare = make_letter(8, "");
  bare.letter.message_key.reset();
  bare.letter.subject = bare.letter.sentence = bare.letter.clause = "";
  bare.letter.is_tombstone = true;
  auto with_empty_key = make_letter(9, "value");
  with_empty_key.letter.message_key = "";
  with_empty_key.letter.byte_offset = std::numeric_limits<std::int64_t>::max();
  for (const auto& letter : {full, bare, with_empty_key})
    bury(letter);
  reopen();
  const auto stored = letters();
  ASSERT_EQ(stored.size(), 3U);
  expect_equal(stored[0], full);
  expect_equal(stored[1], bare);
  expect_equal(stored[2], with_empty_key);
  for (const auto& one : stored) {
    EXPECT_TRUE(one.has_body);
    EXPECT_EQ(one.value_bytes, static_cast<std::int64_t>(one.value.size()));
    EXPECT_EQ(one.value_digest, sha256(one.value));
  }
}

TEST_P(dead_letters_suite, hostile_texts_come_back_in_every_field) {
  std::vector<stored_dead_letter> buried;
  for (const auto& text : hostile_texts()) {
    auto letter = make_letter(static_cast<std::int64_t>(buried.size()), text);
    letter.letter.origin.log = letter.letter.subject = letter.letter.headers_json = letter.letter.sentence =
        text;
    letter.letter.message_key = text;
    bury(letter);
    buried.push_back(letter);
  }
  const auto stored = letters();
  ASSERT_EQ(stored.size(), buried.size());
  for (std::size_t index = 0; index < buried.size(); ++index)
    expect_equal(stored[index], buried[index]);
}

TEST_P(dead_letters_suite, they_are_listed_in_pages_by_id) {
  for (std::int64_t offset = 0; offset < 5; ++offset)
    bury(make_letter(offset, "x"));
  const auto first = store_->dead_letters(0, 2).value();
  ASSERT_EQ(first.size(), 2U);
  const auto second = store_->dead_letters(first.back().id, 100).value();
  ASSERT_EQ(second.size(), 3U);
  EXPECT_GT(second.front().id, first.back().id);
  EXPECT_EQ(second.front().letter.origin.offset, 2);
  EXPECT_TRUE(store_->dead_letters(second.back().id, 100).value().empty());
}

TEST_P(dead_letters_suite, a_letter_is_known_by_its_place_and_its_bytes) {
  auto letter = make_letter(7, "poison");
  commit([&](transaction& in) {
    EXPECT_TRUE(bury_in(in, letter));
    EXPECT_FALSE(bury_in(in, letter));
  });
  commit([&](transaction& in) {
    EXPECT_FALSE(bury_in(in, letter));
    EXPECT_TRUE(bury_in(in, make_letter(7, "other")));
    EXPECT_TRUE(bury_in(in, make_letter(8, "poison")));
    ++letter.letter.origin.partition;
    EXPECT_TRUE(bury_in(in, letter));
    letter.letter.origin.log = "kafka/cluster-1/other";
    EXPECT_TRUE(bury_in(in, letter));
  });
  EXPECT_EQ(letters().size(), 5U);
}

TEST_P(dead_letters_suite, one_that_is_taken_is_gone_with_its_bytes) {
  bury(make_letter(1, std::string(100, 'a')));
  bury(make_letter(2, std::string(100, 'b')));
  const auto before = letters();
  commit([&](transaction& in) {
    const auto taken = in.take_dead_letter(before[0].id).value();
    ASSERT_TRUE(taken);
    expect_equal(*taken, before[0]);
    EXPECT_FALSE(in.take_dead_letter(before[0].id).value());
  });
  ASSERT_EQ(letters().size(), 1U);
  prune(150); // one body is within that
  EXPECT_EQ(bodies(), std::vector<bool>{true});
  EXPECT_EQ(store_->contradictions().value(), std::vector<std::string>());
}

TEST_P(dead_letters_suite, one_that_is_taken_and_not_committed_is_still_there) {
  bury(make_letter(1, "x"));
  EXPECT_TRUE(begin()->take_dead_letter(letters().front().id).value());
  EXPECT_EQ(letters().size(), 1U);
}

TEST_P(dead_letters_suite, another_message_at_the_same_place_is_buried_too) {
  bury(make_letter(7, "of the old log"));
  bury(make_letter(7, "of the new log"));
  EXPECT_EQ(letters().size(), 2U);
}

TEST_P(dead_letters_suite, over_the_bytes_the_oldest_bodies_go_and_their_digests_stay) {
  constexpr std::int64_t body = 100 + 1 + 2; // value, key, headers
  for (std::int64_t offset = 0; offset < 5; ++offset)
    bury(make_letter(offset, std::string(100, static_cast<char>('a' + offset))));
  prune(5 * body);
  EXPECT_EQ(bodies(), (std::vector<bool>{true, true, true, true, true}));
  prune(3 * body);
  EXPECT_EQ(bodies(), (std::vector<bool>{false, false, true, true, true}));
  const auto dropped = letters().front();
  EXPECT_EQ(dropped.value, "");
  EXPECT_EQ(dropped.letter.message_key, std::nullopt);
  EXPECT_EQ(dropped.value_bytes, 100);
  EXPECT_EQ(dropped.value_digest, sha256(std::string(100, 'a')));
  EXPECT_EQ(dropped.letter.origin.offset, 0);
  EXPECT_EQ(dropped.letter.reason, "syntax");
  prune(3 * body); // what went does not count any more
  EXPECT_EQ(bodies(), (std::vector<bool>{false, false, true, true, true}));
  commit([&](transaction& in) { // and is known all the same when it comes again
    EXPECT_FALSE(bury_in(in, make_letter(0, std::string(100, 'a'))));
  });
}

TEST_P(dead_letters_suite, keys_and_headers_count_as_well) {
  auto letter = make_letter(0, "v");
  letter.letter.message_key = std::string(1000, 'k');
  bury(letter);
  letter = make_letter(1, "v");
  letter.letter.headers_json = R"([["h",")" + std::string(1000, 'h') + R"("]])";
  bury(letter);
  bury(make_letter(2, "v"));
  prune(1500);
  EXPECT_EQ(bodies(), (std::vector<bool>{false, true, true}));
  prune(500);
  EXPECT_EQ(bodies(), (std::vector<bool>{false, false, true}));
  EXPECT_EQ(letters()[1].letter.headers_json, "[]");
}

TEST_P(dead_letters_suite, a_letter_that_is_larger_than_all_that_is_allowed_goes_too) {
  bury(make_letter(0, std::string(1000, 'x')));
  prune(10);
  EXPECT_EQ(bodies(), std::vector<bool>{false});
  bury(make_letter(1, "small"));
  prune(10);
  EXPECT_EQ(bodies(), (std::vector<bool>{false, true}));
}

TEST_P(dead_letters_suite, a_letter_that_is_not_committed_is_not_there) {
  EXPECT_TRUE(succeeds(begin()->bury(make_letter(0, "x").letter, "x")));
  EXPECT_TRUE(letters().empty());
}

} // namespace
} // namespace kollect::consumer::test

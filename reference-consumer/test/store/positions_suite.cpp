#include "store/store_suite.hpp"

namespace kollect::consumer::test {
namespace {

owned_position moved_to(owned_position position, std::int64_t next_offset) {
  position.next_offset = next_offset;
  position.last_message = fingerprint_of("message " + std::to_string(next_offset - 1));
  return position;
}

TEST_P(store_suite, a_partition_that_was_never_consumed_has_no_position) {
  const auto claimed = claim_one(7);
  EXPECT_EQ(claimed.partition, 7);
  EXPECT_EQ(claimed.next_offset, -1);
  EXPECT_EQ(claimed.last_message, std::nullopt);
}

TEST_P(store_suite, partitions_are_claimed_together_in_the_order_asked_for) {
  const std::array<std::int32_t, 3> partitions{5, 0, 2};
  const auto claimed = store_->claim(log_, partitions, "the test");
  ASSERT_TRUE(succeeds(claimed));
  ASSERT_EQ(claimed->size(), 3U);
  for (std::size_t index = 0; index < 3; ++index)
    EXPECT_EQ((*claimed)[index].partition, partitions[index]);
  EXPECT_TRUE(store_->claim(log_, {}, "the test").value().empty());
}

TEST_P(store_suite, an_advanced_position_stays_and_is_found_by_the_next_claim) {
  const auto first = claim_one();
  const auto moved = moved_to(first, 42);
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.advance(log_, first, moved))); });
  reopen();
  const auto second = claim_one();
  EXPECT_EQ(second.next_offset, 42);
  EXPECT_EQ(second.last_message, moved.last_message);
  EXPECT_GT(second.owner_epoch, first.owner_epoch);
}

TEST_P(store_suite, who_was_claimed_away_from_is_fenced_and_nothing_of_its_batch_is_stored) {
  const auto paused = claim_one();
  const auto owner = claim_one(0, "another");
  const auto before = place_->dump();
  {
    const auto late = begin();
    EXPECT_TRUE(fails_with(late->advance(log_, paused, moved_to(paused, 10)), error::fenced));
    // Even one that went on writing would leave nothing behind.
    write_rows(*late, rows_of(make_rows(3)), 0);
    EXPECT_TRUE(succeeds(late->count({1, 1, 0, 0, 0, 0})));
  }
  EXPECT_EQ(place_->dump(), before);
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.advance(log_, owner, moved_to(owner, 10)))); });
}

TEST_P(store_suite, a_position_moves_only_from_where_it_stands) {
  const auto held = claim_one();
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.advance(log_, held, moved_to(held, 10)))); });
  const auto in = begin();
  EXPECT_TRUE(fails_with(in->advance(log_, held, moved_to(held, 20)), error::fenced));
  EXPECT_TRUE(fails_with(in->advance(log_, moved_to(held, 9), moved_to(held, 20)), error::fenced));
  EXPECT_TRUE(succeeds(in->advance(log_, moved_to(held, 10), moved_to(held, 20))));
  EXPECT_TRUE(succeeds(in->advance(log_, moved_to(held, 20), moved_to(held, 20))));
}

TEST_P(store_suite, what_nobody_claimed_cannot_be_advanced) {
  const auto held = claim_one(0);
  auto other = held;
  other.partition = 1;
  const auto in = begin();
  EXPECT_TRUE(fails_with(in->advance(log_, other, moved_to(other, 1)), error::fenced));
  EXPECT_TRUE(fails_with(in->advance("kafka/cluster-1/other", held, moved_to(held, 1)), error::fenced));
}

TEST_P(store_suite, an_advance_that_is_not_committed_did_not_happen) {
  const auto held = claim_one();
  EXPECT_TRUE(succeeds(begin()->advance(log_, held, moved_to(held, 10))));
  EXPECT_EQ(claim_one().next_offset, -1);
}

TEST_P(store_suite, partitions_and_logs_do_not_touch_each_other) {
  const std::array<std::int32_t, 2> partitions{0, 1};
  const auto here = store_->claim(log_, partitions, "the test").value();
  const auto there = store_->claim("kafka/cluster-1/other", partitions, "the test").value();
  commit([&](transaction& in) {
    EXPECT_TRUE(succeeds(in.advance(log_, here[1], moved_to(here[1], 11))));
    EXPECT_TRUE(succeeds(in.advance("kafka/cluster-1/other", there[0], moved_to(there[0], 22))));
  });
  EXPECT_EQ(claim_one(0).next_offset, -1);
  EXPECT_EQ(claim_one(1).next_offset, 11);
  EXPECT_EQ(store_->claim("kafka/cluster-1/other", partitions, "the test").value().front().next_offset, 22);
}

TEST_P(store_suite, the_largest_offset_fits) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  const auto held = claim_one(std::numeric_limits<std::int32_t>::max());
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.advance(log_, held, moved_to(held, largest)))); });
  EXPECT_EQ(claim_one(held.partition).next_offset, largest);
}

TEST_P(store_suite, a_rewound_position_is_found_by_the_next_claim) {
  const auto held = claim_one();
  const auto moved = moved_to(held, 10);
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.advance(log_, held, moved))); });
  EXPECT_TRUE(succeeds(store_->rewind(log_, moved, 4)));
  reopen();
  const auto again = claim_one();
  EXPECT_EQ(again.next_offset, 4);
  EXPECT_EQ(again.last_message, std::nullopt);
  EXPECT_TRUE(succeeds(store_->rewind(log_, again, -1)));
  EXPECT_EQ(claim_one().next_offset, -1);
}

TEST_P(store_suite, only_the_owner_rewinds) {
  const auto paused = claim_one();
  commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.advance(log_, paused, moved_to(paused, 10)))); });
  claim_one(0, "another");
  EXPECT_TRUE(fails_with(store_->rewind(log_, paused, 0), error::fenced));
  EXPECT_TRUE(fails_with(store_->rewind("kafka/cluster-1/other", paused, 0), error::fenced));
  EXPECT_EQ(claim_one().next_offset, 10);
}

TEST_P(store_suite, a_stream_has_a_position_once_something_of_it_was_consumed) {
  const std::string stream(nats_log);
  EXPECT_FALSE(store_->noted_position(stream).value());
  EXPECT_TRUE(succeeds(begin()->note_position(stream, {0, 0, 5, fingerprint_of("four")})));
  EXPECT_FALSE(store_->noted_position(stream).value());
  commit([&](transaction& in) {
    EXPECT_TRUE(succeeds(in.note_position(stream, {0, 0, 5, fingerprint_of("four")})));
  });
  const auto noted = store_->noted_position(stream).value();
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->next_offset, 5);
  EXPECT_EQ(noted->last_message, fingerprint_of("four"));
  EXPECT_FALSE(store_->noted_position(log_).value());
  claim_one(); // of which nothing is consumed yet
  EXPECT_FALSE(store_->noted_position(log_).value());
}

TEST_P(store_suite, a_redelivery_does_not_take_the_position_of_a_stream_back) {
  const std::string stream(nats_log);
  for (const std::int64_t position : {5, 9, 3})
    commit([&](transaction& in) {
      EXPECT_TRUE(
          succeeds(in.note_position(stream, {0, 0, position, fingerprint_of(std::to_string(position))})));
    });
  const auto noted = store_->noted_position(stream).value();
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->next_offset, 9);
  EXPECT_EQ(noted->last_message, fingerprint_of("9"));
}

TEST_P(store_suite, a_stream_that_was_replaced_is_set_back) {
  const std::string stream(nats_log);
  commit([&](transaction& in) {
    EXPECT_TRUE(succeeds(in.note_position(stream, {0, 0, 9, fingerprint_of("9")})));
  });
  EXPECT_TRUE(succeeds(store_->rewind(stream, *store_->noted_position(stream).value(), 1)));
  commit([&](transaction& in) {
    EXPECT_TRUE(succeeds(in.note_position(stream, {0, 0, 3, fingerprint_of("3")})));
  });
  const auto noted = store_->noted_position(stream).value();
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->next_offset, 3);
  EXPECT_EQ(noted->last_message, fingerprint_of("3"));
}

TEST_P(store_suite, logs_with_hostile_names_are_told_apart) {
  const auto names = hostile_texts();
  const std::array<std::int32_t, 1> partitions{0};
  for (std::size_t index = 0; index < names.size(); ++index) {
    const auto held = store_->claim(names[index], partitions, names[index]).value().front();
    const auto offset = static_cast<std::int64_t>(index) + 1;
    commit([&](transaction& in) {
      EXPECT_TRUE(succeeds(in.advance(names[index], held, moved_to(held, offset))));
    });
  }
  for (std::size_t index = 0; index < names.size(); ++index)
    EXPECT_EQ(store_->claim(names[index], partitions, "").value().front().next_offset,
              static_cast<std::int64_t>(index) + 1);
}

} // namespace
TEST_P(store_suite, positions_tell_where_each_log_stands_and_whose_it_is) {
  const auto held = claim_one(3, "me");
  auto moved = held;
  moved.next_offset = 8;
  commit([&](transaction& in) {
    EXPECT_TRUE(succeeds(in.advance(log_, held, moved)));
    EXPECT_TRUE(succeeds(in.note_position("nats/stream", {0, 0, 5, {}})));
  });
  const auto found = store_->positions().value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].log, log_);
  EXPECT_EQ(found[0].partition, 3);
  EXPECT_EQ(found[0].next_offset, 8);
  EXPECT_EQ(found[0].owner_epoch, held.owner_epoch);
  EXPECT_EQ(found[0].owner, "me");
  EXPECT_EQ(found[1].log, "nats/stream");
  EXPECT_EQ(found[1].next_offset, 5);
  EXPECT_EQ(found[1].owner_epoch, 0);
}

} // namespace kollect::consumer::test

// Rows that are kept from batch to batch: they must never be others than the store's.
#include "support/consumer.hpp"
#include "support/hostile_texts.hpp"

#include <kollect/base64.hpp>
#include <kollect/parse.hpp>

#include <servers/files.hpp>

#include <boost/json/value_to.hpp>

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

class warm_rows : public testing::Test {
protected:
  void take(std::size_t rows, std::int64_t revision, const scope& where = web_scope()) {
    EXPECT_EQ(consumer_.end_of(message(rows, revision, where)), outcome::applied);
  }
  /// Rows that change with their revision but for the last one.
  static std::vector<item> some_rows(std::size_t rows, std::int64_t revision) {
    auto out = make_rows(rows, revision);
    out.push_back(make_row("steady"));
    return out;
  }
  received_message message(std::size_t rows, std::int64_t revision, const scope& where = web_scope()) {
    const auto offset = next_++;
    return deliver(make_array(some_rows(rows, revision), noon(offset), where), offset);
  }
  void expect_rows(std::size_t rows, std::int64_t revision) {
    EXPECT_EQ(state_text(*consumer_), state_text(some_rows(rows, revision)));
    EXPECT_EQ(folded_feed(*consumer_), state_text(*consumer_));
  }
  std::int64_t reads() { return std::exchange(consumer_.faults.row_reads, 0); }

  test_consumer consumer_;
  std::int64_t next_ = 0;
};

TEST_F(warm_rows, are_read_from_the_store_once) {
  take(5, 1);
  EXPECT_EQ(reads(), 0) << "there are none yet";
  consumer_.restart();
  for (std::int64_t revision = 2; revision < 6; ++revision)
    take(static_cast<std::size_t>(revision), revision);
  EXPECT_EQ(reads(), 1);
  consumer_.restart();
  take(5, 6);
  EXPECT_EQ(reads(), 1);
  expect_rows(5, 6);
}

TEST_F(warm_rows, of_an_unchanged_snapshot_are_kept_without_being_read) {
  take(5, 1);
  consumer_.restart();
  take(5, 1); // only its date is new
  EXPECT_EQ(consumer_.rows.kept().size(), 1U);
  take(4, 2);
  EXPECT_EQ(reads(), 0);
  expect_rows(4, 2);
  test_consumer cold(broker_system::kafka, 1, 10);
  for (std::int64_t offset = 0; offset < 3; ++offset)
    EXPECT_EQ(cold.end_of(deliver(make_array(make_rows(3), noon(offset)), offset)), outcome::applied);
  EXPECT_EQ(cold.rows.kept().size(), 0U) << "there is no room for them";
}

TEST_F(warm_rows, are_read_each_time_where_none_are_kept) {
  test_consumer cold(broker_system::kafka, 1, 0);
  for (std::int64_t revision = 0; revision < 4; ++revision)
    EXPECT_EQ(cold.end_of(deliver(make_array(make_rows(3, revision), noon(revision)), revision)),
              outcome::applied);
  EXPECT_EQ(cold.faults.row_reads, 3);
  EXPECT_EQ(cold.rows.kept().bytes(), 0U);
}

TEST_F(warm_rows, are_read_again_after_a_commit_that_failed) {
  take(5, 1);
  consumer_.faults.commit.push_back(make_failure(error::store_unavailable, "as the test wants it"));
  const auto batch = batch_of(message(6, 2));
  EXPECT_TRUE(
      fails_with(consumer::ingest(*consumer_, consumer_.settings, consumer_.owned, batch, consumer_.rows),
                 error::store_unavailable));
  EXPECT_EQ(consumer_.rows.kept().size(), 0U);
  expect_rows(5, 1);
  reads();
  EXPECT_EQ(consumer_.take(batch).applied, 1);
  EXPECT_EQ(reads(), 1);
  expect_rows(6, 2);
}

TEST_F(warm_rows, are_read_again_after_a_commit_that_nobody_knows_of) {
  take(5, 1);
  consumer_.faults.answer.push_back(make_failure(error::store_unavailable, "as the test wants it"));
  const auto batch = batch_of(message(6, 2));
  EXPECT_FALSE(consumer::ingest(*consumer_, consumer_.settings, consumer_.owned, batch, consumer_.rows));
  EXPECT_EQ(consumer_.rows.kept().size(), 0U);
  consumer_.restart();
  EXPECT_EQ(consumer_.take(batch), outcome_counts{}); // it was done
  take(4, 3);
  expect_rows(4, 3);
}

TEST_F(warm_rows, of_a_failed_batch_are_gone_but_not_those_of_other_scopes) {
  take(5, 1);
  take(5, 1, {"prod-west", "team-a", "other"});
  consumer_.faults.commit.push_back(make_failure(error::store_unavailable, "as the test wants it"));
  EXPECT_FALSE(consumer::ingest(*consumer_, consumer_.settings, consumer_.owned, batch_of(message(6, 2)),
                                consumer_.rows));
  EXPECT_EQ(consumer_.rows.kept().size(), 1U);
}

// Another process is whoever has rows of its own and the same store.

TEST_F(warm_rows, are_read_again_after_another_process_has_written_the_scope) {
  held_scopes of_another(default_row_cache_bytes);
  reads();
  for (std::int64_t turn = 0; turn < 8; ++turn) {
    if (turn % 2 == 1)
      std::swap(consumer_.rows, of_another);
    take(3 + static_cast<std::size_t>(turn % 3), turn);
    expect_rows(3 + static_cast<std::size_t>(turn % 3), turn);
    if (turn % 2 == 1)
      std::swap(consumer_.rows, of_another);
  }
  EXPECT_EQ(reads(), 7);
}

TEST_F(warm_rows, of_a_scope_that_another_process_has_left_unchanged_are_read_again) {
  take(5, 1);
  held_scopes of_another(0);
  std::swap(consumer_.rows, of_another);
  take(5, 1); // only its date is new
  std::swap(consumer_.rows, of_another);
  take(6, 2);
  expect_rows(6, 2);
}

TEST_F(warm_rows, are_read_again_after_a_dead_letter_was_retried) {
  take(5, 1);
  const auto bound = std::exchange(consumer_.settings.limits.max_message_bytes, 50);
  EXPECT_EQ(consumer_.end_of(message(7, 2)), outcome::dead_lettered);
  consumer_.settings.limits.max_message_bytes = bound;
  EXPECT_EQ(retry_dead_letter(*consumer_, consumer_.settings, consumer_.dead_letters().front().id).value(),
            outcome::applied);
  take(6, 3);
  expect_rows(6, 3);
}

TEST_F(warm_rows, serve_several_snapshots_of_a_scope_in_one_batch) {
  std::vector<received_message> batch;
  for (std::int64_t revision = 1; revision < 6; ++revision)
    batch.push_back(message(static_cast<std::size_t>(8 - revision), revision));
  EXPECT_EQ(consumer_.take(batch).applied, 5);
  EXPECT_EQ(reads(), 0);
  expect_rows(3, 5);
}

TEST_F(warm_rows, that_were_held_back_stay_as_they_are) {
  consumer_.settings.max_delete_percent = 50;
  take(9, 1);
  EXPECT_EQ(consumer_.end_of(message(1, 1)), outcome::dead_lettered);
  EXPECT_EQ(consumer_.rows.kept().size(), 1U);
  take(8, 2);
  expect_rows(8, 2);
}

TEST_F(warm_rows, of_other_scopes_go_when_they_are_too_many) {
  test_consumer small(broker_system::kafka, 1, 3'000);
  std::int64_t next = 0;
  for (int round = 0; round < 5; ++round)
    for (int number = 0; number < 6; ++number) {
      const scope where{"prod-west", "team-a", std::to_string(number)};
      small.take(deliver(make_array(make_rows(4, next), noon(next), where), next));
      ++next;
      EXPECT_LE(small.rows.kept().bytes(), 3'000U);
    }
  EXPECT_GT(small.faults.row_reads, 6);
  EXPECT_EQ(small->scopes().value().size(), 6U);
  EXPECT_EQ(folded_feed(*small), state_text(*small));
}

TEST_F(warm_rows, of_a_set_serve_the_next_set) {
  for (std::int64_t revision = 1; revision < 4; ++revision)
    for (auto& part : make_export(make_rows(20, revision), noon(revision), 1500))
      consumer_.take(deliver(part, next_++));
  EXPECT_EQ(reads(), 0);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(20, 3)));
}

// S8. Rows that have the XXH3-128 of those held, built by hand, are told apart by their bytes.

TEST_F(warm_rows, with_the_fingerprint_of_others_are_not_taken_for_them) {
  const auto lines = servers::read_file(KOLLECT_VECTORS "/xxh3-collision.jsonl").value();
  for (std::size_t at = 0, end = 0; (end = lines.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto pair = parse_value(lines.substr(at, end - at)).value();
    test_consumer consumer;
    std::int64_t next = 0;
    for (const auto* name : {"a", "b", "a", "b"}) {
      const auto value = decode_base64(boost::json::value_to<std::string>(pair.at(name))).value();
      const auto payload = std::string(parse_envelope(value).value().payload);
      const auto report =
          consumer.ingest(batch_of(deliver(make_kafka_message(web_scope(), noon(next), payload), next)));
      ++next;
      ASSERT_TRUE(succeeds(report));
      EXPECT_EQ(report->counts.applied, 1);
      EXPECT_EQ(report->rows_added + report->rows_changed, 1);
      row_map rows;
      collect_rows(parse_payload(payload).value(), rows);
      EXPECT_EQ(consumer->begin().value()->rows(1).value().to_map(), rows);
    }
    EXPECT_EQ(consumer.faults.row_reads, next) << "but for this test's own";
  }
}

} // namespace
} // namespace kollect::consumer::test

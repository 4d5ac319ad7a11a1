#include "support/consumer.hpp"

#include <gtest/gtest.h>

namespace kollect::consumer::test {
namespace {

TEST(ingest, a_snapshot_becomes_the_state) {
  test_consumer consumer;
  const auto report = consumer.ingest(batch_of(deliver(make_array(make_rows(3), noon()), 0)));
  ASSERT_TRUE(succeeds(report));
  EXPECT_EQ(report->counts, (outcome_counts{1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(report->rows_added, 3);
  EXPECT_EQ(state_text(*consumer), state_text(make_rows(3)));
  EXPECT_EQ(folded_feed(*consumer), state_text(make_rows(3)));
  const auto scopes = consumer->scopes().value();
  ASSERT_EQ(scopes.size(), 1U);
  EXPECT_EQ(scopes[0].scope, web_scope());
  EXPECT_EQ(scopes[0].row_count, 3);
}

TEST(ingest, the_next_one_changes_what_differs) {
  test_consumer consumer;
  consumer.take(deliver(make_array(make_rows(4), noon()), 0));
  const auto report = consumer.ingest(
      batch_of(deliver(make_array({make_row("row-0"), make_row("row-1", 2), make_row("new")}, noon(1)), 1)));
  ASSERT_TRUE(succeeds(report));
  EXPECT_EQ(report->rows_added, 1);
  EXPECT_EQ(report->rows_changed, 1);
  EXPECT_EQ(report->rows_removed, 2);
  EXPECT_EQ(state_text(*consumer), state_text({make_row("row-0"), make_row("row-1", 2), make_row("new")}));
}

TEST(ingest, an_empty_snapshot_clears_its_scope) { // DEL-02
  test_consumer consumer;
  consumer.take(deliver(make_array(make_rows(4), noon()), 0));
  consumer.take(deliver(make_array(make_rows(2), noon(), {"prod-west", "team-a", "other"}), 1));
  EXPECT_EQ(consumer.end_of(deliver(make_array({}, noon(1)), 2)), outcome::applied);
  EXPECT_EQ(state_text(*consumer), state_text(make_rows(2), {"prod-west", "team-a", "other"}));
  EXPECT_EQ(consumer->scopes().value().size(), 2U);
}

TEST(ingest, older_and_repeated_snapshots_change_nothing) { // DED-01, DED-03
  test_consumer consumer;
  const auto newest = make_array(make_rows(3), noon(10));
  EXPECT_EQ(consumer.end_of(deliver(newest, 0)), outcome::applied);
  const auto before = state_text(*consumer);
  EXPECT_EQ(consumer.end_of(deliver(make_array(make_rows(9), noon(9)), 1)), outcome::stale);
  EXPECT_EQ(consumer.end_of(deliver(newest, 2)), outcome::duplicate);
  EXPECT_EQ(consumer.end_of(deliver(make_array(make_rows(9), noon(9)), 3)), outcome::duplicate);
  EXPECT_EQ(state_text(*consumer), before);
}

TEST(ingest, a_re_export_of_the_same_rows_is_applied_and_changes_nothing) { // ENV-05
  test_consumer consumer;
  consumer.take(deliver(make_array(make_rows(3), noon()), 0));
  const auto told = consumer->changes_after(0, 100).value().size();
  EXPECT_EQ(consumer.end_of(deliver(make_array(make_rows(3), noon(30)), 1)), outcome::applied);
  EXPECT_EQ(consumer->changes_after(0, 100).value().size(), told);
  EXPECT_EQ(consumer->scopes().value().front().exported_at, noon(30));
}

TEST(ingest, the_same_export_in_another_envelope_is_a_duplicate) {
  test_consumer consumer;
  EXPECT_EQ(consumer.end_of(deliver(make_export(make_rows(3), noon(), 0, 1, noon(1)).front(), 0)),
            outcome::applied);
  EXPECT_EQ(consumer.end_of(deliver(make_export(make_rows(3), noon(), 0, 1, noon(2)).front(), 1)),
            outcome::duplicate);
}

TEST(ingest, exported_at_orders_where_it_is_present) { // DED-03
  test_consumer consumer;
  consumer.take(deliver(make_export(make_rows(3), noon(10), 0, 1, noon(11)).front(), 0));
  EXPECT_EQ(consumer.end_of(deliver(make_export(make_rows(4), noon(9), 0, 1, noon(99)).front(), 1)),
            outcome::stale);
  EXPECT_EQ(consumer.end_of(deliver(make_export(make_rows(4), noon(11), 0, 1, noon(5)).front(), 2)),
            outcome::applied);
}

TEST(ingest, the_instant_orders_and_not_its_text) {
  test_consumer consumer;
  consumer.take(deliver(make_array(make_rows(1), {noon().seconds, 100'000'000}), 0));
  EXPECT_EQ(consumer.end_of(deliver(make_array(make_rows(2), noon()), 1)),
            outcome::stale); // "…00Z" after "…00.1Z"
}

TEST(ingest, key_forms_name_the_scope) { // KAF-01
  test_consumer consumer;
  auto message = make_array(make_rows(1), noon(), {"prod-west", "cluster", "by-key"});
  consumer.take(deliver(message, 0));
  for (const std::optional<std::string>& key :
       {std::optional<std::string>("prod-west/cluster"), std::optional<std::string>("else"),
        std::optional<std::string>("")})
    message.key = key, consumer.take(deliver(message, static_cast<std::int64_t>(10 + key->size())));
  message.key.reset();
  EXPECT_EQ(consumer.end_of(deliver(message, 50)), outcome::duplicate);
  const auto scopes = consumer->scopes().value();
  ASSERT_EQ(scopes.size(), 2U);
  EXPECT_EQ(scopes[0].scope.inventory, "");
  EXPECT_EQ(scopes[1].scope.inventory, "by-key");
}

TEST(ingest, inventories_of_one_scope_that_take_turns_are_noticed) {
  test_consumer consumer;
  std::vector<std::string> notices;
  consumer.settings.notice = [&](const scope& which, std::string_view what) {
    EXPECT_EQ(which, web_scope());
    notices.emplace_back(what);
  };
  for (std::int64_t turn = 0; turn < 5; ++turn) {
    const auto row = make_row("row", 1, turn % 2 == 0 ? "deployments" : "services");
    consumer.take(deliver(make_array({row}, noon(turn)), turn));
    if (turn == 2)
      consumer.restart();
  }
  EXPECT_EQ(notices.size(), 3U);
  EXPECT_EQ(consumer->scopes().value().front().target_conflicts, 3);
}

// Redelivery.

TEST(ingest, a_kafka_batch_that_comes_again_is_passed_over_by_its_position) {
  test_consumer consumer;
  const auto batch = deliver_all({make_array(make_rows(1), noon()), make_array(make_rows(2), noon(1)),
                                  make_array(make_rows(3), noon(2))});
  EXPECT_EQ(consumer.take(batch), (outcome_counts{3, 3, 0, 0, 0, 0}));
  EXPECT_EQ(consumer.take(batch), outcome_counts{});
  consumer.restart();
  EXPECT_EQ(consumer.take(batch), outcome_counts{});
  EXPECT_EQ(consumer.owned.at(0).next_offset, 3);
}

TEST(ingest, only_the_new_end_of_a_kafka_batch_counts) {
  test_consumer consumer;
  std::vector<outgoing_message> messages;
  for (std::int64_t second = 0; second < 6; ++second)
    messages.push_back(make_array(make_rows(2, second), noon(second)));
  consumer.take(deliver_all({messages.begin(), messages.begin() + 4}));
  consumer.restart();
  EXPECT_EQ(consumer.take(deliver_all(messages)), (outcome_counts{2, 2, 0, 0, 0, 0}));
}

TEST(ingest, a_kafka_message_twice_in_one_batch_has_its_effect_once) {
  test_consumer consumer;
  const auto good = make_array(make_rows(1), noon());
  std::vector<received_message> batch;
  for (int time = 0; time < 2; ++time) {
    batch.push_back(deliver(good, 0));
    batch.push_back(deliver_bytes("poison", 1));
  }
  EXPECT_EQ(consumer.take(batch), (outcome_counts{4, 1, 2, 0, 1, 0}));
  EXPECT_EQ(consumer.dead_letters().size(), 1U);
  EXPECT_EQ(consumer.owned.at(0).next_offset, 2);
}

TEST(ingest, offsets_may_have_holes) {
  test_consumer consumer;
  std::vector<received_message> batch;
  batch.push_back(deliver(make_array(make_rows(1), noon()), 17));
  batch.push_back(deliver(make_array(make_rows(2), noon(1)), 4711));
  EXPECT_EQ(consumer.take(batch).applied, 2);
  EXPECT_EQ(consumer.owned.at(0).next_offset, 4712);
}

TEST(ingest, a_stream_batch_that_comes_again_is_a_batch_of_duplicates) {
  test_consumer consumer(broker_system::nats);
  std::vector<received_message> batch =
      deliver_all({make_array(make_rows(1), noon()), make_array(make_rows(2), noon(1))}, 1);
  batch.push_back(deliver_bytes("poison", 3));
  for (auto& part : make_export(make_rows(20), noon(2), 1500))
    batch.push_back(deliver(part, static_cast<std::int64_t>(batch.size()) + 1));
  batch.pop_back(); // one part is missing
  for (auto& message : batch)
    message.key.reset();
  const auto first = consumer.take(batch);
  const auto size = static_cast<std::int64_t>(batch.size());
  EXPECT_EQ(first, (outcome_counts{size, 2, 0, 0, 1, size - 3}));
  const auto before = consumer.place().dump();
  EXPECT_EQ(consumer.take(batch), (outcome_counts{size, 0, size, 0, 0, 0}));
  consumer.restart();
  EXPECT_EQ(consumer.take(batch), (outcome_counts{size, 0, size, 0, 0, 0}));
  EXPECT_EQ(consumer.dead_letters().size(), 1U);
  EXPECT_EQ(state_text(*consumer), state_text(make_rows(2), {"prod-west", "team-a", ""}));
}

TEST(ingest, a_duplicate_touches_no_row_but_the_counters_and_the_position) {
  test_consumer consumer;
  const auto message = make_array(make_rows(50), noon());
  consumer.take(deliver(message, 0));
  consumer.place().watch_writes();
  EXPECT_EQ(consumer.end_of(deliver(message, 1)), outcome::duplicate);
  EXPECT_EQ(consumer.place().take_writes(),
            (std::map<std::string, std::int64_t>{{"positions", 1}, {"totals", 1}}));
}

TEST(ingest, an_unchanged_snapshot_touches_its_scope_and_its_key) {
  test_consumer consumer;
  consumer.take(deliver(make_array(make_rows(50), noon()), 0));
  consumer.place().watch_writes();
  EXPECT_EQ(consumer.end_of(deliver(make_array(make_rows(50), noon(1)), 1)), outcome::applied);
  auto writes = consumer.place().take_writes();
  EXPECT_LE(writes["scopes"], 2); // the record, and how many keys it has
  writes.erase("scopes");
  EXPECT_EQ(writes,
            (std::map<std::string, std::int64_t>{{"dedup_keys", 1}, {"positions", 1}, {"totals", 1}}));
}

// The fence.

TEST(ingest, a_batch_of_a_partition_that_is_not_ours_is_fenced) {
  test_consumer consumer;
  const auto before = consumer.place().dump();
  std::vector<received_message> batch;
  batch.push_back(deliver(make_array(make_rows(1), noon()), 0));
  batch.push_back(deliver(make_array(make_rows(2), noon(1)), 0, 7));
  EXPECT_TRUE(fails_with(consumer.ingest(batch), error::fenced));
  EXPECT_EQ(consumer.place().dump(), before);
  EXPECT_EQ(consumer.owned.at(0).next_offset, -1);
}

TEST(ingest, who_was_paused_while_another_took_over_is_fenced) {
  test_consumer consumer;
  const auto paused = consumer.owned;
  consumer.restart();
  consumer.take(deliver(make_array(make_rows(1), noon()), 0));
  const auto before = consumer.place().dump();
  auto late = paused;
  const auto report =
      ingest(*consumer, consumer.settings, late, batch_of(deliver(make_array(make_rows(2), noon(1)), 0)));
  EXPECT_TRUE(fails_with(report, error::fenced));
  EXPECT_EQ(consumer.place().dump(), before);
  EXPECT_EQ(late.at(0).next_offset, -1);
}

TEST(ingest, one_fenced_partition_takes_the_whole_batch_with_it) {
  test_consumer consumer(broker_system::kafka, 2);
  const std::int32_t second[] = {1};
  ASSERT_TRUE(succeeds(consumer->claim(consumer.settings.log.name, second, "another")));
  const auto before = consumer.place().dump();
  std::vector<received_message> batch;
  batch.push_back(deliver(make_array(make_rows(1), noon()), 0, 0));
  batch.push_back(deliver(make_array(make_rows(1), noon(), {"b", "b", "b"}), 0, 1));
  EXPECT_TRUE(fails_with(consumer.ingest(batch), error::fenced));
  EXPECT_EQ(consumer.place().dump(), before);
}

// A log that is not the one that was consumed.

TEST(find_replaced_logs, compares_the_message_before_the_position) {
  test_consumer consumer(broker_system::kafka, 2);
  std::vector<received_message> batch =
      deliver_all({make_array(make_rows(1), noon()), make_array(make_rows(2), noon(1))});
  EXPECT_TRUE(find_replaced_logs(consumer.owned, batch).empty()); // nothing is known yet
  consumer.take(batch);
  consumer.restart();
  EXPECT_TRUE(find_replaced_logs(consumer.owned, batch).empty());
  EXPECT_TRUE(find_replaced_logs(consumer.owned, {}).empty());
  EXPECT_EQ(find_replaced_logs(consumer.owned, batch_of(deliver_bytes("other", 1))),
            std::vector<std::int32_t>{0});
  EXPECT_TRUE(find_replaced_logs(consumer.owned, batch_of(deliver_bytes("other", 0))).empty());
  EXPECT_TRUE(find_replaced_logs(consumer.owned, batch_of(deliver_bytes("other", 2))).empty());
  EXPECT_TRUE(find_replaced_logs(consumer.owned, batch_of(deliver_bytes("other", 1, 1))).empty());
  EXPECT_TRUE(find_replaced_logs(consumer.owned, batch_of(deliver_bytes("other", 1, 9))).empty());
}

TEST(ingest, after_a_rewind_messages_of_the_new_log_are_taken_and_old_ones_recognised) { // F17, F19
  test_consumer consumer;
  std::vector<outgoing_message> old;
  for (std::int64_t second = 0; second < 5; ++second)
    old.push_back(make_array(make_rows(2, second), noon(second)));
  consumer.take(deliver_all(old));
  consumer.take(deliver_bytes("poison", 5));
  ASSERT_TRUE(succeeds(consumer->rewind(consumer.settings.log.name, consumer.owned.at(0), 0)));
  consumer.restart();
  // The tail was lost: two of the old messages are still there, new ones follow at used offsets.
  std::vector<received_message> batch = deliver_all({old[0], old[1], make_array(make_rows(7), noon(100))});
  batch.push_back(deliver_bytes("poison", 5));
  EXPECT_EQ(consumer.take(batch), (outcome_counts{4, 1, 3, 0, 0, 0}));
  EXPECT_EQ(state_text(*consumer), state_text(make_rows(7)));
  EXPECT_EQ(consumer.owned.at(0).next_offset, 6);
}

} // namespace
} // namespace kollect::consumer::test

#include "consume/resync.hpp"

#include "ingest/forget.hpp"
#include "store/sqlite_store.hpp"
#include "support/consumer.hpp"

#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <map>

namespace kollect::consumer::test {
namespace {

/// A log in memory.
class memory_log final : public log_reader {
public:
  explicit memory_log(std::vector<outgoing_message> messages) : messages_(std::move(messages)) {}

  const log_identity& log() const noexcept override { return log_; }
  result<std::vector<received_message>> poll(std::size_t, std::size_t, std::chrono::milliseconds) override {
    std::vector<received_message> out;
    if (next_ < messages_.size()) {
      // Over two partitions, as producers that ignore keys do.
      out.push_back(deliver(messages_[next_], static_cast<std::int64_t>(next_ / 2),
                            static_cast<std::int32_t>(next_ % 2)));
      ++next_;
    }
    return out;
  }
  bool at_end() const noexcept override { return next_ == messages_.size(); }
  std::vector<partition_position> begins() const override { return {}; }
  std::vector<partition_position> ends() const override { return {}; }
  result<std::optional<received_message>> find_next(std::int32_t, std::int64_t,
                                                    std::chrono::milliseconds) override {
    return std::optional<received_message>{};
  }
  result<std::optional<received_message>> find(std::int32_t, std::int64_t,
                                               std::chrono::milliseconds) override {
    return std::optional<received_message>{};
  }
  void close() noexcept override {}

private:
  std::vector<outgoing_message> messages_;
  std::size_t next_ = 0;
  log_identity log_{broker_system::kafka, std::string(kafka_log)};
};

class resync_with : public testing::Test {
protected:
  /// What the log holds; the store takes in the first `consumed` of them.
  void fill(const std::vector<outgoing_message>& messages, std::size_t consumed) {
    memory_log log(messages);
    rebuilt_ = open_sqlite_store(folder_.path() / "rebuilt.db", "the test").value();
    const auto counts =
        rebuild(log, *rebuilt_, consumer_.settings, [](const outcome_counts&) { return true; });
    ASSERT_TRUE(succeeds(counts));
    EXPECT_EQ(counts->consumed, static_cast<std::int64_t>(messages.size()));
    for (std::size_t index = 0; index < consumed; ++index)
      consumer_.take(deliver(messages[index], static_cast<std::int64_t>(index)));
  }

  std::map<scope, resync_relation> run(resync_mode mode) {
    std::map<scope, resync_relation> out;
    changes_.clear();
    const auto done = resync(*rebuilt_, *consumer_, consumer_.settings, mode, [&](const resynced_scope& one) {
      out[one.scope] = one.relation;
      changes_.insert(changes_.end(), one.changes.begin(), one.changes.end());
    });
    EXPECT_TRUE(succeeds(done));
    return out;
  }

  /// Makes rows wrong behind the consumer's back, as a defect would.
  void damage(const std::vector<item>& rows) {
    const auto work = consumer_->begin().value();
    auto record = work->open_scope(web_scope()).value();
    const auto changes = diff(work->rows(record.id).value().to_map(), rows_of(rows)).value();
    EXPECT_TRUE(succeeds(write_snapshot(*work, record, changes, {"damage", 0, 0}, noon())));
    EXPECT_TRUE(succeeds(work->commit()));
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-resync-").value();
  test_consumer consumer_;
  std::unique_ptr<store> rebuilt_;
  std::vector<change> changes_;
};

const scope other_scope{"prod-east", "team-b", "jobs"};

TEST_F(resync_with, nothing_to_mend_changes_nothing) {
  fill({make_array(make_rows(3), noon()), make_array(make_rows(4), noon(1)),
        make_array(make_rows(1), noon(1), other_scope)},
       3);
  const auto before = consumer_.place().dump();
  const std::map<scope, resync_relation> same{{web_scope(), resync_relation::same},
                                              {other_scope, resync_relation::same}};
  EXPECT_EQ(run(resync_mode::apply), same);
  EXPECT_EQ(consumer_.place().dump(), before);
}

TEST_F(resync_with, rows_that_went_wrong_are_told_and_mended) {
  fill({make_array(make_rows(5, 2), noon())}, 1);
  damage({make_row("row-0", 9), make_row("stranger")});
  const auto before = consumer_.place().dump();
  const std::map<scope, resync_relation> different{{web_scope(), resync_relation::different}};
  EXPECT_EQ(run(resync_mode::look_only), different);
  EXPECT_EQ(changes_.size(), 6U); // five as they should be, one that should not be there
  EXPECT_EQ(consumer_.place().dump(), before);
  EXPECT_EQ(run(resync_mode::apply), different);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(5, 2)));
  EXPECT_EQ(folded_feed(*consumer_), state_text(make_rows(5, 2)));
  EXPECT_EQ(run(resync_mode::apply).begin()->second, resync_relation::same);
  EXPECT_TRUE(consumer_->counts().value().is_conserved());
}

TEST_F(resync_with, what_was_never_consumed_is_taken_from_the_log) {
  fill({make_array(make_rows(3), noon()), make_array(make_rows(1), noon(1), other_scope),
        make_array(make_rows(2), noon(2))},
       1);
  const std::map<scope, resync_relation> found{{web_scope(), resync_relation::different},
                                               {other_scope, resync_relation::missing}};
  EXPECT_EQ(run(resync_mode::apply), found);
  fleet_state expected;
  expected.apply(web_scope(), {}, rows_of(make_rows(2)));
  expected.apply(other_scope, {}, rows_of(make_rows(1)));
  EXPECT_EQ(state_text(*consumer_), state_text(expected));
  // What comes from the broker after all is recognised.
  EXPECT_EQ(consumer_.end_of(deliver(make_array(make_rows(1), noon(1), other_scope), 1)), outcome::duplicate);
}

TEST_F(resync_with, a_newer_snapshot_in_the_store_stays) {
  fill({make_array(make_rows(3), noon())}, 1);
  consumer_.take(deliver(make_array(make_rows(7), noon(5)), 1));
  EXPECT_EQ(run(resync_mode::apply).begin()->second, resync_relation::newer_in_store);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(7)));
}

TEST_F(resync_with, a_forgotten_cluster_stays_so) {
  fill({make_array(make_rows(3), noon()), make_array(make_rows(1), noon(1), other_scope)}, 2);
  ASSERT_TRUE(succeeds(forget_cluster(*consumer_, consumer_.settings, "prod-west")));
  EXPECT_EQ(run(resync_mode::apply).at(web_scope()), resync_relation::forgotten);
  EXPECT_EQ(state_text(*consumer_), state_text(make_rows(1), other_scope));
}

TEST_F(resync_with, parts_that_wait_for_an_older_set_are_settled) {
  const auto parts = make_export(make_rows(20), noon(), 1500);
  ASSERT_GE(parts.size(), 2U);
  std::vector<outgoing_message> messages{parts.front(), make_array(make_rows(2), noon(9))};
  fill(messages, 1);
  EXPECT_EQ(consumer_->counts().value().pending, 1);
  EXPECT_EQ(run(resync_mode::apply).begin()->second, resync_relation::missing);
  EXPECT_EQ(consumer_->counts().value(), (outcome_counts{1, 0, 0, 1, 0, 0}));
}

} // namespace
} // namespace kollect::consumer::test

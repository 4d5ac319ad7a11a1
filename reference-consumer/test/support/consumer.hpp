#ifndef KOLLECT_CONSUMER_TEST_CONSUMER_HPP
#define KOLLECT_CONSUMER_TEST_CONSUMER_HPP

#include "support/assertions.hpp"
#include "support/faulty_store.hpp"
#include "support/messages.hpp"
#include "support/store_place.hpp"
#include "support/store_steps.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer::test {

/// A store with what ingests into it, for tests that need no broker. Every batch is checked: the
/// counters are conserved, and the store's rose by those of the report.
class test_consumer {
public:
  explicit test_consumer(broker_system system = broker_system::kafka, std::int32_t partitions = 1,
                         std::size_t row_cache_bytes = default_row_cache_bytes)
      : settings(make_settings(system)), rows(row_cache_bytes), partitions_(partitions) {
    restart();
  }

  test_consumer(const test_consumer&) = delete;
  test_consumer& operator=(const test_consumer&) = delete;

  /// Whatever a test did, the store must not contradict itself.
  ~test_consumer() {
    if (!store_)
      return;
    const auto found = store_->contradictions();
    EXPECT_TRUE(succeeds(found));
    EXPECT_EQ(found.value(), std::vector<std::string>());
  }

  /// Opens the store again, as another process would, and claims all partitions.
  void restart() {
    store_.reset();
    rows.forget();
    auto opened = place_->open("the test");
    ASSERT_TRUE(succeeds(opened));
    store_ = std::make_unique<faulty_store>(std::move(*opened), faults);
    if (settings.log.system != broker_system::kafka)
      return;
    std::vector<std::int32_t> numbers(static_cast<std::size_t>(partitions_));
    std::iota(numbers.begin(), numbers.end(), 0);
    auto claimed = store_->claim(settings.log.name, numbers, "the test");
    ASSERT_TRUE(succeeds(claimed));
    for (const auto& position : *claimed)
      owned[position.partition] = position;
  }

  result<batch_report> ingest(std::span<const received_message> batch) {
    const auto before = store_->counts().value();
    auto report = consumer::ingest(*store_, settings, owned, batch, rows);
    auto after = before;
    if (report)
      after += report->counts;
    EXPECT_EQ(store_->counts().value(), after);
    EXPECT_TRUE(after.is_conserved()) << after;
    return report;
  }

  /// Ingests and answers the counters; a failure is one of the test.
  outcome_counts take(std::span<const received_message> batch) {
    const auto report = ingest(batch);
    EXPECT_TRUE(succeeds(report));
    return report ? report->counts : outcome_counts{};
  }
  outcome_counts take(received_message message) {
    const auto batch = batch_of(std::move(message));
    return take(batch);
  }

  /// How a single message ended.
  outcome end_of(received_message message) {
    auto counts = take(std::move(message));
    EXPECT_EQ(counts.consumed, 1);
    for (const auto value : {outcome::applied, outcome::duplicate, outcome::stale, outcome::dead_lettered})
      if (counts[value] != 0)
        return value;
    return outcome::pending;
  }

  std::vector<stored_dead_letter> dead_letters() { return store_->dead_letters(0, 1'000'000).value(); }
  store& operator*() { return *store_; }
  store* operator->() { return store_.get(); }
  store_place& place() { return *place_; }

  ingest_settings settings;
  owned_positions owned;
  held_scopes rows;
  store_faults faults;

private:
  std::int32_t partitions_;
  std::unique_ptr<store_place> place_ = make_default_place();
  std::unique_ptr<store> store_;
};

} // namespace kollect::consumer::test

#endif

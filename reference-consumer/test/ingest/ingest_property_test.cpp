#include "support/consumer.hpp"
#include "support/faulty_store.hpp"
#include "support/fleet.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>

namespace kollect::consumer::test {
namespace {

/// One place in a log.
struct logged {
  const fleet_message* what = nullptr;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// A consumer whose store is opened again and fails at random, while everything that must always hold
/// is checked after each batch.
class random_consumer {
public:
  random_consumer(const fleet& published, broker_system system, seeded_random& random)
      : random_(random), fleet_(published), settings_(make_settings(system)), rows_(random_size(random)) {
    settings_.notice = [](const scope&, std::string_view) {}; // targets alternate by chance
    restart();
  }

  static constexpr std::int32_t partitions = 8;

  void restart() {
    store_.reset();
    auto opened = place_->open("the test");
    ASSERT_TRUE(succeeds(opened));
    store_ = std::make_unique<faulty_store>(std::move(*opened), faults_);
    if (settings_.log.system != broker_system::kafka)
      return;
    std::array<std::int32_t, partitions> numbers{};
    std::iota(numbers.begin(), numbers.end(), 0);
    for (const auto& position : store_->claim(settings_.log.name, numbers, "the test").value())
      owned_[position.partition] = position;
  }

  /// True when the batch is in the store, as far as the consumer knows.
  bool ingest(const std::vector<logged>& places) {
    std::vector<received_message> batch;
    for (const auto& place : places) {
      batch.push_back(deliver(place.what->message, place.offset, place.partition));
      batch.back().is_tombstone = place.what->is_tombstone;
    }
    const auto broken = make_failure(error::store_unavailable, "as the test wants it");
    if (random_.once_in(10))
      faults_.commit.push_back(broken);
    if (random_.once_in(10))
      faults_.answer.push_back(broken);
    settings_.max_merge_bytes = random_merge_bytes(random_);
    const auto done = consumer::ingest(*store_, settings_, owned_, batch, rows_);
    faults_ = {};
    if (done)
      reported_ += done->counts;
    else
      restart(); // as the loop does
    check(static_cast<bool>(done));
    if (random_.once_in(6))
      restart();
    return static_cast<bool>(done);
  }

  std::int64_t position(std::int32_t partition) const {
    return std::max<std::int64_t>(owned_.at(partition).next_offset, 0);
  }
  store& target() { return *store_; }
  const outcome_counts& reported() const { return reported_; }

  std::int64_t waiting_parts() {
    std::int64_t parts = 0;
    const auto in = store_->begin().value();
    for (;;) {
      const auto torn = take_torn_set(*in, {.pending_bytes = -1}, noon());
      if (torn.empty())
        return parts;
      parts += static_cast<std::int64_t>(torn.size());
    }
  }

private:
  /// None, too few bytes for all scopes, or enough: the state must be the same.
  static std::size_t random_size(seeded_random& random) {
    const std::size_t sizes[] = {0, 4'000, default_row_cache_bytes};
    return sizes[random.below(3)];
  }

  /// All is compared in the store, some, or nothing: likewise.
  static std::int64_t random_merge_bytes(seeded_random& random) {
    const std::int64_t sizes[] = {0, 3'000, default_max_merge_bytes};
    return sizes[random.below(3)];
  }

  void check(bool is_known_to_be_stored) {
    const auto counts = store_->counts().value();
    EXPECT_TRUE(counts.is_conserved()) << counts;
    if (!is_known_to_be_stored)
      reported_ = counts; // it may be in the store all the same
    EXPECT_EQ(counts, reported_);
    const auto in = store_->begin().value();
    for (const auto& which : fleet_.scopes) { // I4
      const auto order = in->open_scope(which).value().order;
      EXPECT_FALSE(order < orders_[which]) << which;
      orders_[which] = order;
    }
  }

  seeded_random& random_;
  const fleet& fleet_;
  ingest_settings settings_;
  std::unique_ptr<store_place> place_ = make_default_place();
  store_faults faults_;
  std::unique_ptr<store> store_;
  owned_positions owned_;
  held_scopes rows_; // not cleared on failures, as the loop would: it must be right all the same
  outcome_counts reported_;
  std::map<scope, std::optional<snapshot_order>> orders_;
};

/// Every message one to three times, in no order at all.
std::vector<logged> make_log(const fleet& published, seeded_random& random) {
  std::vector<logged> log;
  for (const auto& message : published.messages)
    for (std::size_t copy = random.below(3); copy < 3; ++copy)
      log.push_back({&message, 0, 0});
  random.shuffle(log);
  return log;
}

std::int64_t count_poison(const std::vector<logged>& log) {
  return std::count_if(log.begin(), log.end(), [](const logged& place) { return place.what->is_poison; });
}

void expect_final(random_consumer& consumer, const fleet& published, std::int64_t poison) {
  const auto state = state_text(consumer.target());
  EXPECT_EQ(state, state_text(published.expected)); // I2
  EXPECT_EQ(folded_feed(consumer.target()), state); // I5
  const auto counts = consumer.target().counts().value();
  EXPECT_EQ(counts.dead_lettered, poison);
  EXPECT_EQ(static_cast<std::int64_t>(consumer.target().dead_letters(0, 1'000'000).value().size()), poison);
  EXPECT_EQ(counts.pending, consumer.waiting_parts());
  EXPECT_GT(counts.applied, 0);
}

void run_kafka(std::uint64_t seed) {
  seeded_random random(seed);
  const auto published = make_fleet(random, broker_system::kafka);
  const auto log = make_log(published, random);
  std::array<std::vector<logged>, random_consumer::partitions> partitions;
  for (auto place : log) {
    place.partition = static_cast<std::int32_t>(random.below(partitions.size()));
    auto& to = partitions[static_cast<std::size_t>(place.partition)];
    place.offset = static_cast<std::int64_t>(to.size());
    to.push_back(place);
  }
  random_consumer consumer(published, broker_system::kafka, random);
  const auto remaining = [&] {
    std::vector<std::int32_t> out;
    for (std::int32_t number = 0; number < random_consumer::partitions; ++number)
      if (consumer.position(number) <
          static_cast<std::int64_t>(partitions[static_cast<std::size_t>(number)].size()))
        out.push_back(number);
    return out;
  };
  for (auto open = remaining(); !open.empty(); open = remaining()) {
    std::map<std::int32_t, std::int64_t> next;
    std::vector<logged> batch;
    for (std::size_t count = 1 + random.below(25); count > 0; --count) {
      const auto number = open[random.below(open.size())];
      // A broker may begin before the position: those are passed over.
      const auto begin =
          std::max<std::int64_t>(consumer.position(number) - static_cast<std::int64_t>(random.below(3)), 0);
      auto& at = next.try_emplace(number, begin).first->second;
      const auto& from = partitions[static_cast<std::size_t>(number)];
      if (at < static_cast<std::int64_t>(from.size()))
        batch.push_back(from[static_cast<std::size_t>(at++)]);
    }
    consumer.ingest(batch);
    if (testing::Test::HasFailure())
      return;
  }
  EXPECT_EQ(consumer.target().counts().value().consumed, static_cast<std::int64_t>(log.size())); // I1, I10
  expect_final(consumer, published, count_poison(log));
}

void run_nats(std::uint64_t seed) {
  seeded_random random(seed);
  const auto published = make_fleet(random, broker_system::nats);
  auto open = make_log(published, random);
  const auto poison = count_poison(open);
  for (std::size_t index = 0; index < open.size(); ++index)
    open[index].offset = static_cast<std::int64_t>(index) + 1;
  random_consumer consumer(published, broker_system::nats, random);
  std::int64_t delivered = 0;
  while (!open.empty()) {
    // Unacknowledged messages come again at any time, among others.
    random.shuffle(open);
    const std::size_t size = std::min<std::size_t>(1 + random.below(25), open.size());
    const std::vector<logged> batch(open.end() - static_cast<std::ptrdiff_t>(size), open.end());
    if (!consumer.ingest(batch))
      continue;
    delivered += static_cast<std::int64_t>(size);
    open.resize(open.size() - size);
    for (const auto& place : batch)
      if (random.once_in(4))
        open.push_back(place); // its acknowledgement was lost
    if (testing::Test::HasFailure())
      return;
  }
  EXPECT_GE(consumer.target().counts().value().consumed, delivered);
  expect_final(consumer, published, poison);
}

/// Seeds `count` cases from KOLLECT_SEED on, or from 1.
void run_seeds(std::size_t count, void (*run)(std::uint64_t)) {
  const std::uint64_t first = kollect::test::test_seed(1);
  for (std::uint64_t seed = first; seed < first + count && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("KOLLECT_SEED=" + std::to_string(seed));
    run(seed);
  }
}

// F34: any order of arrival, any repetition, any batch, any restart gives the same state.
TEST(ingest_property, a_shuffled_and_repeated_topic_gives_the_state_of_its_snapshots) {
  run_seeds(30, &run_kafka);
}
TEST(ingest_property, a_shuffled_and_redelivered_stream_gives_the_state_of_its_snapshots) {
  run_seeds(40, &run_nats);
}

} // namespace
} // namespace kollect::consumer::test

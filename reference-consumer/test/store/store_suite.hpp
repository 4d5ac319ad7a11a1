#ifndef KOLLECT_CONSUMER_TEST_STORE_SUITE_HPP
#define KOLLECT_CONSUMER_TEST_STORE_SUITE_HPP

#include "support/assertions.hpp"
#include "support/hostile_texts.hpp"
#include "support/messages.hpp"
#include "support/store_place.hpp"
#include "support/store_steps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer::test {

/// What every kind of store has to pass, all of it through the port. A kind is added by instantiating this
/// suite, parts_suite and dead_letters_suite with it.
class store_suite : public testing::TestWithParam<store_kind> {
protected:
  void SetUp() override {
    place_ = GetParam().make_place();
    reopen();
  }

  void reopen() {
    store_.reset();
    auto opened = place_->open("the test");
    ASSERT_TRUE(succeeds(opened));
    store_ = std::move(*opened);
  }

  /// A transaction; a store that begins none ends the test.
  std::unique_ptr<transaction> begin() { return store_->begin().value(); }

  /// Does something in a transaction of its own and commits it.
  template <class Work>
  void commit(Work&& work) {
    const auto one = begin();
    work(*one);
    EXPECT_TRUE(succeeds(one->commit()));
  }

  owned_position claim_one(std::int32_t partition = 0, std::string_view owner = "the test") {
    const std::array partitions{partition};
    auto claimed = store_->claim(log_, partitions, owner);
    EXPECT_TRUE(succeeds(claimed));
    return claimed && claimed->size() == 1 ? claimed->front() : owned_position{};
  }

  std::int64_t scope_id(transaction& in, const scope& which = web_scope()) {
    return in.open_scope(which).value().id;
  }

  /// Writes a snapshot as ingest() does: the changes from the rows held to these.
  void write_rows(transaction& in, const row_map& rows, std::int64_t seconds,
                  const scope& which = web_scope()) {
    auto record = in.open_scope(which).value();
    const auto changes = diff(in.rows(record.id).value().to_map(), rows).value();
    record.order = snapshot_order{noon(seconds), 1, sha256(std::to_string(seconds))};
    EXPECT_TRUE(succeeds(write_snapshot(in, record, changes, {log_, 3, seconds}, noon(seconds + 1))));
  }

  void write_rows(const row_map& rows, std::int64_t seconds, const scope& which = web_scope()) {
    commit([&](transaction& in) { write_rows(in, rows, seconds, which); });
  }

  row_map read_rows(const scope& which = web_scope()) {
    const auto in = begin();
    return in->rows(scope_id(*in, which)).value().to_map();
  }

  std::vector<feed_entry> changes_after(std::int64_t cursor) {
    return store_->changes_after(cursor, std::numeric_limits<std::int64_t>::max()).value();
  }

  const std::string log_{kafka_log};
  std::unique_ptr<store_place> place_;
  std::unique_ptr<store> store_;
};

/// Parts that are held between transactions.
class parts_suite : public store_suite {
protected:
  void hold(const pending_part& part) {
    commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.hold_part(scope_id(in, part.set.scope), part))); });
  }

  std::vector<std::uint32_t> held(const part_set& set) {
    const auto in = begin();
    std::vector<std::uint32_t> indexes;
    auto parts = in->waiting(scope_id(*in, set.scope), set).value().parts;
    std::sort(parts.begin(), parts.end());
    for (const auto& part : parts)
      indexes.push_back(part.part_index);
    return indexes;
  }

  std::vector<pending_part> take_torn(const retention& bounds, std::int64_t now) {
    std::vector<pending_part> parts;
    commit([&](transaction& in) { parts = take_torn_set(in, bounds, noon(now)); });
    return parts;
  }

  /// Whether any set is over this many bytes in all.
  bool is_over(std::int64_t bytes) {
    return begin()->find_torn_set({.pending_bytes = bytes}, noon()).value().has_value();
  }
};

/// What readers ask: rows by order.
class rows_suite : public store_suite {
protected:
  static constexpr std::int64_t everything = 1'000'000;

  /// All rows of a range, page by page.
  std::vector<stored_row> read_pages(row_query range) {
    std::vector<stored_row> out;
    for (;;) {
      const auto page = store_->rows_in_order(range).value();
      out.insert(out.end(), page.begin(), page.end());
      if (static_cast<std::int64_t>(page.size()) < range.limit)
        return out;
      range.after = row_place{page.back().identity, page.back().scope_id};
    }
  }

  std::int64_t id_of(const scope& which) {
    for (const auto& one : store_->scopes().value())
      if (one.scope == which)
        return one.id;
    ADD_FAILURE() << "there is no scope " << which;
    return 0;
  }

  const std::vector<scope> scopes_{
      {"prod-west", "team-a", "web"}, {"prod-west", "team-b", ""}, {"prod-east", "team-a", "web"}};
};

/// The same for dead letters.
class dead_letters_suite : public store_suite {
protected:
  void bury(const stored_dead_letter& one) {
    commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.bury(one.letter, one.value))); });
  }
  void prune(std::int64_t bytes) {
    commit([&](transaction& in) { EXPECT_TRUE(succeeds(in.prune({.dead_letter_bytes = bytes}))); });
  }
  std::vector<stored_dead_letter> letters() { return store_->dead_letters(0, 1'000'000).value(); }
  std::vector<bool> bodies() {
    std::vector<bool> out;
    for (const auto& stored : letters())
      out.push_back(stored.has_body);
    return out;
  }
};

} // namespace kollect::consumer::test

#endif

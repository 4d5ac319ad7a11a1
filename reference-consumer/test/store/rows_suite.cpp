// What readers ask of a store: pages of rows, and what tells how complete they are.
#include "store/store_suite.hpp"

#include <test/sdk/support/seeded_random.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;

bool is_in_order(const stored_row& left, const stored_row& right) {
  return std::tie(left.identity, left.scope_id) < std::tie(right.identity, right.scope_id);
}

/// What a row is told apart by.
std::pair<row_identity, std::int64_t> key_of(const stored_row& row) {
  return {row.identity, row.scope_id};
}

TEST_P(rows_suite, rows_come_by_order_in_pages_of_any_size) {
  for (std::size_t index = 0; index < scopes_.size(); ++index)
    write_rows(rows_of(make_rows(7 + index)), static_cast<std::int64_t>(index), scopes_[index]);
  const auto all = read_pages({.limit = everything});
  ASSERT_EQ(all.size(), 24U);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), is_in_order));
  EXPECT_EQ(all.front().item, serialize(make_row("row-0")).value());
  for (const std::int64_t limit : {1, 2, 3, 23, 24, 25}) {
    const auto paged = read_pages({.limit = limit});
    ASSERT_EQ(paged.size(), all.size()) << limit;
    for (std::size_t index = 0; index < all.size(); ++index)
      EXPECT_EQ(key_of(paged[index]), key_of(all[index])) << limit;
  }
  for (const auto& row : read_pages({.limit = 5, .with_items = false}))
    EXPECT_EQ(row.item, "");
}

TEST_P(rows_suite, rows_of_some_scopes_are_the_same_whichever_way_they_are_found) {
  for (std::size_t index = 0; index < scopes_.size(); ++index)
    write_rows(rows_of(make_rows(10)), static_cast<std::int64_t>(index), scopes_[index]);
  const std::vector<std::vector<std::int64_t>> selections{
      {id_of(scopes_[0])}, {id_of(scopes_[0]), id_of(scopes_[2])}, {id_of(scopes_[1]), 999'999}, {}};
  for (const auto& ids : selections) {
    std::vector<std::pair<row_identity, std::int64_t>> expected;
    for (const auto& row : read_pages({.limit = everything}))
      if (std::find(ids.begin(), ids.end(), row.scope_id) != ids.end())
        expected.push_back(key_of(row));
    for (const std::int64_t rows_in_store : {1, 1'000'000}) { // by order, and by scope
      for (const std::int64_t limit : {1, 4, 100}) {
        std::vector<std::pair<row_identity, std::int64_t>> found;
        for (const auto& row : read_pages(
                 {.scope_ids = ids, .limit = limit, .rows_in_scopes = 1, .rows_in_store = rows_in_store}))
          found.push_back(key_of(row));
        EXPECT_EQ(found, expected) << limit;
      }
    }
  }
}

TEST_P(rows_suite, rows_of_some_names_are_all_found_and_few_others) {
  auto texts = hostile_texts();
  texts.back().resize(3'000); // endless ones are told by the next test
  std::vector<item> rows;
  for (const auto& name : texts)
    for (const std::string target : {"deployments", "pods"}) {
      rows.push_back(make_row(name, 1, target));
      rows.back().uid = "uid of " + name.substr(0, 100);
    }
  write_rows(rows_of(rows), 0);
  write_rows(rows_of(rows), 1, scopes_[1]);
  const auto all = read_pages({.limit = everything});
  const auto check = [&](const row_names& named, const auto& fits, const std::string& name) {
    std::set<std::pair<row_identity, std::int64_t>> expected, found;
    for (const auto& row : all)
      if (fits(row.identity))
        expected.insert(key_of(row));
    for (const std::int64_t limit : {2, 100})
      for (const auto& row : read_pages({.limit = limit, .named = named}))
        found.insert(key_of(row));
    if (name.find('\0') == std::string::npos) { // those a store may not be able to ask for
      EXPECT_EQ(found, expected) << name;
    }
    EXPECT_TRUE(std::includes(found.begin(), found.end(), expected.begin(), expected.end())) << name;
  };
  for (const auto& name : texts) {
    const auto uid = "uid of " + name.substr(0, 100);
    check(
        {.names = {{name, "nobody"}}}, [&](const row_identity& row) { return row.name == name; }, name);
    check(
        {.uids = {{uid}}}, [&](const row_identity& row) { return row.uid == uid; }, name);
    check(
        {.target_names = {{"pods"}}, .names = {{name}}},
        [&](const row_identity& row) { return row.name == name && row.target_name == "pods"; }, name);
  }
  check(
      {.namespaces = {std::vector<std::string>{}}}, [](const row_identity&) { return false; }, "none");
  const std::vector<std::int64_t> one{id_of(scopes_[1])};
  EXPECT_EQ(read_pages({.scope_ids = one, .limit = 3, .named = {.target_names = {{"pods"}}}}).size(),
            texts.size());
}

TEST_P(rows_suite, hostile_and_endless_names_are_paged_each_once) { // S11
  std::vector<item> rows;
  for (const auto& name : hostile_texts())
    rows.push_back(make_row(name));
  for (const std::string end : {"a", "b", "c"})
    rows.push_back(make_row(std::string(2'000, 'x') + end));
  write_rows(rows_of(rows), 0);
  write_rows(rows_of(rows), 1, scopes_[1]);
  for (const std::int64_t limit : {1, 3, 100}) {
    std::set<std::pair<row_identity, std::int64_t>> found;
    const auto paged = read_pages({.limit = limit});
    for (const auto& row : paged)
      found.insert(key_of(row));
    EXPECT_EQ(paged.size(), 2 * rows.size()) << limit;
    EXPECT_EQ(found.size(), 2 * rows.size()) << limit;
  }
}

TEST_P(rows_suite, names_are_compared_bytewise) { // ORD-01
  seeded_random random(20260115);
  std::vector<item> rows;
  for (int count = 0; count < 200; ++count) {
    std::string name;
    for (auto length = random.below(4); length > 0; --length)
      name += std::array{"a", "B", "-", "\xC3\xA4", "\xF0\x9F\x98\x80", "\x01", "0"}[random.below(7)];
    rows.push_back(make_row(name + "!", 1, "target-" + std::to_string(random.below(3))));
  }
  write_rows(rows_of(rows), 0);
  const auto found = read_pages({.limit = 17});
  EXPECT_EQ(found.size(), rows_of(rows).size());
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), is_in_order));
}

TEST_P(rows_suite, rows_that_several_scopes_hold_are_counted_by_scopes) {
  EXPECT_TRUE(store_->shared_rows().value().empty());
  write_rows(rows_of(make_rows(5)), 0, scopes_[0]);
  EXPECT_TRUE(store_->shared_rows().value().empty());
  write_rows(rows_of(make_rows(3)), 1, scopes_[1]);
  write_rows(rows_of(make_rows(1)), 2, scopes_[2]);
  std::vector<std::int64_t> all{id_of(scopes_[0]), id_of(scopes_[1]), id_of(scopes_[2])};
  std::vector<std::int64_t> two{id_of(scopes_[0]), id_of(scopes_[1])};
  std::sort(all.begin(), all.end());
  std::sort(two.begin(), two.end());
  EXPECT_EQ(store_->shared_rows().value(), (shared_row_counts{{all, 1}, {two, 2}}));
}

TEST_P(rows_suite, all_that_is_read_at_once_is_of_one_moment) {
  write_rows(rows_of(make_rows(2)), 0);
  auto reader = place_->open_reader();
  ASSERT_TRUE(succeeds(reader));
  const auto count = [&] { return (*reader)->rows_in_order({.limit = everything}).value().size(); };
  EXPECT_TRUE(succeeds((*reader)->read_at_once([&]() -> result<void> {
    EXPECT_EQ(count(), 2U);
    write_rows(rows_of(make_rows(5)), 1);
    EXPECT_EQ(count(), 2U);
    EXPECT_EQ((*reader)->scopes().value().front().row_count, 2);
    EXPECT_EQ((*reader)->last_cursor().value(), 3);
    return {};
  })));
  EXPECT_EQ(count(), 5U);
  EXPECT_TRUE(fails_with(
      (*reader)->read_at_once([] { return result<void>(make_failure(error::closed, "x")); }), error::closed));
  EXPECT_EQ(count(), 5U);
}

TEST_P(rows_suite, scopes_are_shared_until_something_is_committed) {
  write_rows(rows_of(make_rows(2)), 0, scopes_[0]);
  auto reader = place_->open_reader();
  ASSERT_TRUE(succeeds(reader));
  const auto first = (*reader)->shared_scopes().value();
  EXPECT_EQ((*reader)->shared_scopes().value(), first) << "the same one, not an equal one";
  EXPECT_TRUE(succeeds((*reader)->read_at_once([&]() -> result<void> {
    EXPECT_EQ((*reader)->shared_scopes().value(), first);
    write_rows(rows_of(make_rows(5)), 1, scopes_[1]);
    EXPECT_EQ((*reader)->shared_scopes().value(), first) << "of the moment that is read";
    return {};
  })));
  const auto second = (*reader)->shared_scopes().value();
  EXPECT_EQ(second->all().size(), 2U);
  EXPECT_EQ(second->rows(), 7);
  EXPECT_EQ(second->find(id_of(scopes_[1]))->row_count, 5);
  EXPECT_EQ(second->find(-1), nullptr);
  EXPECT_EQ(first->all().size(), 1U) << "who has it keeps it";
  write_rows(rows_of(make_rows(5)), 7, scopes_[1]); // the same rows at another time
  const auto third = (*reader)->shared_scopes().value();
  EXPECT_NE(third, second);
  EXPECT_EQ(third->last_seen().at(scopes_[1].cluster), noon(7));
  // Who writes sees what it has written.
  EXPECT_EQ(store_->shared_scopes().value()->rows(), 7);
  write_rows(rows_of(make_rows(1)), 8, scopes_[0]);
  EXPECT_EQ(store_->shared_scopes().value()->rows(), 6);
}

TEST_P(rows_suite, a_key_for_signatures_stays_and_is_no_others) {
  const auto key = store_->signing_key().value();
  EXPECT_GE(key.size(), 32U);
  reopen();
  EXPECT_EQ(store_->signing_key().value(), key);
  EXPECT_NE(GetParam().make_place()->open("the test").value()->signing_key().value(), key);
}

TEST_P(rows_suite, partitions_that_have_caught_up_are_known_for_good) {
  claim_one(0);
  claim_one(1);
  const auto caught_up = [&] {
    std::vector<bool> out;
    for (const auto& position : store_->positions().value())
      out.push_back(position.has_caught_up);
    return out;
  };
  EXPECT_EQ(caught_up(), (std::vector<bool>{false, false}));
  const std::array<std::int32_t, 1> second{1};
  EXPECT_TRUE(succeeds(store_->note_caught_up(log_, second)));
  EXPECT_TRUE(succeeds(store_->note_caught_up("another log", second)));
  EXPECT_EQ(caught_up(), (std::vector<bool>{false, true}));
  reopen();
  claim_one(1, "another process");
  EXPECT_EQ(caught_up(), (std::vector<bool>{false, true}));
}

TEST_P(rows_suite, dead_letters_are_listed_from_the_newest_on_without_their_bytes) {
  for (std::int64_t offset = 1; offset <= 5; ++offset)
    commit([&](transaction& in) {
      stored_dead_letter letter;
      letter.letter.origin = {log_, 0, offset};
      letter.value = "poison";
      letter.letter.reason = "syntax";
      EXPECT_TRUE(succeeds(in.bury(letter.letter, letter.value)));
    });
  const auto first = store_->newest_dead_letters(0, 3).value();
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first.front().letter.origin.offset, 5);
  EXPECT_EQ(first.front().value, "");
  EXPECT_TRUE(first.front().has_body);
  EXPECT_EQ(first.front().value_bytes, 6);
  const auto rest = store_->newest_dead_letters(first.back().id, 3).value();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest.back().letter.origin.offset, 1);
}

} // namespace

} // namespace kollect::consumer::test

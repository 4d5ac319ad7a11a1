// Pages of rows: what is shown, in which order, how many there are, and as it was at a past time.
#include "read_api/row_page.hpp"

#include "query/filter_parameters.hpp"
#include "read_api/freshness.hpp"
#include "read_api/past_rows.hpp"
#include "support/consumer.hpp"

#include <test/sdk/support/seeded_random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;

/// The rows of a page, each as `cluster/namespace/inventory name revision`.
std::vector<std::string> names_of(const row_page& page) {
  std::vector<std::string> out;
  for (const auto& row : page.rows) {
    const auto& which = row.from->scope;
    const auto view = view_row(row.item);
    out.push_back(which.cluster + "/" + which.namespace_ + "/" + which.inventory + " " + row.identity.name +
                  " " + (view ? std::string(view->attributes) : "no row"));
  }
  return out;
}

item_filter filtered(std::string name, std::string value) {
  const std::vector<parameter> given{{std::move(name), std::move(value)}};
  return read_filter(given, empty_value::is_empty).value();
}

class row_pages : public testing::Test {
protected:
  void write(const scope& which, const std::vector<item>& rows, std::int64_t seconds) {
    consumer_.settings.now = [seconds] { return noon(seconds + 1); };
    consumer_.take(deliver(make_array(rows, noon(seconds), which), next_++));
  }

  answer_of<row_page> read(const page_request& asked) {
    return read_row_page(*consumer_, asked, limits_, totals_);
  }

  row_page read(const item_filter& filter = {}) { return read(page_request{filter}).value(); }

  /// All rows, page by page, by cursor or by offset.
  std::vector<std::string> read_all(item_filter filter, std::int64_t limit, bool by_offset,
                                    std::optional<timestamp> as_of = {}) {
    std::vector<std::string> out;
    page_request asked{filter, limit, 0, {}, as_of ? std::optional(moment{*as_of}) : std::nullopt};
    for (;;) {
      const auto page = read(asked).value();
      const auto names = names_of(page);
      EXPECT_LE(page.rows.size(), static_cast<std::size_t>(limit));
      out.insert(out.end(), names.begin(), names.end());
      if (!page.has_more)
        return out;
      if (by_offset)
        asked.offset += limit;
      else
        asked.after = page_place{page.rows.back().identity, page.rows.back().from->scope};
    }
  }

  test_consumer consumer_;
  page_limits limits_;
  row_totals totals_;
  std::int64_t next_ = 0;

  const scope west_web_{"west", "team-a", "web"};
  const scope west_all_{"west", "cluster", "all"};
  const scope east_web_{"east", "team-a", "web"};
};

TEST_F(row_pages, a_row_of_several_inventories_is_shown_once_as_the_newest_has_it) { // ROW-03
  write(west_web_, make_rows(3, 1), 10);
  write(west_all_, make_rows(2, 7), 20);
  write(east_web_, make_rows(1, 4), 5);
  EXPECT_EQ(names_of(read()), (std::vector<std::string>{"east/team-a/web row-0 {\"replicas\":4}",
                                                        "west/cluster/all row-0 {\"replicas\":7}",
                                                        "west/cluster/all row-1 {\"replicas\":7}",
                                                        "west/team-a/web row-2 {\"replicas\":1}"}));
  EXPECT_EQ(read().total, 4);
  auto of_one = filtered("inventory", "web");
  EXPECT_EQ(names_of(read(of_one)), (std::vector<std::string>{"east/team-a/web row-0 {\"replicas\":4}",
                                                              "west/team-a/web row-0 {\"replicas\":1}",
                                                              "west/team-a/web row-1 {\"replicas\":1}",
                                                              "west/team-a/web row-2 {\"replicas\":1}"}));
  of_one.cluster.wanted = {exactly("west")};
  EXPECT_EQ(read(of_one).total, 3);
}

TEST_F(row_pages, rows_that_inventories_share_are_counted_beside_the_pages_of_a_large_store) {
  std::chrono::steady_clock::time_point now{};
  int asked = 0;
  row_totals totals({.exact_rows = 3,
                     .kept = std::chrono::seconds(30),
                     .recount_soon = [&asked] { ++asked; },
                     .now = [&now] { return now; }});
  const auto total = [&] {
    const auto scopes = consumer_->shared_scopes().value();
    return totals.count(*consumer_, *scopes, choose_scopes(*scopes, {}), true).value();
  };
  write(west_web_, make_rows(2), 1);
  write(west_all_, make_rows(1), 2);
  EXPECT_EQ(total(), 2); // few enough to be exact
  write(west_web_, make_rows(4), 3);
  EXPECT_EQ(total(), 4);
  write(west_all_, make_rows(3), 4);
  EXPECT_EQ(total(), 6); // with the one row shared that was counted before
  EXPECT_EQ(asked, 0);
  now += std::chrono::seconds(30);
  EXPECT_EQ(total(), 6); // nobody waits
  EXPECT_EQ(total(), 6);
  EXPECT_EQ(asked, 1);
  ASSERT_TRUE(totals.recount(*consumer_));
  EXPECT_EQ(total(), 4);
  EXPECT_EQ(asked, 1);
  write(west_all_, make_rows(1), 5);
  EXPECT_EQ(total(), 2);
  now += std::chrono::seconds(60); // too old: this page counts
  EXPECT_EQ(total(), 4);
  EXPECT_EQ(asked, 1);
}

TEST_F(row_pages, filters_hold_for_scopes_and_rows) {
  auto rows = make_rows(4);
  rows[0].kind = "Service";
  rows[0].group = "";
  rows[1].name = "API-<b>";
  rows[2].target_name = "pods";
  rows[3].version = "v2";
  write(west_web_, rows, 1);
  write(east_web_, make_rows(1), 2);
  const auto count = [&](std::string name, std::string value) {
    const auto page = read(filtered(std::move(name), std::move(value)));
    EXPECT_EQ(page.total, static_cast<std::int64_t>(page.rows.size()));
    return page.total;
  };
  EXPECT_EQ(count("cluster", "west"), 4);
  EXPECT_EQ(count("cluster", "nowhere"), 0);
  EXPECT_EQ(count("namespace", "team-a"), 5);
  EXPECT_EQ(count("kind", "Service"), 1);
  EXPECT_EQ(count("kind", "sErvice"), 1);
  EXPECT_EQ(count("kind!", "service"), 4);
  EXPECT_EQ(count("group", "apps"), 4);
  EXPECT_EQ(count("version", "v2"), 1);
  EXPECT_EQ(count("target", "pods"), 1);
  EXPECT_EQ(count("name", "API-<b>"), 1);
  EXPECT_EQ(count("search", "api-<B>"), 1);
  EXPECT_EQ(count("search", "POD"), 1);
  EXPECT_EQ(count("search", "no such thing"), 0);
}

TEST_F(row_pages, pages_of_any_size_add_up_to_all) {
  seeded_random random(4711);
  std::vector<scope> scopes{west_web_, west_all_, east_web_, {"east", "team-b", "web"}, {"", "team-a", ""}};
  for (std::size_t index = 0; index < scopes.size(); ++index) {
    std::vector<item> rows;
    for (int row = 0; row < 40; ++row)
      if (random.once_in(2))
        rows.push_back(make_row("row-" + std::to_string(row), static_cast<std::int64_t>(index)));
    write(scopes[index], rows, static_cast<std::int64_t>(random.below(3)));
  }
  const auto web = filtered("inventory", "web"), west = filtered("cluster", "west"),
             even = filtered("search", "2");
  for (const auto& filter : {item_filter{}, web, west, even}) {
    const auto all = names_of(read(page_request{filter, 5'000}).value());
    EXPECT_EQ(read(page_request{filter, 1}).value().total, static_cast<std::int64_t>(all.size()));
    for (const std::int64_t limit : {1, 2, 7, 100})
      for (const bool by_offset : {false, true})
        EXPECT_EQ(read_all(filter, limit, by_offset), all) << limit << by_offset;
  }
  EXPECT_TRUE(read(page_request{{}, 10, 1'000'000}).value().rows.empty());
  EXPECT_FALSE(read(page_request{{}, 10, 1'000'000}).value().has_more);
}

TEST_F(row_pages, a_cursor_goes_on_whatever_was_added_and_removed_meanwhile) {
  write(west_web_, make_rows(9), 1);
  auto first = read(page_request{{}, 4}).value();
  const page_place place{first.rows.back().identity, first.rows.back().from->scope};
  auto rows = make_rows(9);
  rows.erase(rows.begin() + 2, rows.begin() + 5); // what was shown last is gone
  rows.push_back(make_row("row-00"));             // before it, and no concern of the next page
  write(west_web_, rows, 2);
  auto asked = page_request{{}, 100};
  asked.after = place;
  const auto names = names_of(read(asked).value());
  ASSERT_EQ(names.size(), 4U);
  EXPECT_NE(names.front().find("row-5"), std::string::npos) << names.front();
}

TEST_F(row_pages, nothing_at_all_is_an_empty_page) {
  const auto page = read();
  EXPECT_TRUE(page.rows.empty());
  EXPECT_EQ(page.total, 0);
  EXPECT_EQ(page.change_cursor, 0);
}

TEST_F(row_pages, a_question_that_takes_too_long_is_given_up) {
  write(west_web_, make_rows(9), 1);
  limits_.longest = std::chrono::milliseconds(-1);
  const auto page = read(page_request{});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().status, 503);
  EXPECT_NE(page.error().text.find("--query-timeout"), std::string::npos);
}

// The past.

TEST_F(row_pages, as_of_shows_each_past_state_again) {
  seeded_random random(99);
  const std::vector<scope> scopes{west_web_, west_all_, east_web_};
  std::map<std::int64_t, std::vector<std::string>> seen;
  std::map<std::int64_t, std::int64_t> cursors;
  for (std::int64_t second = 0; second < 400; second += 10) {
    std::vector<item> rows;
    for (int row = 0; row < 12; ++row)
      if (!random.once_in(3))
        rows.push_back(make_row("row-" + std::to_string(row), static_cast<std::int64_t>(random.below(3))));
    // One inventory only where rows are shared: which one is the newest is not part of the history.
    auto which = scopes[random.below(scopes.size())];
    if (which == west_all_)
      for (auto& row : rows)
        row.target_name = "all";
    write(which, rows, second);
    seen[second + 1] = names_of(read());
    cursors[second + 1] = read().change_cursor;
  }
  for (const auto& [second, names] : seen) {
    page_request asked{{}, 5'000, 0, {}, moment{noon(second)}};
    const auto page = read(asked).value();
    EXPECT_EQ(names_of(page), names) << second;
    EXPECT_EQ(page.total, static_cast<std::int64_t>(names.size()));
    EXPECT_EQ(page.change_cursor, cursors[second]);
    EXPECT_EQ(read_all({}, 5, false, noon(second)), names) << second;
    EXPECT_EQ(read_all({}, 5, true, noon(second)), names) << second;
  }
  const auto before = read(page_request{{}, 500, 0, {}, moment{noon(-1)}}); // what was then nobody knows
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().status, 410);
  EXPECT_NE(before.error().text.find("2026-01-15T12:00:01Z"), std::string::npos) << before.error().text;
}

TEST_F(row_pages, as_of_says_when_the_history_does_not_reach_back) {
  write(west_web_, make_rows(2, 1), 10);
  write(west_web_, make_rows(2, 2), 20);
  write(west_web_, make_rows(2, 3), 30);
  auto in = consumer_->begin().value();
  ASSERT_TRUE(succeeds(in->prune({.changes = 3})));
  ASSERT_TRUE(succeeds(in->commit()));
  in.reset();
  const auto gone = read(page_request{{}, 500, 0, {}, moment{noon(15)}});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().status, 410);
  EXPECT_NE(gone.error().text.find("--keep-changes"), std::string::npos);
  EXPECT_TRUE(read(page_request{{}, 500, 0, {}, moment{noon(31)}}));
  limits_.as_of_changes = 0;
  write(west_web_, make_rows(2, 4), 40);
  const auto far = read(page_request{{}, 500, 0, {}, moment{noon(31)}});
  ASSERT_FALSE(far);
  EXPECT_EQ(far.error().status, 400);
  EXPECT_NE(far.error().text.find("--max-as-of-changes"), std::string::npos);
}

// Decisions.

scope_summary summary(std::int64_t id, const scope& which, std::int64_t seconds, std::int64_t rows = 1) {
  return {which, rows, noon(seconds), noon(seconds), 0, id};
}

TEST(choose_shown_of, the_newest_of_each_cluster) {
  const auto old = summary(1, {"west", "a", ""}, 1), fresh = summary(2, {"west", "b", ""}, 2),
             other = summary(3, {"east", "z", ""}, 0), as_fresh = summary(4, {"west", "a", "x"}, 2);
  const std::vector<shown_row> group{{&old, {}, ""}, {&fresh, {}, ""}, {&other, {}, ""}, {&as_fresh, {}, ""}};
  const auto chosen = choose_shown(group, true);
  ASSERT_EQ(chosen.size(), 2U);
  EXPECT_EQ(chosen[0].from->id, 3);
  EXPECT_EQ(chosen[1].from->id, 4); // of equally new ones the first by name
  EXPECT_EQ(choose_shown(group, false).size(), 4U);
}

TEST(count_repeated_of, is_what_a_cluster_holds_more_than_once) {
  const scope_list all({summary(3, {"east", "a", ""}, 1), summary(1, {"west", "a", ""}, 1),
                        summary(2, {"west", "b", ""}, 1), summary(4, {"west", "c", ""}, 1)});
  const shared_row_counts shared{{{1, 2}, 10}, {{1, 3}, 100}, {{1, 2, 3, 4}, 1000}, {{3, 9}, 5}};
  using repeated = std::map<std::string_view, std::int64_t>;
  EXPECT_EQ(count_repeated(shared, all, choose_scopes(all, {})), (repeated{{"west", 10 + 2000}}));
  EXPECT_EQ(count_repeated(shared, all, {all.find(3), all.find(1)}), repeated());
}

TEST(freshness, tells_clusters_apart) {
  const auto clusters = summarise_clusters(
      scope_list({summary(3, {"east", "a", ""}, 1, 4), summary(1, {"west", "a", ""}, 5, 10),
                  summary(2, {"west", "b", ""}, 9, 3)}),
      {{{1, 2}, 2}});
  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_EQ(clusters[0].cluster, "east");
  EXPECT_EQ(clusters[1].row_count, 11);
  EXPECT_EQ(clusters[1].last_seen, noon(9));
  EXPECT_EQ(clusters[1].scope_count, 2);
  EXPECT_FALSE(is_stale(noon(0), noon(60), std::chrono::seconds(60)));
  EXPECT_TRUE(is_stale(noon(0), noon(61), std::chrono::seconds(60))); // DEL-03
  EXPECT_EQ(lag_of({"x", noon(5), noon(7), 0, 0}), 2);
  EXPECT_EQ(lag_of({"x", noon(7), noon(5), 0, 0}), 0);
}

TEST(freshness, a_store_is_rebuilt_until_one_log_is_caught_up_as_a_whole) {
  const auto position = [](const std::string& log, bool has_caught_up) {
    stored_position out;
    out.log = log;
    out.has_caught_up = has_caught_up;
    return out;
  };
  EXPECT_TRUE(is_rebuilding({}));
  EXPECT_TRUE(is_rebuilding({position("a", true), position("a", false)}));
  EXPECT_FALSE(is_rebuilding({position("a", true), position("a", true)}));
  EXPECT_FALSE(is_rebuilding({position("a", true), position("b", false)}));
}

TEST_F(row_pages, large_rows_make_a_page_shorter) { // S22, I8
  std::vector<item> rows;
  for (int index = 0; index < 40; ++index) {
    rows.push_back(make_row("row-" + std::to_string(100 + index)));
    rows.back().attributes.emplace_object()["text"] = std::string(100'000, 'x');
  }
  write({"c", "n", "i"}, rows, 1);
  limits_.bytes = 1'000'000;
  const auto page = read(page_request{{}, 500}).value();
  EXPECT_EQ(page.rows.size(), 9U);
  EXPECT_TRUE(page.has_more);
  EXPECT_EQ(page.total, 40);
  EXPECT_EQ(read_all({}, 500, false).size(), 40U) << "page by page";
  const auto refused = read(page_request{{}, 500, 0, {}, {}, false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_NE(refused.error().text.find("ask for limit=9"), std::string::npos) << refused.error().text;
  EXPECT_EQ(read(page_request{{}, 9, 0, {}, {}, false}).value().rows.size(), 9U);
  limits_.bytes = 10;
  EXPECT_EQ(read(page_request{}).value().rows.size(), 1U) << "one row is always shown";
}

} // namespace
} // namespace kollect::consumer::test

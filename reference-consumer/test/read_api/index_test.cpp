// Answers are the same with and without an index, whatever it lacks: random filters, on the store of the
// program.
#include "query/filter_parameters.hpp"
#include "query/index_paths.hpp"
#include "read_api/row_page.hpp"
#include "support/consumer.hpp"

#include <test/sdk/support/seeded_random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;
using kollect::test::test_seed;

constexpr std::int64_t to_the_end = 1'000'000;

class indexed_rows : public testing::Test {
protected:
  /// An object of a small world, so that filters hold for several.
  item random_row(std::size_t number) {
    const auto pick = [&](const std::vector<std::string>& all) { return random_.pick(all); };
    auto out = make_row("app-" + std::to_string(number), 1, pick({"deployments", "pods"}));
    if (random_.once_in(20))
      out.name = pick({std::string("n\0l", 3), std::string(700, 'l') + std::to_string(number), "\xC3\xA4"});
    out.kind = pick({"Deployment", "Pod", "Job"});
    out.namespace_ = pick({"shop", "data", ""});
    out.uid = "uid-" + std::to_string(number);
    out.attributes = {
        {"metadata",
         {{"labels", {{"app", pick({"api", "web", "db"})}, {"number", std::to_string(number % 7)}}},
          {"ownerReferences", boost::json::array{{{"kind", "Application"}, {"name", pick({"a", "b"})}}}}}},
        {"spec",
         {{"replicas", random_.below(4)},
          {"containers", boost::json::array{{{"image", pick({"nginx:1", "redis:7", "nginx:2"})}}}}}}};
    return out;
  }

  /// Some of the objects that were there, some changed, and some new.
  void write(const scope& which, std::size_t most_rows) {
    std::map<row_identity, item> rows;
    for (const auto& one : rows_[which])
      if (!random_.once_in(6))
        rows.emplace(identity_of(one), one);
    for (auto& [identity, one] : rows)
      if (random_.once_in(4)) {
        auto changed = random_row(random_.below(400));
        one.kind = changed.kind;
        one.attributes = changed.attributes;
      }
    for (auto left = random_.below(most_rows); left > 0; --left) {
      auto one = random_row(random_.below(400));
      rows.emplace(identity_of(one), std::move(one));
    }
    rows_[which].clear();
    for (auto& [identity, one] : rows)
      rows_[which].push_back(std::move(one));
    times_[which] = ++seconds_;
    consumer_.take(deliver(make_array(rows_[which], noon(seconds_), which), next_++));
  }

  static row_identity identity_of(const item& one) {
    return {one.target_namespace, one.target_name, one.namespace_, one.name, one.uid};
  }

  /// Tells a row from any other, in few letters.
  static std::string name_of(const std::string& cluster, const std::string& item) {
    return cluster + "/" + view_row(item).value().uid.decode() + "/" +
           std::to_string(std::hash<std::string>()(item) % 10'000);
  }

  /// What is to be shown, by a look at each row.
  std::vector<std::string> expected(const item_filter& filter) const {
    const bool is_of_one_inventory = only_text(filter.inventory).has_value();
    std::map<std::tuple<row_identity, std::string, std::string>, std::pair<std::int64_t, std::string>> newest;
    for (const auto& [which, rows] : rows_)
      if (holds(filter, which))
        for (const auto& one : rows) {
          auto& shown =
              newest[{identity_of(one), which.cluster, is_of_one_inventory ? which.namespace_ : ""}];
          if (shown.first < times_.at(which))
            shown = {times_.at(which), serialize(one).value()};
        }
    std::vector<std::string> out;
    for (const auto& [key, shown] : newest)
      if (const auto view = view_row(shown.second); view && holds(filter, *view))
        out.push_back(name_of(std::get<1>(key), shown.second));
    std::sort(out.begin(), out.end());
    return out;
  }

  /// All pages, each of which goes on in order.
  std::vector<std::string> read_pages(const item_filter& filter, std::int64_t limit) {
    std::vector<std::string> out;
    page_request asked{filter, limit};
    asked.with_total = false;
    for (;;) {
      const auto page = read_row_page(*consumer_, asked, {}, totals_).value();
      for (const auto& row : page.rows) {
        out.push_back(name_of(row.from->scope.cluster, row.item));
        if (asked.after && has_usual_names(row.identity) && has_usual_names(asked.after->identity)) {
          EXPECT_LE(asked.after->identity, row.identity);
        }
        asked.after = page_place{row.identity, row.from->scope};
      }
      if (!page.has_more)
        break;
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  /// PostgreSQL compares others by their beginnings first.
  static bool has_usual_names(const row_identity& row) { return row.name.size() <= 300; }

  item_filter random_filter() {
    static const std::vector<parameter> known{{"kind", "Pod"},
                                              {"kind", "job"},
                                              {"itemNamespace", "shop"},
                                              {"itemNamespace", ""},
                                              {"labels", "app=api"},
                                              {"labels", "app in (web,db),number=3"},
                                              {"labels", "!gone"},
                                              {"owner", "Application/a"},
                                              {"owner", "b"},
                                              {"name", "app-*"},
                                              {"name!", "app-1*"},
                                              {"name", std::string("n\0l", 3)},
                                              {"cluster", "west"},
                                              {"inventory", "web"},
                                              {"target", "pods"},
                                              {"search", "redis"},
                                              {"attr.spec.replicas", "2"},
                                              {"attr.spec.replicas>", "2"},
                                              {"attr.spec.containers.*.image", "*nginx*"},
                                              {"attr.spec.containers.0.image", "redis:7"}};
    std::vector<parameter> given;
    for (auto left = 1 + random_.below(2); left > 0; --left)
      given.push_back(random_.pick(known));
    if (random_.once_in(4))
      given.push_back({"uid", "uid-" + std::to_string(random_.below(400))});
    if (random_.once_in(6))
      given.push_back({"name", "app-" + std::to_string(random_.below(400))});
    return read_filter(given, empty_value::is_empty).value();
  }

  void check(int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      const auto filter = random_filter();
      const auto wanted = expected(filter);
      ASSERT_EQ(read_pages(filter, 500), wanted) << text_of(filter);
      ASSERT_EQ(read_pages(filter, 1 + static_cast<std::int64_t>(random_.below(40))), wanted)
          << text_of(filter);
      found_ += wanted.size();
    }
  }

  void build(std::int64_t rows) {
    const auto built = consumer_->build_index(rows);
    ASSERT_TRUE(succeeds(built));
    is_complete_ = built->is_complete;
  }

  seeded_random random_{test_seed(2'700)};
  test_consumer consumer_;
  row_totals totals_;
  std::map<scope, std::vector<item>> rows_;
  std::map<scope, std::int64_t> times_;
  std::int64_t seconds_ = 0;
  std::int64_t next_ = 0;
  std::size_t found_ = 0;
  bool is_complete_ = false;
  const std::vector<scope> scopes_{{"west", "team-a", "web"},
                                   {"west", "team-b", "web"},
                                   {"east", "team-a", "web"},
                                   {"east", "team-a", "all"},
                                   {"", "team-a", "web"}};
};

TEST_F(indexed_rows, are_found_before_while_and_after_the_index_is_built) {
  for (const auto& which : scopes_)
    write(which, 300);
  check(20);
  ASSERT_TRUE(succeeds(consumer_->keep_index(parse_index_paths(usual_index).value())));
  check(20);
  for (int piece = 0; piece < 5; ++piece) {
    build(17);
    check(3);
    write(random_.pick(scopes_), 20);
    check(3);
  }
  while (!is_complete_ && !HasFatalFailure())
    build(40);
  check(30);
  EXPECT_GT(found_, 1'000U);
}

TEST_F(indexed_rows, are_found_as_snapshots_add_change_and_remove_them) {
  ASSERT_TRUE(succeeds(
      consumer_->keep_index(parse_index_paths("kind,uid,labels,images,attr.spec.replicas").value())));
  build(10);
  EXPECT_TRUE(is_complete_) << "there is nothing to build";
  for (int round = 0; round < 12; ++round) {
    write(random_.pick(scopes_), round < 6 ? 200 : 60);
    if (round == 8) {
      consumer_.restart();
      build(50);
    }
    check(5);
  }
  consumer_.take(deliver(make_array({}, noon(++seconds_), scopes_[0]), next_++));
  rows_[scopes_[0]].clear();
  times_[scopes_[0]] = seconds_;
  check(5);
  write(scopes_[0], 200);
  check(10);
  while (!HasFatalFailure() && (build(1'000), !is_complete_))
    ;
  check(20);
}

TEST_F(indexed_rows, are_found_with_an_index_of_other_paths_and_without_one) {
  for (const std::string list : {"labels,name", "attr.spec.replicas,owners", "none", "kind"}) {
    ASSERT_TRUE(succeeds(consumer_->keep_index(parse_index_paths(list).value())));
    EXPECT_EQ(text_of(consumer_->indexed().value()), text_of(parse_index_paths(list).value()));
    write(random_.pick(scopes_), 150);
    check(8);
    build(60);
    check(8);
  }
}

TEST_F(indexed_rows, a_filter_that_the_index_knows_looks_at_few_rows) {
  std::vector<item> rows;
  for (std::size_t number = 0; number < 2'000; ++number)
    rows.push_back(random_row(number));
  std::sort(rows.begin(), rows.end(),
            [](const item& left, const item& right) { return identity_of(left) < identity_of(right); });
  ASSERT_TRUE(succeeds(consumer_->keep_index(parse_index_paths(usual_index).value())));
  consumer_.take(deliver(make_array(rows, noon(1), scopes_[0]), next_++));
  const auto rows_of = [&](const std::string& name, const std::string& value) {
    const std::vector<parameter> given{{name, value}};
    const auto intervals =
        consumer_->find_intervals(read_filter(given, empty_value::is_empty).value(), {}, {}).value();
    std::int64_t count = 0;
    for (const auto& one : intervals.value())
      count += one.rows;
    return count;
  };
  EXPECT_LE(rows_of("uid", "uid-1234"), 2 * 128);
  EXPECT_LE(rows_of("name", "app-77"), 2 * 128);
  EXPECT_EQ(rows_of("kind", "nobody"), 0);
  const std::vector<parameter> annotated{{"annotations", "a"}};
  EXPECT_FALSE(
      consumer_->find_intervals(read_filter(annotated, empty_value::is_empty).value(), {}, {}).value());
}

TEST_F(indexed_rows, attributes_that_are_not_indexed_are_looked_for_among_few_rows_only) {
  ASSERT_TRUE(succeeds(consumer_->keep_index(parse_index_paths(usual_index).value())));
  while (rows_[scopes_[0]].size() < 20)
    write(scopes_[0], 100);
  page_limits limits;
  limits.scanned_rows = 10;
  const auto ask = [&](const std::string& name, const std::string& value) {
    const std::vector<parameter> given{{name, value}};
    return read_row_page(*consumer_, page_request{read_filter(given, empty_value::is_empty).value()}, limits,
                         totals_);
  };
  const auto refused = ask("attr.spec.replicas", "2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_NE(refused.error().text.find("attr.spec.replicas to --index"), std::string::npos)
      << refused.error().text;
  EXPECT_TRUE(ask("attr.spec.containers.*.image", "nginx:1"));
  EXPECT_TRUE(ask("search", "nginx"));
  EXPECT_TRUE(ask("annotations", "a"));
  limits.scanned_rows = to_the_end;
  EXPECT_TRUE(ask("attr.spec.replicas", "2"));
}

} // namespace
} // namespace kollect::consumer::test

// What was, what changed, and what is different: pages of changes, histories, and moments by commit or
// snapshot.
#include "read_api/portal_fixture.hpp"

#include <test/sdk/support/seeded_random.hpp>

#include <map>
#include <tuple>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;

class past : public served {
protected:
  /// A snapshot of rows with these revisions, exported and applied at these seconds.
  void write_at(const scope& which, const std::map<std::string, std::int64_t>& rows, std::int64_t exported,
                std::int64_t applied) {
    consumer_.settings.now = [applied] { return noon(applied); };
    std::vector<item> all;
    for (const auto& [name, revision] : rows) {
      all.push_back(make_row(name, revision));
      all.back().uid = "uid-" + name;
    }
    write(all, exported, which);
  }

  static std::string time(std::int64_t seconds) { return to_string(noon(seconds)); }

  /// `cluster/name=revision` of all items, by name.
  std::map<std::string, std::string> items(const std::string& query) {
    std::map<std::string, std::string> out;
    const auto answer = json("/v1alpha1/items?limit=5000&" + query);
    for (const auto& one : answer.at("items").as_array())
      out[std::string(one.at("cluster").as_string()) + "/" +
          std::string(one.at("item").at("name").as_string())] =
          boost::json::serialize(one.at("item").at("attributes"));
    return out;
  }

  const scope west_{"west", "team-a", "web"}, east_{"east", "team-a", "web"};
};

TEST_F(past, changes_come_in_finite_pages_by_time_and_by_place) {
  write_at(west_, {{"a", 1}, {"b", 1}}, 10, 11);
  write_at(west_, {{"a", 2}, {"c", 1}}, 20, 21);
  write_at(east_, {{"a", 1}}, 30, 31);
  start();
  const auto kinds = [&](const std::string& query) {
    std::vector<std::string> out;
    const auto answer = json("/v1alpha1/changes?" + query);
    for (const auto& one : answer.at("changes").as_array())
      out.push_back(std::string(one.at("kind").as_string()));
    return out;
  };
  EXPECT_EQ(kinds("limit=100"), (texts{"added", "added", "snapshot", "changed", "removed", "added",
                                       "snapshot", "added", "snapshot"}));
  EXPECT_EQ(kinds("from=" + time(11) + "&to=" + time(21)),
            (texts{"changed", "removed", "added", "snapshot"}));
  EXPECT_EQ(kinds("from=" + time(11) + "&name=a"), (texts{"changed", "snapshot", "added", "snapshot"}));
  EXPECT_EQ(kinds("from=" + time(11) + "&cluster=east"), (texts{"added", "snapshot"}));
  texts paged;
  std::string from = place(0);
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = json("/v1alpha1/changes?limit=2&from=" + from);
    EXPECT_LE(page.at("changes").as_array().size(), 2U);
    for (const auto& one : page.at("changes").as_array())
      paged.push_back(std::string(one.at("kind").as_string()));
    if (page.at("pagination").at("next").is_null())
      break;
    from = std::string(page.at("pagination").at("next").as_string());
  }
  EXPECT_EQ(paged, kinds("limit=100"));
  EXPECT_TRUE(get("/v1alpha1/changes?from=" + time(5)).starts_with("HTTP/1.1 410 "));
  EXPECT_TRUE(get("/v1alpha1/changes?from=other-1").starts_with("HTTP/1.1 410 "));
}

TEST_F(past, sparse_changes_are_looked_for_so_long_and_then_gone_on_with) {
  settings_.answers.pages.as_of_changes = 1;
  std::map<std::string, std::int64_t> rows;
  for (int count = 0; count < 600; ++count)
    rows["row-" + std::to_string(count)] = 1;
  write_at(west_, rows, 10, 11);
  write_at(east_, {{"wanted", 1}}, 20, 21);
  start();
  const auto first = json("/v1alpha1/changes?limit=10&name=wanted&from=" + place(0));
  EXPECT_EQ(first.at("changes").as_array().size(), 0U);
  const auto next = std::string(first.at("pagination").at("next").as_string());
  const auto second = json("/v1alpha1/changes?limit=10&name=wanted&from=" + next);
  EXPECT_EQ(second.at("changes").as_array().size(), 3U); // two of them tell that a snapshot is complete
  EXPECT_TRUE(second.at("pagination").at("next").is_null());
}

TEST_F(past, an_object_has_a_history_and_namesakes) {
  write_at(west_, {{"a", 1}, {"b", 1}}, 10, 11);
  write_at(west_, {{"a", 2}}, 20, 21);
  consumer_.settings.now = [] { return noon(31); };
  auto again = make_row("a", 3);
  again.uid = "uid-second";
  write({again}, 30, west_);
  start();
  const auto history = json("/v1alpha1/items/west/uid-a/history");
  EXPECT_FALSE(history.at("present").as_bool());
  std::vector<std::string> kinds;
  for (const auto& one : history.at("versions").as_array())
    kinds.push_back(std::string(one.at("kind").as_string()));
  EXPECT_EQ(kinds, (std::vector<std::string>{"added", "changed", "removed"}));
  EXPECT_EQ(history.at("versions").at(1).at("source").at("exportedAt").as_string(), time(20));
  EXPECT_EQ(boost::json::serialize(history.at("versions").at(1).at("changedPaths")),
            R"(["/attributes/replicas"])");
  EXPECT_EQ(boost::json::serialize(history.at("namesakes")),
            R"([{"uid":"uid-second","seenAt":")" + time(30) + R"(","present":true}])");
  const auto other = json("/v1alpha1/items/west/uid-second/history");
  EXPECT_TRUE(other.at("present").as_bool());
  EXPECT_EQ(boost::json::serialize(other.at("namesakes")),
            R"([{"uid":"uid-a","seenAt":")" + time(30) + R"(","present":false}])");
  EXPECT_EQ(json("/v1alpha1/items/west/uid-a/history?limit=1").at("versions").as_array().size(), 1U);
}

TEST_F(past, a_moment_is_the_commits_or_the_snapshots) {
  write_at(west_, {{"a", 1}}, 10, 11);
  write_at(east_, {{"a", 1}}, 12, 13);
  write_at(west_, {{"a", 2}}, 20, 50); // a snapshot that came late
  write_at(east_, {{"a", 2}}, 40, 51);
  start();
  using rows = std::map<std::string, std::string>;
  const std::string one = R"({"replicas":1})", two = R"({"replicas":2})";
  EXPECT_EQ(items("asOf=" + time(30)), (rows{{"west/a", one}, {"east/a", one}}));
  EXPECT_EQ(items("asOf=" + time(30) + "&asOfBy=snapshot"), (rows{{"west/a", two}, {"east/a", one}}));
  EXPECT_EQ(items("asOf=" + time(50)), (rows{{"west/a", two}, {"east/a", one}}));
  EXPECT_EQ(items("asOf=" + time(45) + "&asOfBy=snapshot"), (rows{{"west/a", two}, {"east/a", two}}));
  EXPECT_EQ(items("asOf=" + time(11) + "&asOfBy=snapshot"), (rows{{"west/a", one}}));
  EXPECT_EQ(json("/v1alpha1/items?asOf=" + time(45) + "&asOfBy=snapshot").at("asOfBy").as_string(),
            "snapshot");
  for (const auto* const by : {"commit", "snapshot"})
    EXPECT_TRUE(get("/v1alpha1/items?asOf=" + time(5) + "&asOfBy=" + by).starts_with("HTTP/1.1 410 ")) << by;
  EXPECT_TRUE(get("/v1alpha1/items?asOf=9999-01-01T00:00:00Z").starts_with("HTTP/1.1 404 "));
}

TEST_F(past, nothing_is_known_of_any_time_where_there_is_no_snapshot) {
  start();
  for (const std::string path : {"items?asOf=", "facets?by=kind&asOf=", "diff?from=", "changes?from="})
    EXPECT_TRUE(get("/v1alpha1/" + path + time(5)).starts_with("HTTP/1.1 410 ")) << path;
}

TEST_F(past, a_diff_is_what_two_answers_differ_in) {
  seeded_random random(31);
  const std::vector<scope> scopes{west_, east_, {"west", "team-b", "all"}};
  for (std::int64_t second = 10; second < 200; second += 10) {
    std::map<std::string, std::int64_t> rows;
    for (int row = 0; row < 12; ++row)
      if (!random.once_in(3))
        rows["row-" + std::to_string(row)] = static_cast<std::int64_t>(random.below(3));
    write_at(scopes[random.below(scopes.size())], rows, second, second + 1);
  }
  start();
  for (const std::string filter :
       {"", "&cluster=west", "&attr.replicas=1", "&namespace=team-a&inventory=web"})
    for (const auto& [from, to] : {std::pair{15, 195}, {55, 95}, {95, 105}, {95, 95}}) {
      const auto before = items("asOf=" + time(from) + filter), after = items("asOf=" + time(to) + filter);
      std::map<std::string, std::string> expected, found;
      for (const auto& [name, text] : before)
        if (!after.contains(name))
          expected[name] = "removed";
        else if (after.at(name) != text)
          expected[name] = "changed";
      for (const auto& [name, text] : after)
        if (!before.contains(name))
          expected[name] = "added";
      std::string cursor;
      std::int64_t counted = -1;
      do {
        const auto page = json("/v1alpha1/diff?limit=3&from=" + time(from) + "&to=" + time(to) + filter +
                               "&cursor=" + cursor);
        if (const auto* const summary = page.if_contains("summary"))
          counted = summary->at("added").as_int64() + summary->at("changed").as_int64() +
                    summary->at("removed").as_int64();
        for (const auto& one : page.at("items").as_array()) {
          const auto& row = one.at("after").is_null() ? one.at("before") : one.at("after");
          found[std::string(one.at("cluster").as_string()) + "/" + std::string(row.at("name").as_string())] =
              one.at("kind").as_string();
        }
        const auto& next = page.at("pagination").at("next");
        cursor = next.is_null() ? std::string() : std::string(next.as_string());
      } while (!cursor.empty());
      EXPECT_EQ(found, expected) << filter << " " << from << " " << to;
      EXPECT_EQ(counted, std::ssize(expected));
    }
  EXPECT_EQ(json("/v1alpha1/diff?from=" + time(195)).at("items").as_array().size(), 0U);
}

} // namespace
} // namespace kollect::consumer::test

// Questions about items: pages, orders, columns and counts, asked over HTTP, and against a look at each row.
#include "read_api/facets.hpp"
#include "read_api/item_page.hpp"
#include "read_api/portal_fixture.hpp"
#include "support/hostile_texts.hpp"

#include <test/sdk/support/seeded_random.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;

/// A row with attributes that questions are about.
item make_workload(const std::string& name, const std::string& kind, std::int64_t replicas,
                   const std::string& image, const std::string& team) {
  auto out = make_row(name);
  out.kind = kind;
  out.uid = "uid-" + name;
  out.namespace_ = team;
  out.attributes = {{"metadata", {{"labels", {{"app", name}, {"team", team}}}}},
                    {"spec",
                     {{"replicas", replicas},
                      {"template", {{"spec", {{"containers", boost::json::array{{{"image", image}}}}}}}}}}};
  return out;
}

std::string encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    out.append(1, '%').append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
  }
  return out;
}

class questions : public served {
protected:
  void write_fleet() {
    write({make_workload("api", "Deployment", 3, "nginx:1.25", "shop"),
           make_workload("web", "Deployment", 1, "nginx:1.26", "shop"),
           make_workload("db", "StatefulSet", 10, "postgres:16", "data")},
          1, west_);
    write({make_workload("api", "Deployment", 2, "nginx:1.25", "shop"),
           make_workload("job", "Job", 1, "busybox", "ops")},
          2, east_);
    write({make_workload("lone", "Deployment", 5, "nginx:1.25", "shop")}, 3, nameless_);
  }

  /// `cluster/name` of each item.
  std::vector<std::string> names(const std::string& query) {
    std::vector<std::string> out;
    const auto answer = json("/v1alpha1/items?" + query);
    for (const auto& one : answer.at("items").as_array())
      out.push_back(std::string(one.at("cluster").as_string()) + "/" +
                    std::string(one.at("item").at("name").as_string()));
    return out;
  }

  std::string refused(const std::string& path) {
    const auto answer = get(path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << path << "\n" << answer;
    return body_of(answer);
  }

  const scope west_{"west", "team-a", "web"}, east_{"east", "team-a", "web"}, nameless_{"", "team-a", "web"};
};

TEST_F(questions, filters_hold_as_they_say) {
  write_fleet();
  start();
  EXPECT_EQ(names("sort=name,cluster"),
            (texts{"east/api", "west/api", "west/db", "east/job", "/lone", "west/web"}));
  EXPECT_EQ(names("kind=deployment&cluster=west"), (texts{"west/api", "west/web"}));
  EXPECT_EQ(names("kind=job&kind=STATEFULSET&sort=name"), (texts{"west/db", "east/job"}));
  EXPECT_EQ(names("kind!=Deployment&cluster=east"), texts{"east/job"});
  EXPECT_EQ(names("cluster="), texts{"/lone"});
  EXPECT_EQ(names("attr.spec.template.spec.containers.*.image=nginx:1.25&cluster!=&sort=cluster"),
            (texts{"east/api", "west/api"}));
  EXPECT_EQ(names("attr.spec.replicas%3E=5&sort=attr.spec.replicas"), (texts{"/lone", "west/db"}));
  EXPECT_EQ(names("labels=" + encode("team in (shop,data),app!=web") + "&cluster=west&sort=name"),
            (texts{"west/api", "west/db"}));
  EXPECT_EQ(names("search=POSTGRES"), texts{"west/db"});
  EXPECT_EQ(names("itemNamespace=ops"), texts{"east/job"});
  EXPECT_EQ(names("uid=uid-db&uid=uid-job&sort=-name"), (texts{"east/job", "west/db"}));
}

TEST_F(questions, an_answer_tells_where_items_come_from_and_which_clusters_are_silent) {
  settings_.answers.stale_after = 1s;
  write_fleet();
  catch_up();
  start();
  const auto page = json("/v1alpha1/items?name=db&total=true");
  ASSERT_EQ(page.at("items").as_array().size(), 1U);
  const auto& one = page.at("items").at(0).as_object();
  EXPECT_EQ(one.at("cluster").as_string(), "west");
  EXPECT_EQ(one.at("namespace").as_string(), "team-a");
  EXPECT_EQ(one.at("inventory").as_string(), "web");
  EXPECT_EQ(one.at("exportedAt").as_string(), "2026-01-15T12:00:01Z");
  EXPECT_EQ(page.at("staleClusters"), boost::json::value({"west"}));
  EXPECT_EQ(page.at("pagination").at("total").as_int64(), 1);
  EXPECT_TRUE(page.at("pagination").at("next").is_null());
  EXPECT_FALSE(page.at("rebuilding").as_bool());
}

TEST_F(questions, columns_are_told_as_they_were_asked_for) {
  write_fleet();
  start();
  const auto page =
      json("/v1alpha1/items?name=db&fields=" +
           encode("name,attr.spec.replicas,attr.spec.template.spec.containers.*.image,label:team,attr.no"));
  EXPECT_EQ(
      boost::json::serialize(page.at("items")),
      R"([{"name":"db","attr.spec.replicas":10,"attr.spec.template.spec.containers.*.image":["postgres:16"],)"
      R"("label:team":"data","attr.no":null}])");
}

TEST_F(questions, a_cell_that_a_spreadsheet_would_calculate_is_text) {
  auto row = make_row("=1+1");
  row.uid = "+a";
  row.namespace_ = "-5";
  const scope_summary from;
  const shown_row shown{&from, {}, serialize(row).value()};
  EXPECT_EQ(csv_cells_of(parse_columns("name,uid,itemNamespace").value(), shown),
            (texts{"'=1+1", "'+a", "-5"}));
}

TEST_F(questions, each_item_tells_whether_its_cluster_is_stale_where_that_is_asked_for) {
  write_fleet();
  start();
  const auto items = json("/v1alpha1/items?limit=1&stale=true").at("items");
  EXPECT_FALSE(items.at(0).at("stale").as_bool());
  EXPECT_FALSE(
      json("/v1alpha1/items?limit=1&fields=name&stale=true").at("items").at(0).at("stale").as_bool());
  EXPECT_FALSE(json("/v1alpha1/items?limit=1").at("items").at(0).as_object().contains("stale"));
  const auto csv = body_of(get("/v1alpha1/items?limit=1&fields=kind&stale=true", "Accept: text/csv\r\n"));
  EXPECT_TRUE(csv.starts_with("kind,stale\r\n")) << csv;
  EXPECT_TRUE(csv.ends_with(",false\r\n")) << csv;
}

TEST_F(questions, items_come_as_csv_and_as_lines_too) {
  auto odd = make_workload("odd", "Job", 1, "a,\"b\"", "ops");
  write({make_workload("api", "Deployment", 3, "nginx:1.25", "shop"), odd}, 1, west_);
  start();
  const std::string columns = encode("name,attr.spec.replicas,attr.spec.template.spec.containers.*.image");
  const auto csv = get("/v1alpha1/items?sort=name&limit=1&fields=" + columns, "Accept: text/csv\r\n");
  EXPECT_EQ(header_of(csv, "Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(body_of(csv),
            "name,attr.spec.replicas,attr.spec.template.spec.containers.*.image\r\napi,3,nginx:1.25\r\n");
  const auto link = header_of(csv, "Link");
  ASSERT_TRUE(link.starts_with("<?sort=name&limit=1&fields=" + columns + "&cursor=")) << link;
  const auto second = get("/v1alpha1/items" + link.substr(1, link.find('>') - 1), "Accept: text/csv\r\n");
  EXPECT_NE(body_of(second).find("odd,1,\"a,\"\"b\"\"\"\r\n"), std::string::npos) << second;
  EXPECT_EQ(header_of(second, "Link"), "");
  const auto lines = get("/v1alpha1/items?sort=name&fields=name", "Accept: application/x-ndjson\r\n");
  EXPECT_EQ(header_of(lines, "Content-Type"), "application/x-ndjson");
  EXPECT_EQ(body_of(lines), "{\"name\":\"api\"}\n{\"name\":\"odd\"}\n");
  EXPECT_TRUE(body_of(get("/v1alpha1/items", "Accept: text/csv\r\n"))
                  .starts_with("cluster,itemNamespace,kind,name,exportedAt\r\n"));
  EXPECT_EQ(header_of(get("/v1alpha1/items", "Accept: text/html,*/*\r\n"), "Content-Type"),
            "application/json");
}

TEST_F(questions, one_object_is_found_by_its_uid) {
  write_fleet();
  start();
  EXPECT_EQ(json("/v1alpha1/items/west/uid-api").at("items").at(0).at("item").at("name").as_string(), "api");
  EXPECT_EQ(json("/v1alpha1/items//uid-lone").at("items").at(0).at("cluster").as_string(), "");
  EXPECT_TRUE(get("/v1alpha1/items/west/uid-job").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get("/v1alpha1/items/west/uid-job/history").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get("/v1alpha1/items/west/").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(get("/v1alpha1/items/west/uid-api?kind=x").starts_with("HTTP/1.1 400 "));
}

TEST_F(questions, values_are_counted_under_filters) {
  write_fleet();
  start();
  const auto all =
      json("/v1alpha1/facets?by=" + encode("kind,cluster,label:team,attr.spec.replicas,attr.no"));
  EXPECT_EQ(all.at("items").as_int64(), 6);
  EXPECT_EQ(
      boost::json::serialize(all.at("facets")),
      R"([{"by":"kind","values":[{"value":"Deployment","count":4},{"value":"Job","count":1},)"
      R"({"value":"StatefulSet","count":1}],"distinct":3,"missing":0},)"
      R"({"by":"cluster","values":[{"value":"west","count":3},{"value":"east","count":2},{"value":"","count":1}],)"
      R"("distinct":3,"missing":0},)"
      R"({"by":"label:team","values":[{"value":"shop","count":4},{"value":"data","count":1},)"
      R"({"value":"ops","count":1}],"distinct":3,"missing":0},)"
      R"({"by":"attr.spec.replicas","values":[{"value":1,"count":2},{"value":10,"count":1},)"
      R"({"value":2,"count":1},{"value":3,"count":1},{"value":5,"count":1}],"distinct":5,"missing":0},)"
      R"({"by":"attr.no","values":[],"distinct":0,"missing":6}])");
  const auto few = json("/v1alpha1/facets?by=name&kind=Deployment&limit=1");
  EXPECT_EQ(few.at("facets").at(0).at("distinct").as_int64(), 3);
  EXPECT_EQ(boost::json::serialize(few.at("facets").at(0).at("values")), R"([{"value":"api","count":2}])");
}

TEST_F(questions, too_many_different_values_are_refused) {
  settings_.answers.facet_values = 2;
  write_fleet();
  start();
  EXPECT_NE(refused("/v1alpha1/facets?by=name").find("--max-facet-values"), std::string::npos);
  EXPECT_EQ(json("/v1alpha1/facets?by=kind&cluster=west").at("items").as_int64(), 3);
}

TEST_F(questions, what_is_malformed_is_said_with_what_is_allowed) { // S23
  write_fleet();
  start();
  const std::tuple<std::string, std::string> cases[] = {
      {"items?knid=Pod", "did you mean \"kind\"?"},
      {"items?sort=nmae", "did you mean \"name\"?"},
      {"items?fields=name,", "there is no column \"\""},
      {"items?limit=few", "\"few\": it must be a whole number"},
      {"items?asOf=yesterday", "2026-01-15T12:00:00Z"},
      {"items?asOf=2026-01-15T12:00:00Z&asOfBy=export", "commit or snapshot"},
      {"items?labels=" + encode("a in b"), "position 6"},
      {"items?total=yes", "true or false"},
      {"items?cursor=AAAA", "begin without one"},
      {"items?limit=1&limit=2", "given twice"},
      {"items?attr.a", "lacks a value"},
      {"items?access_token=x", "Bearer"},
      {"items?kind=%ff", "UTF-8"},
      {"items?offset=1", "there is no parameter \"offset\""},
      {"facets", "the parameter by is missing"},
      {"facets?by=kinds", "did you mean \"kind\"?"},
      {"diff", "a diff compares two times"},
      {"diff?from=12", "a diff compares two times"},
      {"diff?from=2026-01-15T13:00:00Z&to=2026-01-15T12:00:00Z", "before from"},
      {"changes?from=noon", "the id of a change"},
      {"items/west/uid-api/history?kind=x", "there is no parameter"}};
  for (const auto& [path, expected] : cases) {
    const auto text = refused("/v1alpha1/" + path);
    EXPECT_NE(text.find(expected), std::string::npos) << path << ": " << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  }
}

TEST_F(questions, hostile_names_and_values_are_found_by_what_they_are) { // S11
  std::vector<item> rows;
  for (const auto& text : hostile_texts()) {
    if (text.empty() || text.size() > 1000)
      continue;
    rows.push_back(make_workload("n" + text, "Deployment", 1, text, "shop"));
  }
  write(rows, 1, west_);
  start();
  for (const auto& row : rows) {
    std::string literal; // with what would mean something taken for what it is
    for (const char letter : row.name)
      literal += (letter == '*' || letter == '\\' ? "\\" : "") + std::string(1, letter);
    EXPECT_EQ(json("/v1alpha1/facets?by=kind&name=" + encode(literal)).at("items").as_int64(), 1) << row.name;
    EXPECT_EQ(json("/v1alpha1/facets?by=kind&attr.spec.template.spec.containers.0.image=" +
                   encode(literal.substr(1)))
                  .at("items")
                  .as_int64(),
              1)
        << row.name;
  }
  const auto all = json("/v1alpha1/facets?by=" + encode("attr.spec.template.spec.containers.*.image"));
  EXPECT_EQ(all.at("facets").at(0).at("distinct").as_int64(), std::ssize(rows));
}

// Against a look at each row.

class item_pages : public testing::Test {
protected:
  static std::string key_of(const shown_row& row) {
    return row.from->scope.cluster + "/" + row.identity.name + "/" + row.item;
  }

  item_page read(const item_question& asked) {
    auto page = read_item_page(*consumer_, asked, limits_, totals_);
    EXPECT_TRUE(page) << page.error().text;
    return page ? std::move(*page) : item_page{};
  }

  /// All items, page by page.
  std::vector<std::string> read_all(item_question asked) {
    std::vector<std::string> out;
    for (;;) {
      const auto page = read(asked);
      for (const auto& row : page.rows.rows)
        out.push_back(key_of(row));
      if (page.next.empty())
        return out;
      asked.cursor = page.next;
    }
  }

  void write_random_fleet(seeded_random& random) {
    for (std::int64_t round = 0; round < 8; ++round) {
      std::vector<item> rows;
      for (int count = 0; count < 40; ++count)
        rows.push_back(make_workload("row-" + std::to_string(random.below(30)),
                                     pick(random, {"Deployment", "Job", "Pod"}),
                                     static_cast<std::int64_t>(random.below(5)),
                                     pick(random, {"nginx:1", "nginx:2", "db"}), pick(random, {"a", "b"})));
      const scope which{pick(random, {"west", "east", ""}), pick(random, {"team-a", "team-b"}), "web"};
      consumer_.take(deliver(make_array(rows_once(rows), noon(round), which), round));
    }
  }

  static std::string pick(seeded_random& random, const std::vector<std::string>& from) {
    return from[random.below(from.size())];
  }

  static std::vector<item> rows_once(const std::vector<item>& rows) {
    std::map<row_identity, item> out;
    for (const auto& row : rows)
      out.insert_or_assign(row.identity(), row);
    std::vector<item> all;
    for (auto& [identity, row] : out)
      all.push_back(row);
    return all;
  }

  test_consumer consumer_;
  page_limits limits_;
  row_totals totals_;
};

TEST_F(item_pages, are_the_rows_that_the_filter_holds_for_in_any_order_and_size) {
  seeded_random random(2027);
  write_random_fleet(random);
  const auto all = read({.filter = {}, .limit = 5'000}).rows;
  const std::vector<texts> filters{{},
                                   {"kind=job"},
                                   {"kind!=pod", "cluster="},
                                   {"cluster=west", "cluster=east"},
                                   {"labels=team=a"},
                                   {"attr.spec.replicas>=2", "search=nginx"},
                                   {"attr.spec.template.spec.containers.*.image=nginx*", "name=row-1*"}};
  for (const auto& one : filters) {
    std::vector<parameter> given;
    for (const auto& text : one)
      given.push_back({text.substr(0, text.find('=')), text.substr(text.find('=') + 1)});
    const auto filter = read_filter(given, empty_value::is_empty).value();
    texts expected;
    for (const auto& row : all.rows)
      if (holds(filter, row.from->scope) && holds(filter, *view_row(row.item)))
        expected.push_back(key_of(row));
    for (const std::int64_t limit : {1, 7, 5'000})
      EXPECT_EQ(read_all({.filter = filter, .limit = limit}), expected) << testing::PrintToString(one);
    auto sorted = expected;
    std::sort(sorted.begin(), sorted.end());
    for (const auto* const order : {"attr.spec.replicas", "kind", "attr.nothing", "label:app"})
      for (const bool is_descending : {false, true})
        for (const std::int64_t limit : {3, 5'000}) {
          const item_question asked{
              .filter = filter, .limit = limit, .sort = {{parse_column(order).value(), is_descending}}};
          auto found = read_all(asked);
          EXPECT_EQ(read_all({.filter = filter, .limit = 5'000, .sort = asked.sort}), found);
          std::sort(found.begin(), found.end());
          EXPECT_EQ(found, sorted) << order;
        }
  }
}

TEST_F(item_pages, are_sorted_by_values_and_end_early_where_rows_are_large) {
  seeded_random random(7);
  write_random_fleet(random);
  const item_question by_replicas{
      .filter = {}, .limit = 5'000, .sort = {{parse_column("attr.spec.replicas").value(), true}}};
  std::vector<std::int64_t> replicas;
  const auto page = read(by_replicas);
  for (const auto& row : page.rows.rows)
    replicas.push_back(boost::json::parse(row.item).at("attributes").at("spec").at("replicas").as_int64());
  EXPECT_TRUE(std::is_sorted(replicas.rbegin(), replicas.rend()));
  EXPECT_EQ(page.rows.total, std::ssize(replicas));
  const auto expected = read_all(by_replicas);
  limits_.bytes = 2'000;
  EXPECT_LT(read(by_replicas).rows.rows.size(), 10U);
  EXPECT_EQ(read_all(by_replicas), expected);
}

} // namespace
} // namespace kollect::consumer::test

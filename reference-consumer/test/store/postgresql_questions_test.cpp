// The queries in docs/questions.md, run as they stand there.
#include "store/postgresql_store.hpp"
#include "support/assertions.hpp"
#include "support/messages.hpp"
#include "support/postgresql_place.hpp"
#include "support/store_steps.hpp"

#include "ingest/ingest.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using texts = std::vector<std::string>;

/// What stands between ```sql and ```.
texts queries_of(const std::string& path) {
  std::ifstream file(path);
  texts out;
  bool is_query = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_query = line == "```sql";
      if (is_query)
        out.emplace_back();
    } else if (is_query) {
      out.back() += line + "\n";
    }
  }
  return out;
}

item make_workload(const std::string& name, const std::string& kind, std::int64_t replicas,
                   const std::string& image, const std::string& team) {
  auto out = make_row(name);
  out.kind = kind;
  out.namespace_ = "shop";
  out.uid = "uid-" + name;
  boost::json::object labels;
  if (!team.empty())
    labels["team"] = team;
  out.attributes = {{"metadata", {{"labels", labels}}},
                    {"spec",
                     {{"replicas", replicas},
                      {"template", {{"spec", {{"containers", boost::json::array{{{"image", image}}}}}}}}}}};
  return out;
}

TEST(postgresql_questions, ten_queries_of_the_documentation_answer_as_they_say) {
  const postgresql_settings settings{shared_postgresql_server().url(), "asked", std::chrono::seconds(10)};
  run_postgresql(settings.url, "DROP SCHEMA IF EXISTS asked CASCADE");
  const auto target = open_postgresql_store(settings).value();
  auto ingesting = make_settings(broker_system::nats);
  owned_positions owned;
  held_scopes scopes(0);
  const auto batch = deliver_all({make_array({make_workload("api", "Deployment", 3, "nginx:1.25", "shop"),
                                              make_workload("cache", "StatefulSet", 1, "redis:7", "")},
                                             noon(1), {"prod-west", "team-a", "web"}),
                                  make_array({make_workload("api", "Deployment", 1, "nginx:1.26", "shop")},
                                             noon(2), {"prod-east", "team-a", "web"})},
                                 1);
  ASSERT_TRUE(succeeds(ingest(*target, ingesting, owned, batch, scopes)));
  const auto queries = queries_of(KOLLECT_QUESTIONS);
  const std::vector<texts> expected{{"Deployment|2", "StatefulSet|1"},
                                    {"prod-east|shop|api|nginx:1.26", "prod-west|shop|api|nginx:1.25"},
                                    {"nginx:1.25|1", "nginx:1.26|1", "redis:7|1"},
                                    {"prod-east|Deployment|api", "prod-west|Deployment|api"},
                                    {"prod-west|StatefulSet|cache"},
                                    {"prod-east|shop|api|1"},
                                    {"prod-east|1", "prod-west|3"},
                                    {"prod-west|2026-01-15 12:00:01+00", "prod-east|2026-01-15 12:00:02+00"},
                                    {"StatefulSet|shop|cache"},
                                    {"shop|api|nginx:1.25, nginx:1.26"}};
  ASSERT_EQ(queries.size(), expected.size());
  for (std::size_t index = 0; index < queries.size(); ++index)
    EXPECT_EQ(run_postgresql(settings.url, "SET search_path = asked; SET TIME ZONE 'UTC'; " + queries[index]),
              expected[index])
        << queries[index];
  run_postgresql(settings.url, "DROP SCHEMA asked CASCADE");
}

} // namespace
} // namespace kollect::consumer::test

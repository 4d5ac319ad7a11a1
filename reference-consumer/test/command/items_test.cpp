// Commands that ask about items: items, facets, history and diff.
#include "store/sqlite_store.hpp"
#include "support/assertions.hpp"
#include "support/command_line.hpp"
#include "support/messages.hpp"
#include "support/sqlite_file.hpp"

#include <servers/temporary_directory.hpp>

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using words = std::vector<std::string>;

class item_commands : public testing::Test {
protected:
  void SetUp() override {
    auto rows = make_rows(3);
    for (auto& row : rows)
      row.uid = "uid-" + row.name;
    rows[1].kind = "Service";
    rows[2].name = "a,\"b\"\x1B[2J";
    ingest(rows, noon(1));
    rows.erase(rows.begin());
    ingest(rows, noon(2));
  }

  void ingest(const std::vector<item>& rows, const timestamp& instant) {
    auto opened = open_sqlite_store(path_, "the test");
    ASSERT_TRUE(succeeds(opened));
    owned_positions owned;
    const std::array<std::int32_t, 1> partitions{0};
    owned[0] = (*opened)->claim(std::string(kafka_log), partitions, "the test").value().front();
    auto settings = make_settings();
    settings.now = [instant] { return instant; };
    const auto batch = deliver_all({make_array(rows, instant)}, next_++);
    ASSERT_TRUE(succeeds(test::ingest(**opened, settings, owned, batch)));
  }

  command_end run(words given) {
    given.insert(given.begin() + 1, {"--store", "sqlite:" + path_});
    return run_command(given);
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-items-").value();
  std::string path_ = folder_.path() / "store.db";
  std::int64_t next_ = 0;
};

TEST_F(item_commands, items_are_told_in_every_form) {
  EXPECT_EQ(run({"items", "kind=service", "--fields", "name,kind,attr.replicas"}).output,
            "name   kind     attr.replicas\nrow-1  Service  1\n");
  EXPECT_EQ(run({"items", "--fields", "name", "-o", "csv", "--sort=-name"}).output,
            "name\r\nrow-1\r\n\"a,\"\"b\"\"\x1B[2J\"\r\n");
  EXPECT_EQ(run({"items", "--fields", "name,attr.replicas", "-o", "ndjson", "name=row-*"}).output,
            "{\"name\":\"row-1\",\"attr.replicas\":1}\n");
  EXPECT_EQ(run({"items", "--fields", "name", "-o", "yaml", "name=row-*"}).output,
            "- {\"name\":\"row-1\"}\n");
  const auto all = boost::json::parse(run({"items", "-o", "json"}).output).as_array();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("cluster").as_string(), "prod-west");
  EXPECT_EQ(run({"items", "-o", "json", "name=nobody"}).output, "[]\n");
  EXPECT_EQ(run({"items", "-o", "yaml", "name=nobody"}).output, "[]\n");
  const auto table = run({"items"});
  EXPECT_EQ(table.code, 0);
  EXPECT_EQ(table.output.find('\x1B'), std::string::npos) << "nothing that a terminal obeys"; // S13
  EXPECT_EQ(lines_of(run({"items", "-o", "wide", "--limit", "1"}).output).size(), 2U);
}

TEST_F(item_commands, the_past_is_told_as_well) {
  EXPECT_EQ(lines_of(run({"items", "-o", "ndjson", "--as-of", "2026-01-15T12:00:01Z"}).output).size(), 3U);
  const auto early = run({"items", "--as-of", "2026-01-15T12:00:00Z"});
  EXPECT_EQ(early.code, 78);
  EXPECT_NE(early.errors.find("before the store began"), std::string::npos) << early.errors;
  const auto diff = run({"diff", "--from", "2026-01-15T12:00:01Z"});
  EXPECT_EQ(diff.output, "- prod-west Deployment team-a/row-0\n");
  EXPECT_NE(diff.errors.find("0 added, 0 changed, 1 removed"), std::string::npos);
  const auto history = run({"history", "prod-west", "uid-row-0"});
  ASSERT_EQ(lines_of(history.output).size(), 2U) << history.output << history.errors;
  EXPECT_NE(history.output.find("12:00:02Z - prod-west/team-a Deployment"), std::string::npos)
      << history.output;
  EXPECT_EQ(run({"history", "prod-west", "nobody"}).code, 78);
}

TEST_F(item_commands, values_are_counted) {
  EXPECT_EQ(run({"facets", "--by", "kind,label:app"}).output,
            "by         value       count\nkind       Deployment  1\nkind       Service     1\nlabel:app  "
            "(none)      2\n");
  EXPECT_EQ(run({"facets", "-o", "json", "kind!=Service"}).output,
            "{\"items\":1,\"facets\":[{\"by\":\"kind\",\"values\":[{\"value\":\"Deployment\",\"count\":1}],"
            "\"distinct\":1,\"missing\":0}]}\n");
}

TEST_F(item_commands, state_and_changes_are_filtered_alike) {
  EXPECT_EQ(boost::json::parse(run({"state", "kind=Service"}).output).as_array().size(), 1U);
  EXPECT_EQ(lines_of(run({"state", "cluster=nowhere", "-o", "table"}).output).size(), 1U);
  EXPECT_EQ(run({"state", "kind=Service", "-o", "table"}).code, 78);
  EXPECT_EQ(lines_of(run({"changes", "uid=uid-row-0", "-o", "text"}).output).size(),
            4U); // with both snapshots
}

TEST_F(item_commands, a_filter_that_is_none_is_refused_with_the_nearest) {
  for (const std::string command : {"items", "facets", "state", "changes"}) {
    const auto end = run({command, "knid=x"});
    EXPECT_EQ(end.code, 78) << command;
    EXPECT_NE(end.errors.find("did you mean"), std::string::npos) << end.errors;
    EXPECT_NE(run({command, "labels=a in b"}).errors.find("position 6"), std::string::npos) << command;
  }
  EXPECT_EQ(run({"items", "--sort", "nmae"}).code, 78);
}

} // namespace
} // namespace kollect::consumer::test

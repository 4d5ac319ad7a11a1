#include <suite/consumer_message.hpp>
#include <suite/consumer_oracle.hpp>
#include <suite/consumer_session.hpp>
#include <suite/consumer_state.hpp>
#include <testees/consumer/fault.hpp>

#include <kollect/parse.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace kollect::conformance::consumer_tests {
namespace {

const scope here{"west", "team-a", "all"}, there{"west", "team-b", "all"};

sent_message whole(const scope& which, std::int64_t second, std::vector<std::string> rows,
                   std::int64_t generation = 0) {
  return {.meaning = meant_snapshot{
              .which = which, .instant = {second, 0}, .generation = generation, .rows = std::move(rows)}};
}

sent_message part(std::int64_t second, std::int64_t index, std::int64_t total, const char* row,
                  std::int64_t generation = 0, const scope& which = here) {
  auto out = whole(which, second, {row}, generation);
  out.meaning->part_index = index;
  out.meaning->part_total = total;
  return out;
}

std::vector<std::string> rows_after(std::vector<sent_message> sent, const scope& which = here) {
  std::ranges::reverse(sent); // whatever the order
  const auto reversed = expect_state(sent);
  std::ranges::reverse(sent);
  const auto state = expect_state(sent);
  const auto place = state.find(which), other = reversed.find(which);
  EXPECT_EQ(place == state.end(), other == reversed.end());
  if (place == state.end())
    return {"nothing"};
  EXPECT_EQ(place->second.exported_at, other->second.exported_at);
  EXPECT_EQ(place->second.rows, other->second.rows);
  return place->second.rows;
}

using rows = std::vector<std::string>;

TEST(consumer_oracle, holds_the_newest_snapshot_of_each_scope) {
  EXPECT_EQ(rows_after({whole(here, 1, {"a"}), whole(here, 2, {"b", "c"}), whole(there, 3, {"d"})}),
            (rows{"b", "c"}));
  EXPECT_EQ(rows_after({whole(here, 1, {"a"}), whole(there, 3, {"d"})}, there), rows{"d"});
  EXPECT_EQ(rows_after({whole(here, 1, {"a"}), whole(here, 2, {})}), rows{});
  EXPECT_EQ(rows_after({whole(here, 2, {"a"}, 1), whole(here, 1, {"b"}, 9)}), rows{"a"});
  EXPECT_EQ(rows_after({whole(here, 1, {"a"}), whole(here, 1, {"a"})}), rows{"a"});
}

TEST(consumer_oracle, holds_complete_sets_and_no_others) {
  EXPECT_EQ(rows_after({part(2, 2, 2, "b"), part(2, 1, 2, "a"), whole(here, 1, {"z"})}), (rows{"a", "b"}));
  EXPECT_EQ(rows_after({part(2, 1, 2, "a"), part(2, 1, 2, "a")}), rows{"nothing"});
  EXPECT_EQ(rows_after({part(2, 1, 2, "a"), part(2, 3, 2, "b")}), rows{"nothing"});
  EXPECT_EQ(rows_after({part(2, 1, 2, "a"), part(3, 2, 2, "b")}), rows{"nothing"});
  EXPECT_EQ(rows_after({part(2, 1, 2, "a", 1), part(2, 2, 2, "b", 2)}), rows{"nothing"});
  EXPECT_EQ(rows_after({part(2, 1, 2, "a"), part(2, 2, 3, "b")}), rows{"nothing"});
  EXPECT_EQ(rows_after({part(2, 1, 2, "a"), part(2, 2, 2, "b", 0, there)}), rows{"nothing"});
  EXPECT_EQ(rows_after({part(1, 1, 2, "a"), part(1, 2, 2, "b"), whole(here, 2, {"z"})}), rows{"z"});
  EXPECT_EQ(rows_after({part(2, 1, 2, "a"), part(2, 1, 2, "x"), part(2, 2, 2, "b")}), rows{"nothing"});
}

TEST(consumer_oracle, counts_different_messages_that_mean_nothing) {
  const std::vector<sent_message> sent{{.value = "a"}, {.value = "a"}, {.value = "b"}, whole(here, 1, {})};
  EXPECT_EQ(expect_refused(sent), 2U);
  EXPECT_EQ(expect_state(sent).size(), 1U);
}

TEST(consumer_message, is_what_a_sink_sends) {
  const auto sent = make_sent_message({.which = here,
                                       .instant = {0, 500'000'000},
                                       .rows = {R"({"name":"a"})"},
                                       .part_index = 1,
                                       .part_total = 2});
  EXPECT_EQ(
      sent.value,
      R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":"1970-01-01T00:00:00.5Z","cluster":"west",)"
      R"("namespace":"team-a","payload":{"schemaVersion":"kollect.dev/v1alpha1","checksum":)"
      R"("d434bc384a9f8eba930c115a06b09769bc5577707f70656ff5f7f47445a8fbbf","generation":3,"partIndex":1,)"
      R"("partTotal":2,"itemCount":1,"exportedAt":"1970-01-01T00:00:00.5Z","cluster":"west",)"
      R"("items":[{"name":"a"}]}})");
  EXPECT_EQ(sent.key, "west:team-a/all");
  EXPECT_EQ(write_object({{"\"a\"", "1"}, {"\"b\"", "[]"}}, " "), R"( { "a" : 1 , "b" : [] } )");
}

/// What is told of this state, given one scope with one row.
std::vector<std::string> told(const std::string& scopes) {
  const auto answer = parse_value(R"({"ok":true,"scopes":)" + scopes + "}");
  EXPECT_TRUE(answer) << scopes;
  const auto held = read_consumer_state(answer->get_object());
  EXPECT_TRUE(held) << held.error();
  const expected_state expected{{here, {{0, 0}, {R"({"name":"a","attributes":{"n":1.50,"s":"<"}})"}}}};
  std::vector<std::string> out;
  for (const auto& one :
       compare_states(expected, *held, [](const scope& which) { return which.cluster == "west"; }))
    out.push_back(one.what);
  return out;
}

std::string held(const std::string& of_rows, const char* exported_at = "1970-01-01T00:00:00Z",
                 const char* namespace_ = "team-a") {
  return std::string(R"({"cluster":"west","namespace":")") + namespace_ +
         R"(","inventory":"all","exportedAt":")" + exported_at + R"(","rows":[)" + of_rows + "]}";
}

TEST(consumer_state, is_compared_by_what_rows_say) {
  const std::string row = R"({"attributes":{"s":"\u003c","n":15e-1},"name":"a","uid":"","group":""})";
  using texts = std::vector<std::string>;
  EXPECT_EQ(told("[" + held(row) + "]"), texts{});
  EXPECT_EQ(told("[" + held(row, "1970-01-01T00:00:00.000Z") + "]"), texts{});
  // One instant, as languages and people write it.
  for (const auto* const same :
       {"1970-01-01T00:00:00+00:00", "1970-01-01t00:00:00z", "1970-01-01 00:00:00-00:00",
        "1970-01-01T05:30:00.000000+05:30", "1969-12-31T16:00:00-08:00"})
    EXPECT_EQ(told("[" + held(row, same) + "]"), texts{}) << same;
  EXPECT_EQ(told("[" + held(row, "1970-01-01T00:00:00+01:00") + "]"),
            texts{"the rows of west:team-a/all are told to be of another snapshot"});
  for (const auto* const none :
       {"", "0", "yesterday, at noon", "1970-01-01T00:00:00", "1970-01-01T00:00:00+1:000",
        "1970-01-01T00:00:00+ab:cd", "1970-01-01T00:00:00+-1:00"})
    EXPECT_EQ(told("[" + held(row, none) + "]"),
              texts{"the rows of west:team-a/all are told to be of no instant of RFC 3339"})
        << none;
  EXPECT_EQ(told("[]"), texts{"nothing is held of west:team-a/all"});
  EXPECT_EQ(told("[" + held(row + "," + row) + "]"),
            (texts{"a row of west:team-a/all is held twice", "a row of west:team-a/all should not be held"}));
  EXPECT_EQ(told("[" + held(R"({"name":"a"})") + "]"), texts{"a row of west:team-a/all is missing"});
  EXPECT_EQ(told("[" + held("") + "]"), texts{"a row of west:team-a/all is missing"});
  EXPECT_EQ(told("[" + held(row + R"(,{"name":"b"})") + "]"),
            texts{"a row of west:team-a/all should not be held"});
  EXPECT_EQ(told("[" + held(row, "1970-01-01T00:00:01Z") + "]"),
            texts{"the rows of west:team-a/all are told to be of another snapshot"});
  EXPECT_EQ(told("[" + held(row) + "," + held(row) + "]"), texts{"west:team-a/all is there twice"});
  EXPECT_EQ(told("[" + held(row) + "," + held(row, "", "team-c") + "]"),
            texts{"rows of west:team-c/all are held, of which no whole snapshot was sent"});
  EXPECT_EQ(told("[" + held(row) + "," + held("", "", "team-c") + "]"), texts{});
}

TEST(consumer_state, says_what_an_answer_lacks) {
  for (const auto* const answer :
       {R"({"ok":true})", R"({"scopes":{}})", R"({"scopes":[1]})", R"({"scopes":[{"cluster":"w"}]})",
        R"({"scopes":[],"refused":"2"})",
        R"({"scopes":[{"cluster":"w","namespace":"n","inventory":"","exportedAt":"","rows":{}}]})",
        R"({"scopes":[{"cluster":"w","namespace":"n","inventory":"","exportedAt":"","rows":[1]}]})"}) {
    const auto read = read_consumer_state(parse_value(answer)->get_object());
    ASSERT_FALSE(read) << answer;
    EXPECT_EQ(read.error().reason(), error::syntax) << answer;
  }
}

TEST(consumer_state, may_have_whole_numbers_that_are_written_as_floats) {
  const auto refused = [](const std::string& number) {
    return read_consumer_state(parse_value(R"({"scopes":[],"refused":)" + number + "}")->get_object());
  };
  for (const auto* const two : {"2", "2.0", "2e0"}) {
    ASSERT_TRUE(refused(two)) << two;
    EXPECT_EQ(refused(two)->refused, 2) << two;
  }
  for (const auto* const none : {"2.5", "1e300", "-1e300", "true", "null"})
    EXPECT_FALSE(refused(none)) << none;
}

TEST(consumer_state, makes_no_difference_between_spellings_of_a_row) {
  const auto form = [](const char* row) { return normal_row(row).value(); };
  EXPECT_EQ(form(R"({"uid":"u","attributes":null})"), form(R"({"attributes":{},"uid":"u","group":""})"));
  EXPECT_EQ(form(R"({"attributes":{"b":1,"a":[2.0]}})"), form(R"({ "attributes": {"a":[2],"b":1e0} })"));
  EXPECT_NE(form(R"({"attributes":{"a":9007199254740993}})"),
            form(R"({"attributes":{"a":9007199254740992}})"));
  EXPECT_NE(form(R"({"attributes":{"a":null}})"), form(R"({"attributes":{}})"));
  EXPECT_FALSE(normal_row("[]"));
}

TEST(consumer_exercises, name_clauses_that_bind_consumers_and_exercises_before_them) {
  std::set<std::string_view> names, shown;
  for (const auto& one : consumer_exercises()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name << " is there twice";
    for (const auto clause : one.shows) {
      const auto* const known = find_requirement(clause);
      ASSERT_NE(known, nullptr) << one.name << " shows " << clause;
      EXPECT_NE(known->profiles & profile::consumer, 0U) << one.name << " shows " << clause;
      shown.insert(clause);
    }
    for (const auto other : one.builds_on)
      EXPECT_TRUE(other != one.name && names.contains(other)) << one.name << " builds on " << other;
  }
  for (const auto& clause : requirements)
    if ((clause.profiles & profile::consumer) != 0) {
      EXPECT_TRUE(shown.contains(clause.id)) << "no exercise shows " << clause.id;
    }
}

TEST(consumer_faults, break_every_clause_that_binds_consumers) {
  std::set<std::string_view> names, broken;
  for (const auto& one : testees::consumer_faults()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name << " is there twice";
    broken.insert(one.clause);
  }
  for (const auto& clause : requirements)
    EXPECT_EQ(broken.contains(clause.id), (clause.profiles & profile::consumer) != 0) << clause.id;
  EXPECT_GE(names.size(), 70U);
}

} // namespace
} // namespace kollect::conformance::consumer_tests

#include <support/failure_is.hpp>
#include <support/random_rows.hpp>
#include <support/random_text.hpp>

#include <kollect/diff.hpp>
#include <kollect/serialize.hpp>

#include <sstream>

namespace kollect::test {

namespace {

using paths = std::vector<std::string>;

row_identity id(std::string name) {
  return {"t", "t", "n", std::move(name), "u"};
}

row_map random_rows(seeded_random& random) {
  row_map rows;
  for (std::size_t count = random.below(20); count > 0; --count) {
    const auto row = random_item(random, "uid-" + std::to_string(random.below(12)));
    rows[{"", "", "", "", row.uid}] = serialize(row).value();
  }
  return rows;
}

/// The value that an RFC 6901 pointer names; nothing where there is none.
std::optional<std::string> resolve(const boost::json::value& document, std::string_view pointer) {
  boost::json::error_code code;
  const auto* const found = document.find_pointer({pointer.data(), pointer.size()}, code);
  return found == nullptr ? std::nullopt : std::optional(serialize(*found).value());
}

} // namespace

TEST(diff, names_what_was_added_changed_and_removed_in_the_order_of_identity) {
  const row_map before{{id("a"), "{\"x\":1}"}, {id("b"), "{\"x\":1}"}, {id("d"), "{}"}};
  const row_map after{{id("b"), "{\"x\":2}"}, {id("c"), "{}"}, {id("d"), "{}"}, {id("e"), "{}"}};
  const auto changes = diff(before, after);
  ASSERT_TRUE(has_value(changes));
  EXPECT_EQ(*changes, (std::vector<change>{{change_kind::removed, id("a"), "{\"x\":1}", "", {}},
                                           {change_kind::changed, id("b"), "{\"x\":1}", "{\"x\":2}", {"/x"}},
                                           {change_kind::added, id("c"), "", "{}", {}},
                                           {change_kind::added, id("e"), "", "{}", {}}}));
}

TEST(diff, of_equal_or_empty_rows_is_nothing) {
  const row_map rows{{id("a"), "{}"}};
  EXPECT_TRUE(diff(rows, rows).value().empty());
  EXPECT_TRUE(diff({}, {}).value().empty());
  EXPECT_EQ(diff(rows, {}).value().size(), 1U);
  EXPECT_EQ(diff({}, rows).value().size(), 1U);
}

TEST(diff, a_row_that_differs_in_spelling_only_is_changed_without_paths) {
  const auto changes = diff({{id("a"), "{\"a\":1,\"b\":2}"}}, {{id("a"), "{ \"b\":2, \"a\":1 }"}});
  ASSERT_EQ(changes.value().size(), 1U);
  EXPECT_EQ(changes->at(0).kind, change_kind::changed);
  EXPECT_TRUE(changes->at(0).changed_paths.empty());
}

TEST(diff, rows_that_are_no_json_are_an_error_only_where_they_must_be_read) {
  EXPECT_TRUE(has_value(diff({{id("a"), "{"}}, {{id("a"), "{"}})));
  EXPECT_TRUE(failure_is(diff({{id("a"), "{"}}, {{id("a"), "{}"}}), error::truncated));
  EXPECT_TRUE(failure_is(diff({{id("a"), "{}"}}, {{id("a"), "{]"}}), error::syntax));
}

TEST(diff, folded_into_the_rows_before_gives_the_rows_after) {
  seeded_random random(test_seed(53));
  for (int round = 0; round < 300; ++round) {
    auto before = random_rows(random), after = random_rows(random);
    for (const auto& row : before)
      if (random.once_in(2))
        after.insert(row);
    const auto changes = diff(before, after).value();
    auto folded = before;
    fold(folded, changes);
    ASSERT_EQ(folded, after);
    fold(folded, diff(after, before).value());
    ASSERT_EQ(folded, before);
    ASSERT_TRUE(std::is_sorted(changes.begin(), changes.end(), [](const auto& left, const auto& right) {
      return left.identity < right.identity;
    }));
    for (const auto& one : changes)
      ASSERT_NE(one.before, one.after);
  }
}

TEST(changed_paths, are_json_pointers_to_what_differs) {
  struct {
    std::string_view before, after;
    paths expected;
  } const cases[] = {
      {"{}", "{}", {}},
      {R"({"a":1})", R"({"a":2})", {"/a"}},
      {R"({"a":1})", R"({"b":1})", {"/a", "/b"}},
      {R"({"a":{"b":{"c":1,"d":2}}})", R"({"a":{"b":{"c":1,"d":3}}})", {"/a/b/d"}},
      {R"({"a":[1,2,3]})", R"({"a":[1,0,3]})", {"/a/1"}},
      {R"({"a":[1,2,3]})", R"({"a":[1,2]})", {"/a"}},
      {R"({"a":[{"b":1},{"b":2}]})", R"({"a":[{"b":1},{"b":3,"c":4}]})", {"/a/1/b", "/a/1/c"}},
      {R"({"a":{}})", R"({"a":[]})", {"/a"}},
      {R"({"a":null})", R"({})", {"/a"}},
      {R"({"a":null})", R"({"a":false})", {"/a"}},
      {R"({"":1})", R"({"":2})", {"/"}},
      {R"({"a/b":1,"m~n":1,"~1":1})", R"({"a/b":2,"m~n":2,"~1":2})", {"/a~1b", "/m~0n", "/~01"}},
      {R"({"b":1,"a":1,"B":1})", R"({"b":2,"a":2,"B":2})", {"/B", "/a", "/b"}},
      {"1", "2", {""}},
      {"1", "\"1\"", {""}},
      {"[]", "{}", {""}},
      {R"({"a":"x"})", R"({"a":"\u0078"})", {}},
      {R"({"a":"\ud800"})", "{\"a\":\"\uFFFD\"}", {}},
      {R"({"a":1,"a":2})", R"({"a":2})", {}},
  };
  for (const auto& one : cases) {
    const auto found = changed_paths(one.before, one.after);
    ASSERT_TRUE(has_value(found)) << one.before << one.after;
    EXPECT_EQ(*found, one.expected) << one.before << one.after;
  }
}

TEST(changed_paths, numbers_are_compared_by_value_and_not_by_spelling) {
  for (const auto& [left, right] : {std::pair{"1", "1.0"},
                                    {"100", "1e2"},
                                    {"1e-400", "0"},
                                    {"0.10", "0.1"},
                                    {"-0", "0"},
                                    {"9223372036854775808", "9223372036854775808.0"}})
    EXPECT_EQ(changed_paths(left, right).value(), paths{}) << left << " " << right;
  for (const auto& [left, right] : {std::pair{"1", "1.1"},
                                    {"1", "-1"},
                                    {"9007199254740992", "9007199254740993"},
                                    {"9223372036854775807", "9223372036854775808"},
                                    {"0", "null"},
                                    {"1", "true"}})
    EXPECT_EQ(changed_paths(left, right).value(), paths{""}) << left << " " << right;
}

TEST(changed_paths, name_exactly_what_differs_in_random_rows) {
  seeded_random random(test_seed(59));
  for (int round = 0; round < 2'000; ++round) {
    const auto before = parse_value(random_json(random, 4)).value(),
               after = parse_value(random_json(random, 4)).value();
    const auto found = changed_paths(serialize(before).value(), serialize(after).value()).value();
    ASSERT_EQ(found.empty(), serialize(before).value() == serialize(after).value());
    ASSERT_TRUE(std::is_sorted(found.begin(), found.end()));
    ASSERT_EQ(std::adjacent_find(found.begin(), found.end()), found.end());
    for (const auto& pointer : found)
      ASSERT_NE(resolve(before, pointer), resolve(after, pointer)) << pointer;
  }
}

TEST(changed_paths, of_rows_as_deep_as_any_message_are_found) {
  const auto nested = [](std::string_view core) {
    std::string out;
    for (int level = 0; level < 1000; ++level)
      out += "[";
    out += core;
    for (int level = 0; level < 1000; ++level)
      out += "]";
    return out;
  };
  EXPECT_EQ(changed_paths(nested("1"), nested("2")).value().at(0).size(), 2000U);
}

TEST(change_kind, is_printed_by_its_name) {
  std::ostringstream out;
  out << change_kind::added << change_kind::changed << change_kind::removed;
  EXPECT_EQ(out.str(), "addedchangedremoved");
}

} // namespace kollect::test

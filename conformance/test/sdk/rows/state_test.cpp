#include <support/random_rows.hpp>

#include <kollect/parse.hpp>
#include <program/state.hpp>

#include <sstream>

namespace kollect::test {

namespace {

const scope one_scope{"c", "n", "all"};

row_map rows(std::string_view text) {
  return {{row_identity{"", "", "", "a", ""}, std::string(text)}};
}

std::string written(const fleet_state& state) {
  std::ostringstream out;
  write_state(out, state);
  return out.str();
}

} // namespace

TEST(fleet_state, holds_the_newest_snapshot_of_each_scope) {
  fleet_state state;
  const snapshot_order first{{100, 0}, 1, {}}, second{{100, 1}, 0, {}};
  EXPECT_TRUE(state.apply(one_scope, first, rows("1")));
  EXPECT_FALSE(state.apply(one_scope, first, rows("2"))); // nothing is newer than itself
  EXPECT_TRUE(state.apply(one_scope, second, rows("3")));
  EXPECT_FALSE(state.apply(one_scope, first, rows("4")));
  EXPECT_TRUE(state.apply({"c", "n", ""}, first, {}));
  std::vector<scope> scopes;
  state.for_each([&](const scope& which, const row_map& held) {
    scopes.push_back(which);
    EXPECT_EQ(held, which == one_scope ? rows("3") : row_map{});
  });
  EXPECT_EQ(scopes, (std::vector<scope>{{"c", "n", ""}, one_scope}));
}

TEST(fleet_state, a_first_snapshot_is_applied_however_old_it_is) {
  fleet_state state;
  EXPECT_TRUE(state.apply(one_scope, {{-62'167'219'200, 0}, -9, {}}, rows("1")));
}

TEST(fleet_state, is_the_same_whatever_the_order_of_arrival) {
  seeded_random random(test_seed(61));
  struct arrival {
    scope where;
    snapshot_order order;
    row_map content;
  };
  for (int round = 0; round < 100; ++round) {
    std::vector<arrival> arrivals;
    for (int index = 0; index < 30; ++index) {
      const auto text = std::to_string(index);
      arrivals.push_back({{std::to_string(random.below(3)), "n", ""},
                          {{static_cast<std::int64_t>(random.below(3)), 0},
                           static_cast<std::int64_t>(random.below(2)),
                           sha256(text)},
                          rows(text)});
    }
    fleet_state expected;
    for (const auto& one : arrivals)
      expected.apply(one.where, one.order, one.content);
    for (std::size_t again = random.below(20); again > 0; --again)
      arrivals.push_back(arrivals[random.below(arrivals.size())]);
    random.shuffle(arrivals);
    fleet_state shuffled;
    for (const auto& one : arrivals)
      shuffled.apply(one.where, one.order, one.content);
    ASSERT_EQ(written(shuffled), written(expected));
  }
}

TEST(state_writer, writes_a_json_array_with_one_entry_a_line) {
  fleet_state state;
  EXPECT_EQ(written(state), "[]\n");
  state.apply({"b", "n", ""}, {},
              {{row_identity{"", "", "", "z", ""}, "{ }"}, {row_identity{"", "", "", "a", ""}, "{\"x\":1}"}});
  state.apply({"a<", "\"", "\n"}, {}, rows("{}"));
  state.apply({"c", "", ""}, {}, {});
  const auto text = written(state);
  EXPECT_EQ(text, "[\n"
                  R"({"cluster":"a\u003c","namespace":"\"","inventory":"\n","item":{}},)"
                  "\n"
                  R"({"cluster":"b","namespace":"n","inventory":"","item":{"x":1}},)"
                  "\n"
                  R"({"cluster":"b","namespace":"n","inventory":"","item":{ }})"
                  "\n]\n");
  EXPECT_EQ(parse_value(text).value().as_array().size(), 3U);
}

} // namespace kollect::test

#include <support/failure_is.hpp>
#include <support/messages.hpp>
#include <support/random_rows.hpp>

#include <kollect/json.hpp>
#include <kollect/serialize.hpp>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/system/system_error.hpp>

namespace kollect::test {

namespace {

using boost::json::value_from;
using boost::json::value_to;

/// What the conversion of a value to a type throws; empty where it throws nothing.
template <class Target>
std::string thrown_by(const boost::json::value& value) {
  try {
    value_to<Target>(value);
    return "";
  } catch (const boost::system::system_error& reason) {
    return reason.what();
  }
}

} // namespace

TEST(json_conversion, random_rows_come_back_as_they_were) {
  seeded_random random(test_seed(67));
  for (int round = 0; round < 1'000; ++round) {
    const auto row = random_item(random, "uid");
    const auto value = value_from(row);
    ASSERT_EQ(value_to<item>(value), row);
    ASSERT_EQ(value_to<item>(parse_value(serialize(row).value()).value()).identity(), row.identity());
    ASSERT_EQ(serialize(value_to<item>(value)).value(), serialize(row).value());
  }
}

TEST(json_conversion, a_row_has_its_fields_in_contract_order_and_no_empty_group) {
  item row;
  row.name = "n";
  std::vector<std::string> names;
  const auto value = value_from(row); // lasts as long as its members are looked at
  for (const auto& member : value.as_object())
    names.emplace_back(member.key());
  EXPECT_EQ(names, (std::vector<std::string>{"targetNamespace", "targetName", "namespace", "name", "version",
                                             "kind", "uid", "attributes"}));
  row.group = "apps";
  EXPECT_EQ(value_from(row).at("group").as_string(), "apps");
  EXPECT_EQ(value_to<item>(value_from(row)).group, "apps");
}

TEST(json_conversion, timestamps_are_texts) {
  const timestamp instant{1'768'478'400, 500'000'000};
  EXPECT_EQ(value_from(instant).as_string(), "2026-01-15T12:00:00.5Z");
  EXPECT_EQ(value_to<timestamp>(value_from(instant)), instant);
  EXPECT_NE(thrown_by<timestamp>(boost::json::value("yesterday")), "");
}

TEST(json_conversion, values_of_another_shape_throw_a_system_error) {
  EXPECT_NE(thrown_by<item>(nullptr), "");
  EXPECT_NE(thrown_by<item>(boost::json::array{}), "");
  EXPECT_NE(thrown_by<timestamp>(1), "");
  const auto good = value_from(item{});
  EXPECT_EQ(thrown_by<item>(good), "");
  for (const char* const name :
       {"targetNamespace", "targetName", "namespace", "name", "version", "kind", "uid"}) {
    auto missing = good;
    missing.as_object().erase(name);
    EXPECT_NE(thrown_by<item>(missing), "") << name;
    auto wrong = good;
    wrong.as_object()[name] = 1;
    EXPECT_NE(thrown_by<item>(wrong), "") << name;
  }
  auto without = good;
  without.as_object().erase("attributes");
  EXPECT_EQ(thrown_by<item>(without), "");
  for (const boost::json::value& attributes :
       {boost::json::value(1), boost::json::value(boost::json::array{})}) {
    auto wrong = good;
    wrong.as_object()["attributes"] = attributes;
    EXPECT_NE(thrown_by<item>(wrong), "") << attributes;
  }
}

TEST(json_conversion, envelopes_scopes_and_changes_become_objects) {
  const envelope message{.timestamp = {0, 0}, .cluster = "c", .namespace_ = "n", .payload = R"(["a", 1])"};
  EXPECT_EQ(serialize(value_from(message)).value(),
            R"({"cluster":"c","namespace":"n","payload":["a",1],)"
            R"("schemaVersion":"kollect.dev/v1alpha1","timestamp":"1970-01-01T00:00:00Z"})");
  EXPECT_EQ(serialize(value_from(scope{"c", "n", "i"})).value(),
            R"({"cluster":"c","inventory":"i","namespace":"n"})");
  change one{change_kind::changed, {"", "", "", "n", "u"}, R"({"a":1})", R"({"a":2})", {"/a"}};
  EXPECT_EQ(
      serialize(value_from(one)).value(),
      R"({"after":{"a":2},"before":{"a":1},"changedPaths":["/a"],"identity":{"name":"n","namespace":"",)"
      R"("targetName":"","targetNamespace":"","uid":"u"},"op":"changed"})");
  one = {change_kind::added, {}, "", "{}", {}};
  EXPECT_EQ(value_from(one).at("before"), nullptr);
  EXPECT_EQ(value_from(one).at("after"), boost::json::object());
}

TEST(json_conversion, a_row_of_a_message_becomes_an_item) {
  const auto text = message_with("[" + row_text("a", R"({"b":[1]})") + R"(,{"uid":"u"}])");
  const auto view = parse_snapshot(parse_envelope(text).value()).value();
  std::vector<item> rows;
  for (const auto& row : view.rows())
    rows.push_back(to_item(row).value());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(serialize(rows[0]).value(), row_text("a", R"({"b":[1]})"));
  EXPECT_EQ(rows[1].uid, "u");
  EXPECT_TRUE(rows[1].attributes.is_null());
  item_view unchecked;
  unchecked.attributes = "{";
  EXPECT_TRUE(failure_is(to_item(unchecked), error::truncated));
}

} // namespace kollect::test

#include <kollect/assembler.hpp>
#include <kollect/fmt.hpp>
#include <kollect/json.hpp>
#include <kollect/kollect.hpp>
#include <kollect/message_builder.hpp>
#include <kollect/multipart.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/transport.hpp>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>
#include <type_traits>

namespace kollect::test {
namespace {

using boost::json::try_value_to;
using boost::json::value_from;
using boost::json::value_to;

template <class... Types>
struct type_list {};

/// What containers are keyed by: compared, ordered, hashed.
using keys = type_list<timestamp, sha256_digest, fingerprint, scope, row_identity, dedup_key>;
/// Compared and ordered; nobody keys by them.
using positions = type_list<snapshot_order, text_position, header, receipt, partition_position, partition_lag,
                            log_identity, serialized_item, export_envelope_header>;
/// Compared only, as JSON values have no order, or texts of this size need none.
using records = type_list<item, envelope, snapshot, change, outgoing_message>;
/// Written as their names.
using names = type_list<broker_system, change_kind, payload_form>;
/// Views, and what holds one: they go out only.
using one_way = type_list<json_string, item_view, error, failure>;

template <class Type>
concept hashed = requires(const Type& value) {
  { std::hash<Type>()(value) } -> std::same_as<std::size_t>;
};
template <class Type>
concept streamed = requires(std::ostream& out, const Type& value) {
  out << value;
};

template <class Type>
constexpr bool is_shown = streamed<Type>&& fmt::is_formattable<Type>::value;
template <class Type>
constexpr bool goes_out = boost::json::has_value_from<Type>::value;
template <class Type>
constexpr bool goes_both_ways = goes_out<Type>&& boost::json::has_value_to<Type>::value;

template <class... Types>
constexpr bool are_keys(type_list<Types...>) {
  return (
      (std::three_way_comparable<Types> && hashed<Types> && is_shown<Types> && goes_both_ways<Types>)&&...);
}
template <class... Types>
constexpr bool are_positions(type_list<Types...>) {
  return ((std::three_way_comparable<Types> && is_shown<Types> && goes_both_ways<Types>)&&...);
}
template <class... Types>
constexpr bool are_records(type_list<Types...>) {
  return ((std::equality_comparable<Types> && is_shown<Types> && goes_both_ways<Types>)&&...);
}
template <class... Types>
constexpr bool go_out(type_list<Types...>) {
  return ((is_shown<Types> && goes_out<Types>)&&...);
}

static_assert(are_keys(keys()));
static_assert(are_positions(positions()));
static_assert(are_records(records()));
static_assert(are_positions(names()));
static_assert(go_out(one_way()));
static_assert(goes_both_ways<std::vector<item>> && goes_both_ways<std::optional<timestamp>>);

// Secrets never leave by accident (SEC-02).
static_assert(!goes_out<connection> && !goes_out<credentials> && !streamed<credentials>);

template <class Type>
void expect_round_trip(const Type& value) {
  const auto json = value_from(value);
  EXPECT_EQ(value_to<Type>(json), value);
  const auto tried = try_value_to<Type>(json);
  ASSERT_TRUE(tried.has_value());
  EXPECT_EQ(*tried, value);
  std::ostringstream text;
  text << value;
  EXPECT_EQ(fmt::format("{}", value), text.str());
  EXPECT_EQ(text.str().find_first_of(std::string_view("\n\x1b\0", 3)), std::string::npos) << text.str();
}

/// A text that would forge a line and drive a terminal.
const std::string hostile = "a\n\x1b[31m\xE2\x80\xAE\"b\\";

item some_item() {
  item row{hostile, "t", "n", "name", "apps", "v1", "Deployment", "uid", nullptr};
  row.attributes = {{"z", 1}, {"a", {1.5, nullptr, true, hostile}}};
  return row;
}

snapshot some_snapshot() {
  return {{"c", hostile, "i"}, 7, timestamp{5, 6}, {some_item(), item{.name = "n"}}};
}

} // namespace

TEST(value_types, come_back_from_json_as_they_were) {
  expect_round_trip(timestamp{-1, 999'999'999});
  expect_round_trip(first_timestamp);
  expect_round_trip(last_timestamp);
  expect_round_trip(sha256("x"));
  expect_round_trip(fingerprint{0xFEDC'BA98'7654'3210, 1});
  expect_round_trip(scope{hostile, "n", ""});
  expect_round_trip(row_identity{"a", "b", "c", hostile, "e"});
  expect_round_trip(dedup_key{hostile, "n", "2026-01-15T12:00:00Z", sha256("p")});
  expect_round_trip(snapshot_order{{1, 2}, -3, sha256("p")});
  expect_round_trip(text_position{std::numeric_limits<std::size_t>::max(), 2, 3});
  expect_round_trip(header{"name", hostile});
  expect_round_trip(receipt{1, std::numeric_limits<std::int64_t>::max(), true});
  expect_round_trip(partition_position{-1, 5});
  expect_round_trip(partition_lag{2, 3});
  expect_round_trip(log_identity{broker_system::nats, hostile});
  expect_round_trip(serialize_for_sorting(some_item()).value());
  expect_round_trip(export_envelope_header{-1, 2, 3, 4, timestamp{5, 6}, hostile});
  expect_round_trip(export_envelope_header{});
  expect_round_trip(some_item());
  expect_round_trip(some_snapshot());
  expect_round_trip(snapshot{});
  for (const auto kind : {change_kind::added, change_kind::changed, change_kind::removed})
    expect_round_trip(kind);
  for (const auto form : {payload_form::array, payload_form::export_envelope, payload_form::multipart})
    expect_round_trip(form);
  for (const auto system : {broker_system::kafka, broker_system::nats})
    expect_round_trip(system);
  expect_round_trip(outgoing_message{"t", "k", {{"n", "v"}}, hostile});
  expect_round_trip(outgoing_message{"t", {}, {}, ""});
}

TEST(value_types, that_hold_json_come_back_as_the_contract_spells_it) {
  for (const auto form : {payload_form::array, payload_form::export_envelope}) {
    const auto payload = make_payloads(some_snapshot(), {form}).value().front();
    expect_round_trip(envelope{.timestamp = {1, 0}, .cluster = hostile, .payload = payload});
  }
  for (const auto* const no_json : {"", "nope", "[1]}", "\"a\"", "5", "null"})
    expect_round_trip(envelope{.payload = no_json}); // nothing throws, and nothing is lost
  const auto row = serialize(some_item()).value();
  expect_round_trip(change{change_kind::changed, some_item().identity(), row, row, {"/attributes/a"}});
  expect_round_trip(change{change_kind::added, {}, "", row, {}});
  expect_round_trip(change{change_kind::removed, {}, row, "", {}});
  const auto json = value_from(envelope{.payload = "[]"});
  EXPECT_TRUE(json.at("payload").is_array());
}

TEST(value_types, of_another_shape_are_an_error_that_names_the_field) {
  EXPECT_EQ(try_value_to<item>(boost::json::value(5)).error(), error::wrong_type);
  EXPECT_EQ(try_value_to<scope>(boost::json::object()).error(), error::missing_field);
  EXPECT_EQ(try_value_to<timestamp>(boost::json::value("yesterday")).error(), error::invalid_timestamp);
  EXPECT_EQ(try_value_to<sha256_digest>(boost::json::value("AB")).error(), error::wrong_type);
  EXPECT_EQ(try_value_to<payload_form>(boost::json::value("cube")).error(), error::wrong_type);
  EXPECT_EQ(try_value_to<partition_lag>(value_from(receipt{})).error(), error::missing_field);
  boost::json::value large{{"partition", 1LL << 40}, {"messages", 1}};
  EXPECT_EQ(try_value_to<partition_lag>(large).error(), error::wrong_type);
  try {
    (void)value_to<scope>(boost::json::value{{"cluster", "c"}, {"namespace", 1}, {"inventory", ""}});
    FAIL() << "it took a number";
  } catch (const boost::system::system_error& thrown) {
    EXPECT_NE(std::string(thrown.what()).find("\"namespace\""), std::string::npos) << thrown.what();
  }
}

TEST(value_types, that_go_out_only_say_what_they_hold) {
  const std::string text = R"({"uid":"u","attributes":{"b":[1]}})";
  const auto row = parse_row(text).value();
  EXPECT_EQ(value_from(row).at("uid"), "u");
  EXPECT_EQ(value_from(row).at("attributes").at("b").at(0), 1);
  EXPECT_EQ(fmt::format("{}", row), text);
  EXPECT_TRUE(value_from(item_view{}).at("attributes").is_null());
  EXPECT_EQ(value_from(json_string(R"(\u0041)", false)), "A");
  EXPECT_EQ(value_from(error::torn_set), "torn_set");
  const auto why = make_failure(error::syntax, "no", "ENV-01", text_position{3, 0, 0});
  EXPECT_EQ(value_from(why).at("reason"), "syntax");
  EXPECT_EQ(value_from(why).at("position").at("offset"), 3);
  EXPECT_EQ(fmt::format("{:>30}", why), "         no at byte 3 [ENV-01]");
  EXPECT_EQ(value_from(failure{}).at("message").is_string(), true);
}

} // namespace kollect::test

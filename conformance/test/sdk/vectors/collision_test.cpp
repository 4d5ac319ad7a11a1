#include "vector.hpp"

#include <support/failure_is.hpp>

#include <kollect/base64.hpp>
#include <kollect/kollect.hpp>

#include <boost/json/value_to.hpp>

#include <iomanip>
#include <sstream>

namespace kollect::test {

namespace {

std::string hex(const fingerprint& value) {
  std::ostringstream out;
  out << std::hex << std::setfill('0') << std::setw(16) << value.high << std::setw(16) << value.low;
  return out.str();
}

} // namespace

// Two valid messages can be built whose XXH3-128 is equal: it must never be what tells them apart.
TEST(xxh3_collision, messages_of_a_pair_are_both_applied) {
  const auto lines = read_lines("xxh3-collision.jsonl");
  ASSERT_EQ(lines.size(), 2U);
  for (const auto& line : lines) {
    const auto pair = parse_value(line).value();
    const auto level = boost::json::value_to<std::string>(pair.at("level"));
    SCOPED_TRACE(level);
    const auto first = decode_base64(std::string_view(pair.at("a").as_string())).value();
    const auto second = decode_base64(std::string_view(pair.at("b").as_string())).value();
    const auto left = read_head(first), right = read_head(second);
    ASSERT_TRUE(has_value(left));
    ASSERT_TRUE(has_value(right));

    const auto expected = boost::json::value_to<std::string>(pair.at("xxh3_128"));
    const bool is_payload = level == "payload";
    EXPECT_EQ(hex(fingerprint_of(is_payload ? left->envelope.payload : first)), expected);
    EXPECT_EQ(hex(fingerprint_of(is_payload ? right->envelope.payload : second)), expected);

    EXPECT_NE(left->key, right->key);
    EXPECT_NE(left->key.payload, right->key.payload);
    dedup_window window;
    window.remember(left->scope, left->key);
    EXPECT_FALSE(window.contains(right->scope, right->key));
    EXPECT_TRUE(window.contains(left->scope, left->key));

    row_map before, after;
    collect_rows(parse_snapshot(left->envelope).value(), before);
    collect_rows(parse_snapshot(right->envelope).value(), after);
    EXPECT_FALSE(diff(before, after).value().empty());
  }
}

} // namespace kollect::test

#include <support/exact_bytes.hpp>
#include <support/failure_is.hpp>
#include <support/random_text.hpp>

#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>

#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>

#include <cmath>

namespace kollect::test {

namespace {

/// Boost.JSON's opinion of a text.
struct oracle {
  boost::json::error_code code;
  boost::json::value value;

  oracle(std::string_view text, std::size_t max_depth) {
    boost::json::parse_options options;
    options.max_depth = max_depth;
    value = boost::json::parse({text.data(), text.size()}, code, {}, options);
  }
};

/// Whether a JSON text has an escaped surrogate without its other half: Boost.JSON refuses it, Go reads
/// U+FFFD.
bool has_lone_surrogate(std::string_view text) {
  for (std::size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    const auto first = detail::read_hex4(text, at + 2).value_or(0),
               second = detail::read_hex4(text, at + 8).value_or(0);
    const bool is_unicode = text.substr(at, 2) == "\\u", is_high = first >= 0xD800 && first < 0xDC00;
    const bool is_pair =
        is_unicode && is_high && text.substr(at + 6, 2) == "\\u" && second >= 0xDC00 && second < 0xE000;
    if (is_unicode && first >= 0xD800 && first < 0xE000 && !is_pair)
      return true;
    at += is_pair ? 12 : 2;
  }
  return false;
}

/// Equal but for the last digits of a double, which Boost.JSON 1.81 does not read exactly.
bool is_same(const boost::json::value& left, const boost::json::value& right) {
  if (left.is_number() && right.is_number()) {
    const auto first = left.to_number<double>(), second = right.to_number<double>();
    // For 0e400 it has no number at all.
    return first == second || std::abs(first - second) <= std::abs(first) * 1e-14 + 1e-322 ||
           std::isnan(second);
  }
  if (left.kind() != right.kind())
    return false;
  if (left.is_array())
    return std::equal(left.get_array().begin(), left.get_array().end(), right.get_array().begin(),
                      right.get_array().end(), is_same);
  if (!left.is_object())
    return left == right;
  if (left.get_object().size() != right.get_object().size())
    return false;
  return std::all_of(left.get_object().begin(), left.get_object().end(), [&](const auto& member) {
    const auto* const other = right.get_object().if_contains(member.key());
    return other != nullptr && is_same(member.value(), *other);
  });
}

std::string shown(std::string_view text) {
  return testing::PrintToString(std::string(text));
}

/// Holds both readers against the oracle. Answers whether the text was accepted.
bool expect_same_verdict(std::string_view text, std::size_t max_depth) {
  const exact_bytes bytes(text);
  detail::json_cursor cursor(bytes.view(), max_depth);
  std::string_view raw;
  const bool is_accepted = cursor.skip_value(raw) && cursor.at_end();
  const auto parsed = parse_value(bytes.view(), limits{.max_depth = max_depth});
  if (parsed) {
    EXPECT_TRUE(is_accepted || cursor.reason() == error::invalid_utf8) << shown(text);
  } else {
    EXPECT_FALSE(is_accepted) << shown(text);
    EXPECT_TRUE(parsed.error().position && parsed.error().position->offset <= text.size()) << shown(text);
  }
  EXPECT_LE(cursor.failed_at(), text.size());

  // Where both differ on purpose: lone surrogates, and numbers beyond a double.
  const oracle other(text, max_depth);
  const bool is_overflow = other.code == boost::json::error::exponent_overflow ||
                           (cursor.failed() && cursor.reason() == error::number_overflow);
  if (is_overflow || has_lone_surrogate(text))
    return is_accepted;
  EXPECT_EQ(is_accepted, !other.code.failed())
      << shown(text) << ": Boost.JSON: " << other.code.message() << ", at depth " << max_depth;
  EXPECT_EQ(cursor.failed() && cursor.reason() == error::too_deep, other.code == boost::json::error::too_deep)
      << shown(text);
  if (is_accepted && !other.code) {
    EXPECT_TRUE(is_same(*parsed, other.value)) << shown(text);
  }
  return is_accepted;
}

/// Compares the extents of a value and of everything within it.
void expect_same_extents(std::string_view text, detail::json_cursor& cursor) {
  const char first = cursor.peek();
  const std::size_t begin = cursor.position();
  detail::json_cursor other(text, max_depth_ceiling);
  other.move_to(begin);
  std::string_view raw;
  ASSERT_TRUE(other.skip_value(raw));
  ASSERT_EQ(detail::simd::find_value_end(text, begin), begin + raw.size()) << shown(raw);
  const auto inner = [&] {
    expect_same_extents(text, cursor);
    return !testing::Test::HasFatalFailure();
  };
  if (first == '{')
    ASSERT_TRUE(cursor.read_object([&](const json_string&) { return inner(); }));
  else if (first == '[')
    ASSERT_TRUE(cursor.read_array(inner));
  else
    ASSERT_TRUE(cursor.skip_value(raw));
}

} // namespace

TEST(differential, random_and_mutated_texts_get_the_verdict_of_boost_json) {
  seeded_random random(test_seed(20260115));
  std::size_t accepted = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto text = random_json(random, random.below(6));
    ASSERT_TRUE(expect_same_verdict(text, 256)) << shown(text);
    ++(expect_same_verdict(text, 1 + random.below(4)) ? accepted : refused);
    ++(expect_same_verdict(mutate(random, text), 1 + random.below(6)) ? accepted : refused);
    if (HasFailure())
      return;
  }
  EXPECT_GT(accepted, 10'000U);
  EXPECT_GT(refused, 10'000U);
}

TEST(differential, every_truncation_of_a_container_is_an_error_with_an_offset) {
  seeded_random random(test_seed(7));
  for (int round = 0; round < 300; ++round) {
    const auto text = "[" + random_json(random, 4) + "]";
    for (std::size_t size = 0; size < text.size(); ++size) {
      const exact_bytes part(std::string_view(text).substr(0, size));
      const auto parsed = parse_value(part.view());
      ASSERT_FALSE(parsed) << shown(part.view());
      ASSERT_TRUE(parsed.error().position);
      ASSERT_LE(parsed.error().position->offset, size);
      ASSERT_TRUE(parsed.error().reason() == error::truncated || parsed.error().reason() == error::syntax)
          << parsed.error() << shown(part.view());
    }
  }
}

TEST(differential, texts_that_are_read_and_written_again_stay_as_they_are) {
  seeded_random random(test_seed(11));
  for (int round = 0; round < 5'000; ++round) {
    const auto text = random_json(random, 5);
    const auto once = serialize(parse_value(text).value()).value();
    const auto twice = serialize(parse_value(once).value()).value();
    const bool has_negative_zero = once.find("-0") != std::string::npos; // read again, it is the integer 0
    ASSERT_TRUE(has_negative_zero || twice == once) << shown(text);
    ASSERT_EQ(compact_payload(once).value(), once);
    const auto compact = compact_payload(text).value();
    ASSERT_EQ(serialize(parse_value(compact).value()).value(), once) << shown(text);
    ASSERT_EQ(compact_payload(compact).value(), compact);
  }
}

TEST(scan, finds_the_extent_of_every_value) {
  seeded_random random(test_seed(13));
  for (int round = 0; round < 5'000; ++round) {
    const exact_bytes text(random_json(random, 5) + (random.once_in(2) ? " ]" : ""));
    detail::json_cursor cursor(text.view(), max_depth_ceiling);
    expect_same_extents(text.view(), cursor);
    if (HasFailure())
      return;
  }
}

TEST(scan, never_reads_outside_whatever_the_text) {
  seeded_random random(test_seed(17));
  for (int round = 0; round < 50'000; ++round) {
    const exact_bytes text(mutate(random, random_json(random, 3)));
    const auto at = random.below(text.view().size() + 3);
    const auto end = detail::simd::find_value_end(text.view(), at);
    if (end == std::string_view::npos)
      continue;
    ASSERT_GE(end, at);
    ASSERT_LE(end, text.view().size());
  }
}

TEST(scan, has_no_end_where_the_text_ends_first) {
  for (const std::string_view text :
       {"", "[", "{", "\"", "\"\\\"", "\"\\", "[\"]\"", "{\"a\":[}", "[[]", "\"abc\\"})
    EXPECT_EQ(detail::simd::find_value_end(exact_bytes(text).view(), 0), std::string_view::npos) << text;
  EXPECT_EQ(detail::simd::find_value_end("[}", 0), 2U); // refused by the check that follows
  EXPECT_EQ(detail::simd::find_value_end("12", 0), 2U);
  EXPECT_EQ(detail::simd::find_value_end("12}", 0), 2U);
  EXPECT_EQ(detail::simd::find_value_end("}", 0), 0U);
  EXPECT_EQ(detail::simd::find_value_end("12", 2), std::string_view::npos);
  EXPECT_EQ(detail::simd::find_value_end("12", 9), std::string_view::npos);
}

} // namespace kollect::test

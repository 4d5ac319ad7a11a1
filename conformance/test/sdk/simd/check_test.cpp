// The check by blocks against the readers that go byte by byte: what it takes is well formed, at each level
// the same, and ends where they say.

#include "levels.hpp"

#include <support/exact_bytes.hpp>
#include <support/random_text.hpp>

#include <kollect/checksum.hpp>
#include <kollect/detail/compact_cursor.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/simd/check.hpp>
#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>

#include <gtest/gtest.h>

namespace kollect::test {

namespace {

namespace simd = detail::simd;

/// What the fast reader answers that goes byte by byte.
std::size_t end_by_compact_cursor(std::string_view text, std::size_t at, std::size_t room) {
  detail::compact_cursor cursor(text, at);
  detail::no_values ignored;
  return cursor.read_value(room, ignored) ? cursor.position() : std::string_view::npos;
}

/// Holds all levels against it, and against the exact reader. Answers whether the container was taken.
bool expect_same_end(std::string_view text, std::size_t at = 0, std::size_t room = 20) {
  const exact_bytes bytes(text);
  const std::size_t end = end_by_compact_cursor(bytes.view(), at, room);
  for (const auto level : available_levels())
    if (level != simd::level::plain) {
      EXPECT_EQ(simd::check_container(bytes.view(), at, room, nullptr, level), end)
          << to_string(level) << testing::PrintToString(std::string(text));
    }
  detail::json_cursor exact(bytes.view(), room);
  exact.move_to(at);
  std::string_view raw;
  if (end != std::string_view::npos) {
    EXPECT_TRUE(exact.skip_value(raw) && exact.position() == end)
        << testing::PrintToString(std::string(text));
  }
  return end != std::string_view::npos;
}

/// A container so that its member `inner` begins at each place of a block.
void expect_same_end_at_each_place(std::string_view inner, bool is_good) {
  for (std::size_t length = 0; length <= 70; ++length)
    for (const auto* const more :
         {"", ",1", ",\"a long text that goes on beyond the end of any block of bytes\""}) {
      const auto text = "[\"" + std::string(length, 'x') + "\"," + std::string(inner) + more + "]";
      ASSERT_EQ(expect_same_end(text), is_good) << text;
      ASSERT_EQ(expect_same_end(text + std::string(80, ' ')), is_good) << text;
    }
}

} // namespace

TEST(check, takes_what_encoders_write_wherever_it_stands) {
  for (const std::string_view inner :
       {"{}", "[]", "0", "-1.50", "true", "false", "null", "\"\"", "\"a\"", "\"\u00E9\u20AC\U0001F600\"",
        R"("\"\\\/\b\f\n\r\t\u00e9\uD83D")", R"("\\\\\\\\\"")", R"({"a":1,"b":{"c":[null,{},[[]]]}})",
        R"({"":""})", R"([{"a":"b"},{"a":"{[:,]}"},[1,"x",2]])", "[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]"})
    expect_same_end_at_each_place(inner, true);
}

TEST(check, gives_up_on_whatever_is_wrong_or_spelled_otherwise) {
  for (const std::string_view inner : {"",
                                       " 1",
                                       "nul",
                                       "nulL",
                                       "-",
                                       "-a",
                                       "+1",
                                       ".5",
                                       "1.",
                                       "1e5",
                                       "01",
                                       "\"",
                                       "\"\\x\"",
                                       "\"\\u12\"",
                                       "\"\\u12g4\"",
                                       "\"\n\"",
                                       "\"\x80\"",
                                       "\"\xC3\"",
                                       "\"\xED\xA0\x80\"",
                                       "\"\xF4\x90\x80\x80\"",
                                       "\"\xE2\x82\"",
                                       "{",
                                       "[",
                                       "[1,",
                                       "[1,]",
                                       "[,1]",
                                       "[1 2]",
                                       "[1, 2]",
                                       "[}",
                                       "[1}",
                                       "{]",
                                       "{\"a\"}",
                                       "{\"a\":}",
                                       "{\"a\" :1}",
                                       "{\"a\":1,}",
                                       "{1:2}",
                                       "{\"a\":1]",
                                       ",",
                                       ":",
                                       "\"a\":1",
                                       "{\"a\":1,2}",
                                       "{\"a\":1,\"b\"}",
                                       "{\"a\":\"b\":1}",
                                       "{\"a\",\"b\":1:2}",
                                       "{:1}",
                                       "{\"a\":1:\"b\"}",
                                       "[\"a\":1]",
                                       "[1,\"a\":1]",
                                       "{\"a\"\"b\":1}",
                                       "\"a\"\"b\"",
                                       "1\"a\"",
                                       "\"a\"1",
                                       "{}{}",
                                       "[][]",
                                       "{}1",
                                       "1{}",
                                       "true1",
                                       "\\",
                                       "\\\"",
                                       "\x7F",
                                       "{[]:1}",
                                       "{{}:1}",
                                       "{\"a\":[1,2,\"b\":3]}",
                                       "[{\"a\":1,[2]}]",
                                       "\xC3\xA9"})
    expect_same_end_at_each_place(inner, false);
}

TEST(check, nests_no_deeper_than_there_is_room) {
  for (std::size_t depth = 1; depth <= 100; ++depth) {
    const std::string nested = std::string(depth, '[') + std::string(depth, ']');
    for (const std::size_t room : {std::size_t{0}, depth - 1, depth, depth + 1, std::size_t{1000}})
      ASSERT_EQ(expect_same_end(nested, 0, room), room >= depth && depth <= 32) << depth << " in " << room;
  }
  std::string many = "[[[";
  for (int count = 0; count < 100; ++count)
    many += "[],";
  many += "1]]]";
  EXPECT_TRUE(expect_same_end(many, 0, 4)) << "many beside each other are not deep";
  EXPECT_FALSE(expect_same_end(many, 0, 3));
}

TEST(check, ends_with_the_container_whatever_comes_after) {
  for (const std::string_view after : {"", "}", "]]]", "\"", "\"\x01", "\\", "\\\"", "\xFF", ",:,", "nul"})
    for (std::size_t length = 0; length < 140; ++length)
      ASSERT_TRUE(expect_same_end("{\"a\":\"" + std::string(length, 'x') + "\"}" + std::string(after)));
}

TEST(check, random_and_mutated_texts_end_at_each_level_where_the_plain_reader_says) {
  seeded_random random(test_seed(20261201));
  std::size_t taken = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto good = "[" + serialize(parse_value(random_json(random, 5)).value()).value() + "]";
    const auto text = random.once_in(4) ? good : mutate(random, good);
    const std::string before(random.below(3), '[');
    if (text.empty() || (text[0] != '[' && text[0] != '{'))
      continue;
    ++(expect_same_end(before + text, before.size(), 1 + random.below(8)) ? taken : refused);
    if (HasFailure())
      return;
  }
  EXPECT_GT(taken, 4'000U);
  EXPECT_GT(refused, 4'000U);
}

TEST(check, a_digest_on_the_way_is_that_of_the_text) {
  if (!simd::can_digest())
    return; // OpenSSL makes it then
  seeded_random random(test_seed(20261202));
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    for (std::size_t count = random.below(20); count > 0; --count)
      text += "[" + serialize(parse_value(random_json(random, 4)).value()).value() + "]" +
              std::string(random.below(200), ' ');
    const exact_bytes bytes(text);
    const char* const begin = bytes.view().data();
    const std::size_t lag = random.below(3) * 40; // where the text is thought to end
    simd::running_digest digest(begin, begin + text.size() - std::min(text.size(), lag));
    for (std::size_t at = text.find('['); at != std::string::npos; at = text.find('[', at)) {
      const auto end = simd::check_container(bytes.view(), at, 30, &digest);
      ASSERT_EQ(end, end_by_compact_cursor(bytes.view(), at, 30)) << text;
      at = end == std::string_view::npos ? at + 1 : end;
      digest.catch_up(begin + at);
    }
    const auto made = digest.finish(begin + text.size());
    ASSERT_TRUE(made);
    ASSERT_EQ(sha256_digest{*made}, sha256(text)) << text;
  }
  const std::string text(300, ' ');
  simd::running_digest ahead(text.data(), text.data() + text.size());
  ahead.take_all(text.data() + text.size());
  EXPECT_FALSE(ahead.finish(text.data() + 100)) << "more than that has been taken";
}

} // namespace kollect::test

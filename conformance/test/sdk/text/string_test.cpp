#include <support/failure_is.hpp>
#include <support/random_text.hpp>

#include <kollect/json_string.hpp>
#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>

#include <sstream>

namespace kollect::test {

namespace {

std::string written(std::string_view text) {
  std::string out;
  detail::append_string(out, text);
  return out;
}

std::string decoded(std::string_view text) {
  return std::string(parse_value(text).value().as_string());
}

} // namespace

TEST(strings, are_escaped_as_byt_03_says) {
  struct {
    std::string_view text, expected;
  } const cases[] = {
      {"", R"("")"},
      {"\"\\\b\f\n\r\t", R"("\"\\\b\f\n\r\t")"},
      {"<>&", R"("\u003c\u003e\u0026")"},
      {"/'\x7F", "\"/'\x7F\""},
      {"\u2027\u2028\u2029\u202A", "\"\u2027\\u2028\\u2029\u202A\""},
      {"\u00E9\u6F22\U0001F600\uFFFD\uFFFF\U0010FFFF", "\"\u00E9\u6F22\U0001F600\uFFFD\uFFFF\U0010FFFF\""},
      {"\x01 \x0B \x1F", R"("\u0001 \u000b \u001f")"},
      {std::string_view("a\0b", 3), R"("a\u0000b")"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(written(one.text), one.expected);
}

TEST(strings, every_byte_below_0x80_is_written_as_byt_03_says) {
  const std::map<char, std::string> short_escapes{{'"', "\\\""}, {'\\', "\\\\"}, {'\b', "\\b"}, {'\f', "\\f"},
                                                  {'\n', "\\n"}, {'\r', "\\r"},  {'\t', "\\t"}};
  for (int byte = 0; byte < 0x80; ++byte) {
    const auto letter = static_cast<char>(byte);
    std::string expected(1, letter);
    if (const auto found = short_escapes.find(letter); found != short_escapes.end())
      expected = found->second;
    else if (byte < 0x20 || letter == '<' || letter == '>' || letter == '&') {
      std::ostringstream escape;
      escape << "\\u00" << std::hex << (byte >> 4) << (byte & 15);
      expected = escape.str();
    }
    EXPECT_EQ(written(std::string(1, letter)), "\"" + expected + "\"");
    EXPECT_EQ(decoded(written(std::string(1, letter))), std::string(1, letter));
  }
}

TEST(strings, invalid_utf8_in_memory_is_written_as_an_escape_a_byte) {
  struct {
    std::string_view text, expected;
  } const cases[] = {
      {"a\x80z", R"("a\ufffdz")"},
      {"\xC3", R"("\ufffd")"},
      {"\xC3(", R"("\ufffd(")"},
      {"\xC0\x80", R"("\ufffd\ufffd")"},
      {"\xE6\xBC", R"("\ufffd\ufffd")"},
      {"\xED\xA0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"\xF0\x9F\x98", R"("\ufffd\ufffd\ufffd")"},
      {"\xF4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},
      {"\xFE\xFF", R"("\ufffd\ufffd")"},
      {"\xE2\x80", R"("\ufffd\ufffd")"},
      {"\xE2\x80\xC3\xA9", "\"\\ufffd\\ufffd\u00E9\""},
  };
  for (const auto& one : cases)
    EXPECT_EQ(written(one.text), one.expected);
}

TEST(strings, every_escape_is_decoded) {
  struct {
    std::string_view text;
    std::string expected;
  } const cases[] = {
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0041\u00e9\u00E9\u6f22")", "A\u00E9\u00E9\u6F22"},
      {R"("\u0000")", std::string(1, '\0')},
      {R"("\u007f\u0080\u07ff\u0800\uffff")", "\x7F\u0080\u07FF\u0800\uFFFF"},
      {R"("\ud83d\ude00\uD83D\uDE00")", "\U0001F600\U0001F600"},
      {R"("\ud800\udc00\udbff\udfff")", "\U00010000\U0010FFFF"},
      {R"("a\\u0041")", "a\\u0041"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(decoded(one.text), one.expected) << one.text;
}

TEST(strings, a_lone_surrogate_becomes_a_replacement_character_that_is_written_raw) {
  struct {
    std::string_view text, expected;
  } const cases[] = {
      {R"("\ud800")", "\uFFFD"},
      {R"("\udfff")", "\uFFFD"},
      {R"("a\ud800b")", "a\uFFFDb"},
      {R"("\ud800\ud800\udc00")", "\uFFFD\U00010000"},
      {R"("\udc00\ud800")", "\uFFFD\uFFFD"},
      {R"("\ud800\u0041")", "\uFFFDA"},
      {R"("\ud800\n")", "\uFFFD\n"},
      {R"("\ud800\\udc00")", "\uFFFD\\udc00"},
      {R"("\ud83d")", "\uFFFD"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(decoded(one.text), one.expected) << one.text;
    EXPECT_EQ(decoded(written(one.expected)), one.expected);
  }
  EXPECT_EQ(written("\uFFFD"), "\"\uFFFD\"");
}

TEST(strings, invalid_utf8_in_a_text_that_a_producer_reads_becomes_a_replacement_character_a_byte) {
  EXPECT_EQ(decoded("\"a\x80\xFFz\""), "a\uFFFD\uFFFDz");
  EXPECT_EQ(decoded("\"\xED\xA0\x80\""), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decoded("\"\xC3\\n\""), "\uFFFD\n");
  EXPECT_EQ(decoded("\"\xE2\x80\""), "\uFFFD\uFFFD");
  EXPECT_EQ(serialize(parse_value("{\"\x80\":\"\x80\"}").value()).value(), "{\"\uFFFD\":\"\uFFFD\"}");
}

TEST(strings, random_values_read_back_as_they_were) {
  seeded_random random(test_seed(23));
  for (int round = 0; round < 5'000; ++round) {
    const auto text = random_string(random);
    ASSERT_EQ(decoded(written(text)), text);
  }
}

TEST(strings, random_bytes_are_written_as_valid_json_in_utf8) {
  seeded_random random(test_seed(29));
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t rarity = random.once_in(2) ? 1 : 1 + random.below(40);
    for (std::size_t size = random.below(rarity == 1 ? 9 : 300); size > 0; --size)
      text += !random.once_in(rarity)
                  ? 'x'
                  : static_cast<char>(static_cast<unsigned char>(random.once_in(2)
                                                                     ? random.pick("\xC3\xE2\x80\xA8\xED\xF0")
                                                                     : static_cast<char>(random.below(256))));
    const auto json = written(text);
    detail::json_cursor cursor(json, 1);
    json_string read;
    ASSERT_TRUE(cursor.read_string(read) && cursor.at_end()) << testing::PrintToString(text);
    std::string expected;
    for (std::size_t at = 0; at < text.size();) {
      const auto length = detail::utf8_length(text, at);
      expected += length == 0 ? "\uFFFD" : text.substr(at, length);
      at += std::max<std::size_t>(length, 1);
    }
    ASSERT_EQ(read.decode(), expected);
  }
}

TEST(strings, a_json_string_compares_by_value_and_not_by_spelling) {
  detail::json_cursor cursor(R"("cl\u0075ster")", 1);
  json_string text;
  ASSERT_TRUE(cursor.read_string(text));
  EXPECT_FALSE(text.is_plain());
  EXPECT_EQ(text.raw(), "cl\\u0075ster");
  EXPECT_TRUE(text == "cluster");
  EXPECT_TRUE("cluster" == text);
  EXPECT_FALSE(text == "cl\\u0075ster");
  std::ostringstream out;
  out << text;
  EXPECT_EQ(out.str(), "cluster");
  EXPECT_TRUE(json_string() == "");
  EXPECT_TRUE(json_string().empty());
}

TEST(strings, a_json_string_made_by_hand_from_broken_text_is_decoded_without_harm) {
  for (const std::string_view text : {"\\", "\\u", "\\u1", "\\u123", "\\ud800", "\\ud800\\", "\\ud800\\u",
                                      "\\ud800\\udc0", "\\x", "\xE2\x80"})
    EXPECT_FALSE(json_string(text, false).decode().empty()) << text;
}

} // namespace kollect::test

#include "levels.hpp"

#include <support/guarded_bytes.hpp>
#include <support/random_text.hpp>

#include <kollect/checksum.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/detail/simd/sha256.hpp>

#include <boost/json/stream_parser.hpp>

#include <iostream>

namespace kollect::test {

namespace {

constexpr auto npos = std::string_view::npos;

/// Where the value at the start of the text ends by Boost.JSON; npos where it is not JSON or not whole.
/// What follows the value must not be white space, which it would take as well.
std::size_t end_by_boost(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 1024;
  boost::json::stream_parser parser({}, options);
  boost::json::error_code code;
  const std::size_t read = parser.write_some(text.data(), text.size(), code);
  return code || !parser.done() ? npos : read;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times)
    out += text;
  return out;
}

/// Holds the scan that hashes on its way against the one that does not, and against OpenSSL. It may leave a
/// text with backslashes to the other.
void expect_same_digest(std::string_view text, std::size_t at, std::size_t expected) {
  const bool is_container = at < text.size() && (text[at] == '{' || text[at] == '[');
  const auto [end, digest] = detail::simd::digest_value(text, at);
  if (is_container && (end != npos || text.find('\\', at) == npos)) {
    EXPECT_EQ(end, expected) << testing::PrintToString(std::string(text));
  } else {
    EXPECT_EQ(end, npos);
  }
  if (end != npos) {
    EXPECT_EQ(sha256_digest{digest}, sha256(text.substr(at, end - at)))
        << testing::PrintToString(std::string(text));
  }
}

/// Holds all levels against the plain one, with guard pages on both sides. Answers what they found.
std::size_t expect_same_end(guarded_bytes& memory, std::string_view text, std::size_t at = 0) {
  const std::size_t expected = detail::simd::find_value_end(text, at, detail::simd::level::plain);
  for (const auto level : available_levels()) {
    EXPECT_EQ(detail::simd::find_value_end(memory.at_end(text), at, level), expected)
        << to_string(level) << ": " << testing::PrintToString(std::string(text));
    EXPECT_EQ(detail::simd::find_value_end(memory.at_start(text), at, level), expected)
        << to_string(level) << ": " << testing::PrintToString(std::string(text));
  }
  if (detail::simd::can_digest()) {
    expect_same_digest(memory.at_end(text), at, expected);
    expect_same_digest(memory.at_start(text), at, expected);
  }
  return expected;
}

/// What may go wrong at the border of two blocks. Each is well formed within an array.
const std::vector<std::string>& tricky_pieces() {
  static const std::vector<std::string> pieces = [] {
    std::vector<std::string> out{R"("")",          R"("a")",          R"("]")",       R"("[{")",
                                 R"("}]}]")",      R"({"]":"["})",    "[]",           "{}",
                                 "[[[[]]]]",       R"([{"a":[{}]}])", R"("\u0022]")", R"("\"]")",
                                 R"("\\",["\\"])", R"(["\\\"]"])",    "[],[],[]",     R"({"\\":"\""})"};
    for (std::size_t length = 1; length <= 9; ++length) {
      out.push_back("\"" + repeat("\\\\", length) + "\""); // the last quote is one
      out.push_back("\"" + repeat("\\\\", length) + "\\\"]\"");
    }
    out.push_back("\"" + repeat("\\\\", 70) + "\"");
    out.push_back("\"" + repeat("\\\\", 70) + "\\\"]\"");
    return out;
  }();
  return pieces;
}

} // namespace

TEST(simd_scan, hashes_containers_of_every_length) {
  if (!detail::simd::can_digest())
    std::cout << "no SHA instructions at this level: nothing is hashed on the way\n";
  guarded_bytes memory(4096);
  for (std::size_t length = 2; length <= 600; ++length)
    for (const std::string_view after :
         {"", "}", ",\"more\":\"of it, longer than what is left of any block of bytes\"}"})
      for (const std::size_t before : {0U, 1U, 63U})
        expect_same_end(
            memory, std::string(before, ' ') + "[" + std::string(length - 2, '7') + "]" + std::string(after),
            before);
  const std::string large = "{\"a\":[" + repeat("\"text [with] \\\" {brackets\",", 5000) + "0]}";
  if (detail::simd::can_digest()) {
    expect_same_digest(large + " ", 0, large.size());
    EXPECT_NE(detail::simd::digest_value(large, 0).end, npos);
  }
}

TEST(simd_scan, finds_every_tricky_piece_at_every_place_of_a_block) {
  guarded_bytes memory(4096);
  for (const auto& piece : tricky_pieces())
    for (std::size_t offset = 0; offset <= 130; ++offset) {
      const std::string before = offset < 3 ? std::string(offset, '[') // brackets, then a string that fills
                                            : "[\"" + std::string(offset - 3, 'x') + "\",";
      const std::string text =
          (offset < 3 ? "[" + before : before) + piece + std::string(offset < 3 ? offset + 1 : 1, ']');
      ASSERT_EQ(expect_same_end(memory, text), text.size());
      ASSERT_EQ(end_by_boost(text + ","), text.size()) << text;
      ASSERT_EQ(expect_same_end(memory, text + R"(,"more":[{}]})"), text.size());
      if (HasFailure())
        return;
    }
}

TEST(simd_scan, has_no_end_in_a_text_truncated_at_any_byte) {
  guarded_bytes memory(4096);
  for (const auto& piece : tricky_pieces())
    for (const std::size_t offset : {0U, 1U, 50U, 61U, 62U, 63U, 64U, 125U}) {
      const std::string text = "[\"" + std::string(offset, 'x') + "\"," + piece + "]";
      for (std::size_t size = 0; size < text.size(); ++size)
        ASSERT_EQ(expect_same_end(memory, std::string_view(text).substr(0, size)), npos);
      if (HasFailure())
        return;
    }
}

TEST(simd_scan, counts_any_depth) {
  guarded_bytes memory(300'000);
  for (const std::size_t depth : {1U, 2U, 31U, 32U, 33U, 63U, 64U, 65U, 127U, 128U, 129U, 1000U, 100'000U}) {
    const auto text = repeat("[", depth) + repeat("]", depth);
    ASSERT_EQ(expect_same_end(memory, text), text.size());
    ASSERT_EQ(expect_same_end(memory, text + "]]"), text.size());
    ASSERT_EQ(expect_same_end(memory, text.substr(0, text.size() - 1)), npos);
    ASSERT_EQ(expect_same_end(memory, text.substr(1)), text.size() - 1 > depth ? text.size() - 2 : 0U);
  }
}

TEST(simd_scan, agrees_with_boost_json_on_random_documents_in_an_envelope) {
  seeded_random random(test_seed(20260201));
  guarded_bytes memory(1U << 20U);
  for (int round = 0; round < 4'000; ++round) {
    std::string payload = "[" + random_json(random, 2 + random.below(6));
    for (std::size_t more = random.below(12); more > 0; --more)
      payload += "," + random_json(random, 4);
    payload += "]";
    ASSERT_EQ(end_by_boost(payload + ","), payload.size());
    const std::string start = R"({"payload": )" + std::string(random.below(70), ' ');
    const auto text = start + payload + R"(,"later":{"a":["]"]}})";
    ASSERT_EQ(expect_same_end(memory, text, start.size()), start.size() + payload.size());
    if (HasFailure())
      return;
  }
}

TEST(simd_scan, gives_the_same_end_for_whatever_is_not_json) {
  seeded_random random(test_seed(20260202));
  guarded_bytes memory(4096);
  constexpr std::string_view letters = "{}[]{}[]\"\"\\\\ax, ";
  std::size_t found = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text(1, "[{"[random.below(2)]);
    // Few marks among many other letters reach further than many marks.
    const std::size_t rarity = 1 + random.below(24);
    for (std::size_t size = random.below(300); size > 0; --size)
      text += random.once_in(rarity) ? random.pick(letters) : 'x';
    found += expect_same_end(memory, text) == npos ? 0 : 1;
    if (HasFailure())
      return;
  }
  EXPECT_GT(found, 10'000U);
  EXPECT_LT(found, 90'000U);
}

TEST(simd_scan, a_backslash_outside_strings_takes_nothing) {
  guarded_bytes memory(4096);
  for (std::size_t offset = 0; offset <= 130; ++offset) {
    const auto before = "[" + std::string(offset, ' ');
    ASSERT_EQ(expect_same_end(memory, before + R"(\"]"])"), before.size() + 5);
    ASSERT_EQ(expect_same_end(memory, before + R"(\]])"), before.size() + 2);
    ASSERT_EQ(expect_same_end(memory, before + R"("\\"\])"), before.size() + 6);
    ASSERT_EQ(expect_same_end(memory, before + R"(\\"\"]"])"), before.size() + 8);
  }
}

TEST(simd_level, is_the_one_that_the_environment_names_or_the_last_one_available) {
  const auto levels = available_levels();
  const char* const named = std::getenv("KOLLECT_SIMD");
  for (const auto one : levels)
    if (named != nullptr && to_string(one) == named) {
      EXPECT_EQ(detail::simd::best_level(), one);
      return;
    }
  EXPECT_EQ(detail::simd::best_level(), levels.back());
}

} // namespace kollect::test

#include "levels.hpp"

#include <support/guarded_bytes.hpp>
#include <support/seeded_random.hpp>

#include <kollect/detail/simd/scan_escapes.hpp>

namespace kollect::test {

namespace {

constexpr auto npos = std::string_view::npos;

/// The same, a byte at a time and in the words of RFC 8259.
std::size_t scan_by_hand(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '"' || byte < 0x20 || byte >= 0x80)
      return at;
    if (byte != '\\')
      continue;
    const auto escape = text.substr(at + 1);
    const bool is_short =
        !escape.empty() && std::string_view("\"\\/bfnrt").find(escape[0]) != std::string_view::npos;
    const bool is_by_number = escape.size() >= 5 && escape[0] == 'u' &&
                              escape.substr(1, 4).find_first_not_of("0123456789abcdefABCDEF") == npos;
    if (!is_short && !is_by_number)
      return npos;
    at += is_short ? 1 : 5;
  }
  return text.size();
}

void expect_same(guarded_bytes& memory, std::string_view text, std::size_t at = 0) {
  const std::size_t expected = scan_by_hand(text, at);
  for (const auto level : available_levels())
    ASSERT_EQ(detail::simd::scan_escapes(memory.at_end(text), at, level), expected)
        << to_string(level) << " from " << at << ": " << testing::PrintToString(std::string(text));
}

} // namespace

TEST(simd_scan_escapes, finds_every_escape_good_or_bad_at_every_place_of_a_block) {
  guarded_bytes memory(4096);
  for (const std::string_view piece :
       {"\\\"", "\\\\", "\\\\\\\"", "\\n", "\\u0041", "\\uABCD", "\\x", "\\u00g0", "\\u12", "\\", "\"", "\n",
        "\x80", "\\\\\"", "\\\\\\\\\\\\\"", "\\u\\\"12", "\\/\\b\\f\\n\\r\\t"})
    for (std::size_t offset = 0; offset <= 130; ++offset)
      for (const std::size_t after : {0U, 1U, 3U, 40U, 70U}) {
        expect_same(memory, std::string(offset, 'x') + std::string(piece) + std::string(after, 'y'));
        if (HasFatalFailure())
          return;
      }
}

TEST(simd_scan_escapes, agrees_on_random_text_from_any_place) {
  guarded_bytes memory(4096);
  seeded_random random(test_seed(20261101));
  constexpr std::string_view letters = "\\\\\\\\\"nu/x0aF\n\xC3";
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    const std::size_t rarity = 1 + random.below(30);
    for (std::size_t size = random.below(200); size > 0; --size)
      text += random.once_in(rarity) ? random.pick(letters) : 'n';
    expect_same(memory, text, random.below(text.size() + 1));
    if (HasFatalFailure())
      return;
  }
}

} // namespace kollect::test

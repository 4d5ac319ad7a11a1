#include "levels.hpp"

#include <support/guarded_bytes.hpp>
#include <support/seeded_random.hpp>

#include <kollect/detail/simd/unescape.hpp>
#include <kollect/detail/unescape.hpp>

#include <array>
#include <map>
#include <utility>

namespace kollect::test {

namespace {

/// A piece of a JSON string, and what it means.
using piece = std::pair<std::string_view, std::string_view>;

constexpr std::array<piece, 8> simple_escapes{
    piece{R"(\")", "\""}, piece{R"(\\)", "\\"}, piece{R"(\/)", "/"},  piece{R"(\b)", "\b"},
    piece{R"(\f)", "\f"}, piece{R"(\n)", "\n"}, piece{R"(\r)", "\r"}, piece{R"(\t)", "\t"}};
constexpr std::array<piece, 4> other_pieces{piece{R"(\u003c)", "<"}, piece{R"(\ud83d\ude00)", "\U0001F600"},
                                            piece{"\u00fc", "\u00fc"}, piece{"\u20ac", "\u20ac"}};

/// A string's raw text, and for each place between two pieces of it, what all before that means.
struct pieced_text {
  std::string raw;
  std::string meant;
  std::map<std::size_t, std::size_t> sizes{{0, 0}}; ///< bytes meant, by bytes of raw text

  void add(piece next) {
    raw += next.first;
    meant += next.second;
    sizes[raw.size()] = meant.size();
  }
  void add_letter(char letter) { add({{&letter, 1}, {&letter, 1}}); }
};

/// The letters that stand for something after a backslash are many among the plain ones, too.
pieced_text random_text(seeded_random& random, bool has_others) {
  constexpr std::string_view plain = "bfnrtu/a x{]'Az~09";
  pieced_text text;
  const std::size_t count = random.below(80), rarity = 1 + random.below(12);
  for (std::size_t index = 0; index < count; ++index)
    if (!random.once_in(rarity))
      text.add_letter(plain[random.below(plain.size())]);
    else if (has_others && random.once_in(3))
      text.add(other_pieces[random.below(other_pieces.size())]);
    else
      text.add(simple_escapes[random.below(simple_escapes.size())]);
  return text;
}

/// What is written from the first byte on, before `stop`, of a text that nothing may be read beside.
detail::simd::writing_place expect_prefix(std::string_view bytes, const pieced_text& text, std::size_t stop,
                                          detail::simd::level level) {
  std::string room(text.meant.size() + 16, '#');
  room += "guard";
  const auto place = detail::simd::write_simple_escapes(bytes, {0, room.data()}, stop, level);
  const auto size = static_cast<std::size_t>(place.to - room.data());
  const auto known = text.sizes.find(place.at);
  EXPECT_TRUE(known != text.sizes.end() && known->second == size)
      << to_string(level) << ": stops within something at " << place.at << " of " << text.raw;
  EXPECT_EQ(room.substr(0, size), text.meant.substr(0, size)) << to_string(level) << ": " << text.raw;
  EXPECT_TRUE(room.ends_with("guard")) << to_string(level);
  EXPECT_LT(place.at, stop + 16);
  return place;
}

} // namespace

TEST(simd_unescape, writes_what_each_escape_means_at_each_place) {
  guarded_bytes memory(4096);
  for (const auto level : available_levels())
    for (const auto& escape : simple_escapes)
      for (std::size_t before = 0; before < 40; ++before)
        for (std::size_t count = 1; count < 20; ++count) {
          pieced_text text;
          for (std::size_t index = 0; index < before; ++index)
            text.add_letter('n');
          for (std::size_t index = 0; index < count; ++index)
            text.add(escape);
          for (std::size_t index = 0; index < 20; ++index)
            text.add_letter('t');
          const auto place = expect_prefix(memory.at_end(text.raw), text, text.raw.size(), level);
          ASSERT_FALSE(HasFailure());
          if (detail::simd::has_avx2(level)) {
            ASSERT_GT(place.at + 16, text.raw.size()) << "only the last bytes are left";
          }
        }
}

TEST(simd_unescape, stops_before_what_is_not_simple_and_reads_nothing_outside) {
  guarded_bytes memory(4096);
  seeded_random random(test_seed(20261123));
  for (const auto level : available_levels())
    for (int round = 0; round < 20'000; ++round) {
      const auto text = random_text(random, random.once_in(2));
      const std::size_t stop = random.once_in(2) ? text.raw.size() : random.below(text.raw.size() + 1);
      expect_prefix(memory.at_end(text.raw), text, stop, level);
      expect_prefix(memory.at_start(text.raw), text, stop, level);
      ASSERT_FALSE(HasFailure());
    }
}

TEST(simd_unescape, strings_of_pieces_mean_what_the_pieces_mean) {
  guarded_bytes memory(4096);
  seeded_random random(test_seed(20261124));
  for (int round = 0; round < 20'000; ++round) {
    const auto text = random_text(random, true);
    std::string out = "before";
    detail::append_unescaped(out, memory.at_end(text.raw));
    ASSERT_EQ(out, "before" + text.meant) << text.raw;
  }
}

} // namespace kollect::test

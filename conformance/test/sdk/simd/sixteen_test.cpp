#include "levels.hpp"

#include <support/guarded_bytes.hpp>
#include <support/seeded_random.hpp>

#include <kollect/detail/simd/sixteen.hpp>

namespace kollect::test {

namespace {

bool is_written_as_it_is(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte >= 0x20 && byte < 0x80 && std::string_view("\"\\<>&").find(letter) == std::string_view::npos;
}

bool is_read_as_it_is(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte >= 0x20 && byte < 0x80 && letter != '"' && letter != '\\';
}

std::string random_bytes(seeded_random& random, std::size_t size) {
  std::string text(size, 'x');
  const std::size_t rarity = 1 + random.below(20);
  for (auto& letter : text)
    if (random.once_in(rarity))
      letter = static_cast<char>(static_cast<unsigned char>(random.below(256)));
  return text;
}

} // namespace

TEST(simd_sixteen, marks_every_byte_at_every_place) {
  guarded_bytes memory(4096);
  for (const auto level : available_levels())
    for (unsigned value = 0; value < 256; ++value)
      for (std::size_t place = 0; place < 16; ++place) {
        std::string text(16, 'x');
        text[place] = static_cast<char>(static_cast<unsigned char>(value));
        const auto bytes = memory.at_end(text);
        const unsigned bit = 1U << place, others = value >= 0x80 ? bit : 0;
        const auto reading = detail::simd::find_string_marks(bytes.data(), level);
        ASSERT_EQ(reading.others, others) << to_string(level) << ' ' << value;
        ASSERT_EQ(reading.stops, value < 0x80 && !is_read_as_it_is(text[place]) ? bit : 0) << value;
        const auto writing = detail::simd::find_escape_marks(bytes.data(), level);
        ASSERT_EQ(writing.others, others) << to_string(level) << ' ' << value;
        ASSERT_EQ(writing.stops, value < 0x80 && !is_written_as_it_is(text[place]) ? bit : 0) << value;
      }
}

TEST(simd_sixteen, copies_what_is_plain_of_texts_of_any_length_and_reads_nothing_outside) {
  guarded_bytes memory(4096);
  seeded_random random(test_seed(20261102));
  for (const auto level : available_levels())
    for (int round = 0; round < 20'000; ++round) {
      const auto text = random_bytes(random, random.below(20));
      std::size_t expected = 0;
      while (expected < std::min<std::size_t>(text.size(), 16) && is_written_as_it_is(text[expected]))
        ++expected;
      std::string room(17, '#');
      ASSERT_EQ(detail::simd::copy_plain(memory.at_end(text), room.data(), level), expected)
          << to_string(level) << ' ' << testing::PrintToString(text);
      ASSERT_EQ(detail::simd::copy_plain(memory.at_start(text), room.data(), level), expected);
      ASSERT_EQ(room.substr(0, expected), text.substr(0, expected)) << to_string(level);
      ASSERT_EQ(room[16], '#') << "writes sixteen bytes at most";
    }
}

} // namespace kollect::test

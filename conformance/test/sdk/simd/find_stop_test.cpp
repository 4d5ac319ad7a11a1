#include "levels.hpp"

#include <support/guarded_bytes.hpp>
#include <support/seeded_random.hpp>

#include <kollect/detail/simd/find_stop.hpp>

namespace kollect::test {

namespace {

struct search {
  std::string_view name;
  std::size_t (*find)(std::string_view, std::size_t, detail::simd::level) noexcept;
  bool (*stops)(unsigned char); ///< as RFC 8259 and BYT-03 have it, byte by byte
  char other;                   ///< a byte that does not stop it
};

const search searches[] = {
    {"string", detail::simd::find_string_stop,
     [](unsigned char byte) { return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\'; }, 'x'},
    {"escape", detail::simd::find_escape_stop,
     [](unsigned char byte) {
       return byte < 0x20 || byte >= 0x80 ||
              std::string_view("\"\\<>&").find(static_cast<char>(byte)) != std::string_view::npos;
     },
     'x'},
    {"space", detail::simd::find_space_end,
     [](unsigned char byte) { return byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r'; }, ' '},
};

} // namespace

TEST(simd_find_stop, tells_every_byte_at_every_place_at_every_level) {
  guarded_bytes memory(4096);
  for (const auto level : available_levels())
    for (const auto& one : searches)
      for (unsigned value = 0; value < 256; ++value)
        for (std::size_t offset = 0; offset <= 130; ++offset) {
          std::string text(offset + 1 + value % 40, one.other);
          text[offset] = static_cast<char>(static_cast<unsigned char>(value));
          const auto expected = one.stops(static_cast<unsigned char>(value)) ? offset : text.size();
          ASSERT_EQ(one.find(memory.at_end(text), 0, level), expected)
              << one.name << ' ' << to_string(level) << ' ' << value << ' ' << offset;
        }
}

TEST(simd_find_stop, finds_the_first_from_any_place_in_texts_of_any_length) {
  guarded_bytes memory(4096);
  seeded_random random(test_seed(20260203));
  for (const auto level : available_levels())
    for (const auto& one : searches)
      for (std::size_t size = 0; size <= 200; ++size) {
        std::string text(size, one.other);
        for (auto& letter : text)
          if (random.once_in(60))
            letter = static_cast<char>(static_cast<unsigned char>(random.below(256)));
        for (std::size_t at = 0; at <= size; ++at) {
          std::size_t expected = at;
          while (expected < size && !one.stops(static_cast<unsigned char>(text[expected])))
            ++expected;
          ASSERT_EQ(one.find(memory.at_end(text), at, level), expected)
              << one.name << ' ' << to_string(level);
        }
      }
}

} // namespace kollect::test

#include <support/exact_bytes.hpp>

#include <kollect/detail/utf8.hpp>

namespace kollect::test {

TEST(utf8, every_code_point_is_read_and_written_at_its_shortest) {
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF)
      continue;
    std::array<char, 4> bytes{};
    const std::string text(bytes.data(), detail::write_utf8(bytes.data(), code));
    const std::size_t expected = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    ASSERT_EQ(text.size(), expected) << code;
    ASSERT_EQ(detail::utf8_length(text, 0), expected) << code;
    ASSERT_TRUE(expected == 1 || detail::utf8_length(text, 1) == 0) << code;
    for (std::size_t size = 1; size < expected; ++size)
      ASSERT_EQ(detail::utf8_length(std::string_view(text).substr(0, size), 0), 0U) << code;
  }
}

TEST(utf8, every_other_sequence_of_three_bytes_is_refused) {
  std::size_t accepted = 0, impossible = 0;
  std::string text(3, '\0');
  for (unsigned first = 0x80; first < 0x100; ++first)
    for (unsigned second = 0; second < 0x100; ++second)
      for (unsigned third = 0; third < 0x100; ++third) {
        text[0] = static_cast<char>(first), text[1] = static_cast<char>(second),
        text[2] = static_cast<char>(third);
        const auto length = detail::utf8_length(text, 0);
        accepted += length == 3 ? 1 : 0;
        impossible += length == 1 || length > 3 ? 1 : 0;
      }
  EXPECT_EQ(impossible, 0U);                       // neither one byte from 0x80 on nor four within three
  EXPECT_EQ(accepted, 0x10000U - 0x800U - 0x800U); // less the shorter ones and the surrogates
}

TEST(utf8, nothing_is_read_past_the_end) {
  for (const std::string_view text : {"\xC3", "\xE6", "\xE6\xBC", "\xF0", "\xF0\x9F", "\xF0\x9F\x98"})
    EXPECT_EQ(detail::utf8_length(exact_bytes(text).view(), 0), 0U);
}

} // namespace kollect::test

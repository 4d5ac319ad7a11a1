#include <support/failure_is.hpp>
#include <support/random_text.hpp>

#include <kollect/base64.hpp>
#include <kollect/nearest_name.hpp>
#include <kollect/path_segment.hpp>
#include <kollect/read_file.hpp>
#include <kollect/utf8.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

#include <unistd.h>

namespace kollect::test {

using namespace std::string_literals;

TEST(base64, decodes_what_kubernetes_decodes) {
  const std::pair<std::string_view, std::string> cases[] = {{"", ""},
                                                            {"Zg==", "f"},
                                                            {"Zm8=", "fo"},
                                                            {"Zm9v", "foo"},
                                                            {"Zm9vYg==", "foob"},
                                                            {"Zm9vYmE=", "fooba"},
                                                            {"Zm9vYmFy", "foobar"},
                                                            {"Zm9v\r\nYmFy\n", "foobar"},
                                                            {"+/+/", "\xFB\xFF\xBF"},
                                                            {"AAAA", "\0\0\0"s},
                                                            {"Zm8\n=\n", "fo"}};
  for (const auto& [text, bytes] : cases)
    EXPECT_EQ(decode_base64(text), bytes) << text;
  for (const auto* text : {"Z", "Zg", "Zg=", "Zg===", "Zm8==", "Zm9v=", "====", "=", "Zm9v Zm9v", "Zm9_",
                           "Zm9-", "Zg==Zg==", "Zm9vZ", "\xC3\xA9"})
    EXPECT_FALSE(decode_base64(text)) << text;
  EXPECT_FALSE(decode_base64("Zm\0v"s));
}

TEST(base64, encodes_what_it_decodes) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"", ""},           {"f", "Zg=="},        {"fo", "Zm8="},
      {"foo", "Zm9v"},    {"foob", "Zm9vYg=="}, {"\xFB\xFF\xBF", "+/+/"},
      {"\0\0\0"s, "AAAA"}};
  for (const auto& [bytes, text] : cases)
    EXPECT_EQ(encode_base64(bytes), text);
  std::string all;
  for (int value = 0; value < 256; ++value) {
    all += static_cast<char>(value);
    EXPECT_EQ(decode_base64(encode_base64(all)), all);
  }
}

TEST(suggest_name, names_the_nearest_or_else_all) {
  constexpr std::array<std::string_view, 3> valid{"brokers", "topic", "secretRef"};
  EXPECT_EQ(detail::edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(detail::edit_distance("", "abc"), 3U);
  EXPECT_EQ(detail::edit_distance("TOPIC", "topic"), 0U);
  EXPECT_EQ(suggest_name("broker", valid), "did you mean \"brokers\"?");
  EXPECT_EQ(suggest_name("secretref", valid), "did you mean \"secretRef\"?");
  EXPECT_EQ(suggest_name("x", valid), "use one of brokers, topic, secretRef");
  EXPECT_EQ(suggest_name(std::string(1'000'000, 'b'), valid), "use one of brokers, topic, secretRef");
}

TEST(path_segment, escapes_what_would_end_it_or_be_read_otherwise) {
  const auto segment = [](std::string_view text) {
    std::string out = "/";
    append_path_segment(out, text);
    return out;
  };
  EXPECT_EQ(segment("prod-west_1.a~"), "/prod-west_1.a~");
  EXPECT_EQ(segment("a/b%c?d#e f"), "/a%2Fb%25c%3Fd%23e%20f");
  EXPECT_EQ(segment("\u00E9\x01"s), "/%C3%A9%01");
  EXPECT_EQ(segment("2026-01-15T12:00:00Z"), "/2026-01-15T12:00:00Z");
  EXPECT_EQ(segment(""), "/");
}

TEST(is_utf8, tells_texts_from_bytes) {
  for (const std::string text : {"", "plain", "gr\u00F6\u00DFe \u6F22 \U0001F600", "\uFFFD"})
    EXPECT_TRUE(is_utf8(text)) << text;
  EXPECT_TRUE(is_utf8("a\0b"s));
  for (const std::string text :
       {"\xFF", "a\xC3", "\xC3z", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
    EXPECT_FALSE(is_utf8(text));
}

TEST(read_file, reads_up_to_its_limit_and_says_why_not) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("kollect-read-file-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto path = folder / "file";
  const std::string content(100'000, 'x');
  std::ofstream(path, std::ios::binary) << content;
  EXPECT_EQ(read_file(path, content.size()).value(), content);
  const auto larger = read_file(path, content.size() - 1);
  EXPECT_TRUE(failure_is(larger, error::file_unreadable));
  EXPECT_NE(to_string(larger.error()).find("larger than the limit of 99999 bytes"), std::string::npos);
  EXPECT_EQ(larger.error().source, path.string());
  EXPECT_TRUE(failure_is(read_file(folder / "absent", 10), error::file_unreadable));
  EXPECT_TRUE(failure_is(read_file(folder, 10), error::file_unreadable));
  std::filesystem::remove_all(folder);
}

} // namespace kollect::test

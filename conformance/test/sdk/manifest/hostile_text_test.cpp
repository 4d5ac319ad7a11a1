#include "manifest_text.hpp"

#include <kollect/yaml/read.hpp>

#include <servers/temporary_directory.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace kollect::test {
namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  while (count-- > 0)
    out += text;
  return out;
}

/// Generous even under sanitizers: what grows faster than the text takes minutes.
constexpr auto quickly = std::chrono::seconds(10);

void expect_refused_quickly(std::string_view text, std::string_view what) {
  const auto start = std::chrono::steady_clock::now();
  const auto documents = yaml::read(text, "file.yaml");
  EXPECT_LT(std::chrono::steady_clock::now() - start, quickly) << what;
  ASSERT_FALSE(documents) << what;
  EXPECT_EQ(documents.error().reason(), error::manifest_syntax) << what << documents.error();
  EXPECT_LT(to_string(documents.error()).size(), 2000U) << what;
}

TEST(hostile_text, that_nests_a_hundred_thousand_deep_is_refused_quickly) {
  constexpr std::size_t depth = 100'000;
  for (const auto* unit : {"[", "{a: ", "- ", "? ", "a: [", "[a: ", "[{a: ", "{\"a\":", ": ", "- - ? "})
    expect_refused_quickly("x:\n  " + repeated(unit, depth), unit);
  for (const auto* unit : {"{\"a\":", "{\"a\":[", "{"})
    expect_refused_quickly(repeated(unit, depth), unit);
  std::string staircase;
  for (std::size_t level = 0; level < 1000; ++level)
    staircase += std::string(level, ' ') + "a:\n";
  expect_refused_quickly(staircase, "staircase");
}

TEST(hostile_text, that_multiplies_itself_by_aliases_is_refused_quickly) {
  std::string bomb = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (char name = 'b'; name <= 'z'; ++name) {
    const std::string before(1, static_cast<char>(name - 1));
    bomb +=
        std::string(1, name) + ": &" + std::string(1, name) + " [" + repeated("*" + before + ", ", 9) + "]\n";
  }
  expect_refused_quickly(bomb, "bomb");
  expect_refused_quickly("a: &a [*a]\n", "an alias of itself");
}

TEST(hostile_text, of_a_hundred_megabytes_is_refused_quickly) {
  constexpr std::size_t size = 100UL * 1024 * 1024;
  expect_refused_quickly(std::string(size, 'a'), "in memory");
  expect_refused_quickly("{" + std::string(size, ' '), "in memory, JSON");
  const auto directory = servers::temporary_directory::create();
  ASSERT_TRUE(directory) << directory.error();
  const auto path = directory->path() / "large.yaml";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, size);
  const auto start = std::chrono::steady_clock::now();
  const auto file = yaml::read_manifest(path);
  EXPECT_LT(std::chrono::steady_clock::now() - start, quickly);
  ASSERT_FALSE(file);
  EXPECT_EQ(to_string(file.error()),
            path.string() + ": cannot be read: it is larger than the limit of 1048576 bytes");
}

TEST(hostile_text, without_end_is_refused_quickly) {
  const auto file = yaml::read_manifest("/dev/zero");
  ASSERT_FALSE(file);
  EXPECT_EQ(to_string(file.error()),
            "/dev/zero: cannot be read: it is larger than the limit of 1048576 bytes");
}

// None of these may take time or memory out of proportion; whether YAML allows them does not matter here.
TEST(hostile_text, of_one_thing_over_and_over_is_dealt_with_quickly) {
  constexpr std::size_t size = 256UL * 1024;
  for (const auto* unit : {"a,",       "a: b\n", "'", "\"",  "a:\n ",  "|\n", "- |\n",       "? a\n", "[:",
                           ", ",       "%a\n",   "x", "!a ", "&a ",    "*a ", "[],",         "---\n", "...\n",
                           "\xC3\xA9", "\n",     " ", "a#",  "[\"a\n", "\\",  "%TAG !a! b\n"}) {
    const auto text = "x: [" + repeated(unit, size / std::string_view(unit).size() - 4);
    const auto start = std::chrono::steady_clock::now();
    const auto first = yaml::read(text, "file.yaml");
    const auto second = yaml::read(std::string_view(text).substr(4), "file.yaml");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3 * quickly) << unit;
    if (first) {
      EXPECT_LE(first->size(), document_limits{}.max_documents) << unit;
    }
    if (second) {
      EXPECT_LE(second->size(), document_limits{}.max_documents) << unit;
    }
  }
}

TEST(hostile_text, with_a_flood_of_keys_is_dealt_with_quickly) {
  std::string keys;
  for (std::size_t index = 0; index < 90'000; ++index)
    keys += "k" + std::to_string(index) + ":\n";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(refusal(keys + "kind: Secret\n"),
            "file.yaml:1:1: k0 is not a known key; use one of apiVersion, kind, metadata, "
            "type, immutable, data, stringData");
  EXPECT_LT(std::chrono::steady_clock::now() - start, quickly);
  expect_refused_quickly(repeated("- \n", 110'000), "too many values");
}

TEST(hostile_text, that_cannot_be_read_is_reported_in_the_words_of_the_system) {
  const auto missing = yaml::read_manifest("/nonexistent/sink.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason(), error::file_unreadable);
  EXPECT_EQ(to_string(missing.error()), "/nonexistent/sink.yaml: cannot be read: No such file or directory");
  EXPECT_EQ(to_string(yaml::read_manifest("/").error()), "/: cannot be read: Is a directory");
}

} // namespace
} // namespace kollect::test

#include <support/guarded_bytes.hpp>

#include <kollect/sha256_each.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace kollect::test {
namespace {

std::string random_bytes(std::mt19937& numbers, std::size_t size) {
  std::string out(size, '\0');
  for (auto& byte : out)
    byte = static_cast<char>(numbers());
  return out;
}

/// Holds them against OpenSSL, one by one.
void expect_right_digests(const std::vector<std::string_view>& texts) {
  std::vector<sha256_digest> digests(texts.size());
  sha256_each(texts, digests);
  for (std::size_t index = 0; index < texts.size(); ++index)
    EXPECT_EQ(digests[index], sha256(texts[index]))
        << "text " << index << " of " << texts.size() << ", " << texts[index].size() << " bytes";
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

} // namespace

TEST(sha256_each, of_nothing_is_nothing) {
  expect_right_digests({});
}

TEST(sha256_each, is_right_for_every_two_lengths_around_blocks) {
  std::mt19937 numbers(20260115);
  for (std::size_t one = 0; one <= 200; ++one)
    for (const std::size_t two : {0U, 1U, 55U, 56U, 63U, 64U, 65U, 119U, 120U, 127U, 128U, 129U, 192U})
      expect_right_digests(views_of({random_bytes(numbers, one), random_bytes(numbers, two)}));
}

TEST(sha256_each, is_right_for_any_number_of_texts_of_any_lengths) {
  std::mt19937 numbers(20260116);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> texts(numbers() % 12);
    for (auto& text : texts)
      text = random_bytes(numbers, numbers() % (round % 2 == 0 ? 100 : 3000));
    expect_right_digests(views_of(texts));
  }
}

TEST(sha256_each, reads_nothing_outside_its_texts) {
  std::mt19937 numbers(20260117);
  guarded_bytes one(512), two(512);
  for (std::size_t size = 0; size <= 300; ++size) {
    const auto first = random_bytes(numbers, size), second = random_bytes(numbers, 300 - size);
    expect_right_digests({one.at_end(first), two.at_end(second)});
    expect_right_digests({one.at_start(first), two.at_start(second)});
  }
}

} // namespace kollect::test

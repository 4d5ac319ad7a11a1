#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace {

using namespace kollect::servers;

TEST(temporary_directory, goes_away_with_all_in_it) {
  std::filesystem::path path;
  {
    auto directory = temporary_directory::create("kollect-test-");
    ASSERT_TRUE(directory) << directory.error();
    path = directory->path();
    EXPECT_TRUE(path.filename().string().starts_with("kollect-test-"));
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
    std::filesystem::create_directory(path / "inner");
    ASSERT_TRUE(write_file(path / "inner" / "file", "text"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(temporary_directory, stays_with_the_object_it_was_moved_to) {
  auto first = temporary_directory::create().value();
  const auto first_path = first.path();
  auto second = temporary_directory::create().value();
  const auto second_path = second.path();
  second = std::move(first);
  EXPECT_FALSE(std::filesystem::exists(second_path));
  EXPECT_TRUE(std::filesystem::exists(first_path));
  EXPECT_EQ(second.path(), first_path);
}

TEST(files, read_what_was_written) {
  const auto directory = temporary_directory::create().value();
  const auto path = directory.path() / "file";
  const std::string content("one\0two\n", 8);
  ASSERT_TRUE(write_file(path, "something longer than the rest"));
  ASSERT_TRUE(write_file(path, content));
  EXPECT_EQ(read_file(path).value(), content);
}

TEST(files, a_missing_file_is_a_failure) {
  const auto missing = read_file("/nowhere/file");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason(), kollect::error::file_unreadable);
  EXPECT_FALSE(write_file("/nowhere/file", "text"));
}

TEST(last_lines, are_the_end_of_a_text) {
  EXPECT_EQ(last_lines("one\ntwo\nthree\n", 2), "two\nthree");
  EXPECT_EQ(last_lines("one\ntwo\nthree", 1), "three");
  EXPECT_EQ(last_lines("one\ntwo", 2), "one\ntwo");
  EXPECT_EQ(last_lines("\none", 2), "\none");
  EXPECT_EQ(last_lines("one", 30), "one");
  EXPECT_EQ(last_lines("", 3), "");
  EXPECT_EQ(last_lines("\n\n", 3), "");
}

} // namespace

#include "output_file.hpp"
#include "test/support/producer.hpp"

#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

namespace kollect::producer {
namespace {

using test::failure_is;
using test::has_value;

TEST(output_file, appears_whole_when_it_is_committed) {
  const test::workspace place;
  place.write("state.json", "old");
  auto file = output_file::create(place.path("state.json"));
  ASSERT_TRUE(has_value(file));
  file->stream() << "new";
  EXPECT_EQ(place.read("state.json"), "old");
  ASSERT_TRUE(has_value(file->commit()));
  EXPECT_EQ(place.read("state.json"), "new");
  EXPECT_EQ(place.file_count(), 1U);
}

TEST(output_file, leaves_nothing_without_a_commit) {
  const test::workspace place;
  {
    auto file = output_file::create(place.path("state.json"));
    ASSERT_TRUE(has_value(file));
    file->stream() << "half";
    const auto moved = std::move(*file);
    EXPECT_EQ(place.file_count(), 1U);
  }
  EXPECT_EQ(place.file_count(), 0U);
}

TEST(output_file, says_where_it_cannot_be_written) {
  const test::workspace place;
  const auto path = place.path("missing/state.json");
  const auto file = output_file::create(path);
  ASSERT_TRUE(failure_is(file, error::store_read_only));
  EXPECT_EQ(to_string(file.error()), path + ": cannot be written: No such file or directory");
}

TEST(output_file, does_not_replace_a_directory) {
  const test::workspace place;
  std::filesystem::create_directory(place.path("full"));
  auto file = output_file::create(place.path("full"));
  ASSERT_TRUE(has_value(file));
  EXPECT_TRUE(failure_is(file->commit(), error::store_read_only));
}

} // namespace
} // namespace kollect::producer

// Where a store is, and whether it still is there.
#include "store/sqlite_store.hpp"

#include "support/assertions.hpp"
#include "support/messages.hpp"

#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/syscall.h>
#include <unistd.h>

namespace kollect::consumer::test {
namespace {

class sqlite_store_place : public testing::Test {
protected:
  result<std::unique_ptr<store>> open() { return open_sqlite_store(path_, "the test"); }

  static void store_rows(store& target, int rows, int second) {
    owned_positions owned;
    const std::int32_t partitions[] = {0};
    owned[0] = target.claim(std::string(kafka_log), partitions, "the test").value().front();
    EXPECT_TRUE(succeeds(ingest(target, make_settings(), owned,
                                batch_of(deliver(make_array(make_rows(rows), noon(second)), second)))));
  }

  /// Makes a store with three rows in it.
  void fill() {
    auto made = open();
    ASSERT_TRUE(succeeds(made));
    store_rows(**made, 3, 0);
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-sqlite-").value();
  std::string path_ = folder_.path() / "store.db";
};

/// A folder with a file that this thread can read and not write, also where it is root's; as it was in the
/// end.
class unwritable {
public:
  unwritable(const std::filesystem::path& folder, const std::filesystem::path& file) : folder_(folder) {
    using std::filesystem::perms;
    std::filesystem::permissions(file, perms::owner_read | perms::group_read | perms::others_read);
    std::filesystem::permissions(folder, perms::owner_read | perms::owner_exec | perms::group_read |
                                             perms::group_exec | perms::others_read | perms::others_exec);
    for (auto above = folder.parent_path(); ::geteuid() == 0 && above != "/tmp" && above.has_relative_path();
         above = above.parent_path())
      std::filesystem::permissions(above, perms::group_exec | perms::others_exec,
                                   std::filesystem::perm_options::add);
    if (::geteuid() == 0)
      is_other_user_ = ::syscall(SYS_setresuid, -1, nobody, -1) == 0; // of this thread alone
  }
  ~unwritable() {
    if (is_other_user_ && ::syscall(SYS_setresuid, -1, 0, -1) != 0)
      ADD_FAILURE() << "this thread stays another user";
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  }
  unwritable(const unwritable&) = delete;
  unwritable& operator=(const unwritable&) = delete;

private:
  static constexpr int nobody = 65'534;
  std::filesystem::path folder_;
  bool is_other_user_ = false;
};

TEST_F(sqlite_store_place, a_reader_of_none_is_told_what_makes_one) {
  const auto none = open_sqlite_reader(path_);
  ASSERT_TRUE(fails_with(none, error::store_missing));
  EXPECT_NE(none.error().message.find("`kollect-consumer run` makes it"), std::string::npos) << none.error();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  const auto nowhere = open_sqlite_reader(folder_.path() / "misspelt" / "state.db");
  ASSERT_TRUE(fails_with(nowhere, error::store_missing));
  EXPECT_NE(nowhere.error().message.find("no folder for one"), std::string::npos) << nowhere.error();
}

/// What were stored in a file that nobody finds any more would be lost with this process.
TEST_F(sqlite_store_place, one_that_is_unlinked_moved_or_replaced_under_its_writer_is_missing) {
  const auto other = folder_.path() / "other.db";
  const std::function<void()> removals[] = {
      [&] { std::filesystem::remove(path_); },
      [&] { std::filesystem::rename(path_, other); },
      [&] {
        std::filesystem::copy_file(path_, other, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::rename(other, path_);
      },
  };
  for (const auto& remove : removals) {
    fill();
    const auto opened = open();
    ASSERT_TRUE(succeeds(opened));
    ASSERT_TRUE(succeeds((*opened)->begin()));
    remove();
    const auto begun = (*opened)->begin();
    ASSERT_TRUE(fails_with(begun, error::store_missing));
    EXPECT_EQ(begun.error().source, path_);
    for (const auto& file : std::filesystem::directory_iterator(folder_.path()))
      std::filesystem::remove(file);
  }
}

/// A backup, or a snapshot of a volume, that this user cannot write.
TEST_F(sqlite_store_place, a_copy_in_a_folder_that_cannot_be_written_is_read) {
  fill();
  const auto place = folder_.path() / "odd %41 ?#name";
  std::filesystem::create_directory(place);
  const auto copy = place / "copy.db";
  std::filesystem::copy_file(path_, copy);
  const unwritable locked(place, copy);
  const auto reader = open_sqlite_reader(copy);
  ASSERT_TRUE(succeeds(reader));
  EXPECT_EQ((*reader)->counts().value().applied, 1);
  EXPECT_EQ((*reader)->contradictions().value(), std::vector<std::string>());
}

TEST_F(sqlite_store_place, a_copy_with_its_log_in_a_folder_that_cannot_be_written_is_told_of) {
  fill();
  const auto opened = open();
  ASSERT_TRUE(succeeds(opened));
  store_rows(**opened, 2, 1);
  const auto place = folder_.path() / "place";
  std::filesystem::create_directory(place);
  const auto copy = place / "copy.db";
  std::filesystem::copy_file(path_, copy);
  std::filesystem::copy_file(path_ + "-wal", place / "copy.db-wal");
  const unwritable locked(place, copy);
  const auto reader = open_sqlite_reader(copy);
  ASSERT_TRUE(fails_with(reader, error::store_read_only));
  EXPECT_NE(reader.error().message.find("must be writable, also to read it"), std::string::npos)
      << reader.error();
}

} // namespace
} // namespace kollect::consumer::test

#include "operations/memory_budget.hpp"

#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace kollect::consumer::test {
namespace {

constexpr std::size_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

TEST(memory_budget, is_divided) {
  EXPECT_EQ(share_out(gib), (memory_shares{.max_message = 214'748'364,
                                           .answer = 256 * mib,
                                           .batch = 32 * mib,
                                           .queue = 32 * mib,
                                           .fetch = 32 * mib,
                                           .partition_fetch = 4 * mib,
                                           .row_cache = 128 * mib,
                                           .untaken = 64 * mib,
                                           .page = 8 * mib,
                                           .merge = 128 * mib}));
  EXPECT_EQ(share_out(256 * mib), (memory_shares{.max_message = 53'687'091,
                                                 .answer = 64 * mib,
                                                 .batch = 8 * mib,
                                                 .queue = 8 * mib,
                                                 .fetch = 8 * mib,
                                                 .partition_fetch = mib,
                                                 .row_cache = 32 * mib,
                                                 .untaken = 16 * mib,
                                                 .page = 2 * mib,
                                                 .merge = 32 * mib}));
  EXPECT_EQ(share_out(64 * gib), (memory_shares{.max_message = 256 * mib,
                                                .answer = gib,
                                                .batch = 32 * mib,
                                                .queue = 32 * mib,
                                                .fetch = 50 * mib,
                                                .partition_fetch = 4 * mib,
                                                .row_cache = 256 * mib,
                                                .untaken = 64 * mib,
                                                .page = 8 * mib,
                                                .merge = 128 * mib}));
}

TEST(memory_budget, leaves_room_in_every_budget) {
  for (std::size_t budget = 64 * mib; budget <= 16 * gib; budget += 16 * mib) {
    const auto shares = share_out(budget);
    EXPECT_GE(shares.answer, shares.max_message) << "what is over the limit is seen, and buried";
    EXPECT_LE(shares.answer + shares.batch + shares.queue + shares.fetch + shares.row_cache + shares.untaken,
              budget / 8 * 5);
    EXPECT_LE(4 * shares.max_message, budget);
  }
}

TEST(memory_budget, limit_is_read_as_the_kernel_writes_it) {
  EXPECT_EQ(parse_memory_limit("1073741824\n"), gib);
  EXPECT_EQ(parse_memory_limit("max\n"), std::nullopt);
  EXPECT_EQ(parse_memory_limit("9223372036854771712\n"), std::nullopt) << "version 1 without a limit";
  EXPECT_EQ(parse_memory_limit(""), std::nullopt);
  EXPECT_EQ(parse_memory_limit("0\n"), std::nullopt);
}

/// A tree of cgroups' files.
class cgroups {
public:
  const std::filesystem::path& root() const { return folder_.path(); }
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root() / file).parent_path());
    std::ofstream(root() / file) << text << '\n';
  }

private:
  servers::temporary_directory folder_ = servers::temporary_directory::create().value();
};

TEST(memory_budget, least_limit_above_counts_in_version_2) {
  const cgroups tree;
  tree.write("kubepods/memory.max", "8589934592");
  tree.write("kubepods/pod/memory.max", "1073741824");
  tree.write("kubepods/pod/container/memory.max", "max");
  EXPECT_EQ(find_memory_limit("0::/kubepods/pod/container\n", tree.root()), gib);
  EXPECT_EQ(find_memory_limit("0::/kubepods\n", tree.root()), 8 * gib);
  EXPECT_EQ(find_memory_limit("0::/\n", tree.root()), std::nullopt);
  tree.write("memory.max", "268435456"); // as a container sees its own
  EXPECT_EQ(find_memory_limit("0::/\n", tree.root()), 256 * mib);
}

TEST(memory_budget, version_1_has_a_tree_for_memory) {
  const cgroups tree;
  tree.write("memory/memory.limit_in_bytes", "9223372036854771712");
  tree.write("memory/docker/id/memory.limit_in_bytes", "536870912");
  const std::string membership = "12:cpu,cpuacct:/docker/other\n5:memory:/docker/id\n1:name=systemd:/x\n";
  EXPECT_EQ(find_memory_limit(membership, tree.root()), 512 * mib);
  EXPECT_EQ(find_memory_limit("12:cpu,cpuacct:/docker/id\n", tree.root()), std::nullopt);
  tree.write("memory/memory.limit_in_bytes", "134217728"); // the container's, where the path is the host's
  EXPECT_EQ(find_memory_limit("5:memory:/not/to/be/seen\n", tree.root()), 128 * mib);
  EXPECT_EQ(find_memory_limit("nonsense", tree.root()), std::nullopt);
}

TEST(memory_budget, this_process_has_some) {
  EXPECT_GT(available_memory(), 64 * mib);
  EXPECT_FALSE(limit_memory(1)) << "it has more";
}

} // namespace
} // namespace kollect::consumer::test

#include "consume/consumer_loop.hpp"
#include "store/sqlite_store.hpp"
#include "support/assertions.hpp"
#include "support/call_faults.hpp"
#include "support/crash_batches.hpp"
#include "support/scripted_broker.hpp"
#include "support/sqlite_file.hpp"

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>
#include <test/sdk/support/seeded_random.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;

/// A store in a file, and the log that goes into it.
class crash : public testing::Test {
protected:
  /// A consumer that has just started on the file.
  struct started {
    std::unique_ptr<store> target;
    owned_positions owned;
  };

  result<started> start(const std::string& path) {
    auto opened = open_sqlite_store(path, "the test");
    if (!opened)
      return opened.error();
    const std::array<std::int32_t, 1> partitions{0};
    auto claimed = (*opened)->claim(settings_.log.name, partitions, "the test");
    if (!claimed)
      return claimed.error();
    started out{std::move(*opened), {}};
    out.owned[0] = claimed->front();
    return out;
  }

  /// Ingests from the stored position to the end of so many batches; tells `on_stored` after each that is
  /// in the store.
  template <class OnStored>
  result<void> consume(started& consumer, std::size_t batches, OnStored&& on_stored) {
    auto left = deliver_from(batches_, consumer.owned[0].next_offset);
    const std::size_t done = batches_.size() - left.size();
    for (std::size_t index = 0; index < left.size() && done + index < batches; ++index) {
      const auto report = ingest(*consumer.target, settings_, consumer.owned, left[index]);
      if (!report)
        return report.error();
      on_stored();
    }
    return {};
  }

  std::string read(started& consumer) { return describe(*consumer.target, consumer.owned[0].next_offset); }

  std::string read(const std::string& path) {
    auto consumer = start(path);
    EXPECT_TRUE(succeeds(consumer));
    EXPECT_EQ(query_value(path, "PRAGMA integrity_check"), "ok");
    return consumer ? read(*consumer) : std::string();
  }

  /// What a store says after each number of batches.
  const std::vector<std::string>& prefixes() {
    for (std::size_t count = prefixes_.size(); count <= batches_.size(); ++count) {
      auto consumer = start(folder_.path() / ("prefix-" + std::to_string(count))).value();
      EXPECT_TRUE(succeeds(consume(consumer, count, [] {})));
      prefixes_.push_back(read(consumer));
    }
    return prefixes_;
  }

  /// Expects the store to be a prefix of the log, and the whole after going on from it. Answers how many
  /// batches the prefix has.
  std::size_t expect_whole_after_going_on(const std::string& path) {
    auto consumer = start(path);
    EXPECT_TRUE(succeeds(consumer));
    if (!consumer)
      return 0;
    EXPECT_EQ(query_value(path, "PRAGMA integrity_check"), "ok");
    const auto found = std::find(prefixes().begin(), prefixes().end(), read(*consumer));
    EXPECT_NE(found, prefixes().end()) << "no whole number of batches gives\n" << read(*consumer);
    EXPECT_TRUE(succeeds(consume(*consumer, batches_.size(), [] {})));
    EXPECT_EQ(read(*consumer), prefixes().back());
    return static_cast<std::size_t>(found - prefixes().begin());
  }

  ingest_settings settings_ = make_settings();
  std::vector<std::vector<outgoing_message>> batches_ = make_crash_batches();
  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-crash-").value();
  std::vector<std::string> prefixes_;
};

/// How a consumer in a process of its own ended, and how many batches it knew to be stored.
struct child_end {
  bool was_killed = false;
  std::size_t stored = 0;
};

/// Runs `work(report)` in a child process. The child is our own, and waited for.
template <class Work>
child_end run_child(Work&& work) {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_done = work([&] { EXPECT_EQ(::write(pipe[1], "x", 1), 1); });
    ::_exit(is_done ? 0 : 1);
  }
  ::close(pipe[1]);
  child_end end;
  for (char letter = 0; ::read(pipe[0], &letter, 1) == 1;)
    ++end.stored;
  ::close(pipe[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  end.was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  EXPECT_TRUE(end.was_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
  return end;
}

// F2: whatever call a SIGKILL comes before, the store is a prefix of the log.
TEST_F(crash, at_every_call_leaves_a_whole_number_of_batches) {
  ASSERT_EQ(prefixes().size(), batches_.size() + 1);
  const std::set<std::string> different(prefixes_.begin(), prefixes_.end());
  ASSERT_EQ(different.size(), prefixes_.size());
  std::set<std::size_t> seen;
  std::int64_t call = 1;
  for (bool is_complete = false; !is_complete && !HasFailure(); ++call) {
    SCOPED_TRACE("killed before call " + std::to_string(call));
    const auto folder = folder_.path() / "killed";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    const auto path = (folder / "store.db").string();
    const auto end = run_child([&](const auto& report) {
      call_faults::current() = {.folder = folder.string(), .first = call};
      auto consumer = start(path);
      return consumer && static_cast<bool>(consume(*consumer, batches_.size(), report));
    });
    is_complete = !end.was_killed;
    const auto prefix = expect_whole_after_going_on(path);
    EXPECT_GE(prefix, end.stored); // what was stored for sure is there
    EXPECT_LE(prefix, end.stored + 1);
    seen.insert(prefix);
  }
  EXPECT_GT(call, 50); // else no call was counted
  EXPECT_EQ(seen.size(), batches_.size() + 1);
}

// F28: a write-ahead log that was cut or damaged after a crash.
TEST_F(crash, with_a_damaged_log_leaves_a_whole_number_of_batches) {
  const auto path = (folder_.path() / "store.db").string();
  std::size_t stored = 0;
  const auto end = run_child([&](const auto& report) {
    auto consumer = start(path).value();
    return static_cast<bool>(consume(consumer, batches_.size(), [&] {
      report();
      if (++stored == batches_.size())
        ::kill(::getpid(), SIGKILL); // not closed: all of it is still in the log
    }));
  });
  ASSERT_TRUE(end.was_killed);
  ASSERT_EQ(end.stored, batches_.size());
  const auto main = servers::read_file(path).value(), log = servers::read_file(path + "-wal").value();
  ASSERT_GT(log.size(), 4096U * batches_.size());
  seeded_random random(1);
  std::set<std::size_t> seen;
  for (int trial = 0; trial < 60 && !HasFailure(); ++trial) {
    auto damaged = log;
    const auto place = random.below(log.size());
    if (trial % 2 == 0)
      damaged.resize(place);
    else
      damaged[place] = static_cast<char>(damaged[place] ^ (1 << random.below(8)));
    SCOPED_TRACE((trial % 2 == 0 ? "cut at " : "a bit flipped at ") + std::to_string(place));
    const auto folder = folder_.path() / "damaged";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    ASSERT_TRUE(servers::write_file(folder / "store.db", main));
    ASSERT_TRUE(servers::write_file(folder / "store.db-wal", damaged));
    seen.insert(expect_whole_after_going_on(folder / "store.db"));
  }
  EXPECT_GT(seen.size(), 2U);
}

/// A broker whose messages go through the real loop into a real file, on a disk that fails for a while.
class disk_fault : public crash {
protected:
  void SetUp() override {
    for (const auto& batch : batches_)
      broker_.messages.insert(broker_.messages.end(), batch.begin(), batch.end());
  }
  ~disk_fault() override { call_faults::current() = {}; }

  /// Runs the loop while calls from `first` on fail; answers how many calls there were.
  std::int64_t run(const std::string& path, std::int64_t first, std::int64_t length, int error_number) {
    program::stop_signal stop;
    program::log log("the test", program::log::format::json, program::log::level::off);
    loop_settings settings;
    settings.ingest = settings_;
    settings.is_until_end = true;
    settings.batch_messages = 2;
    settings.longest_back_off = std::chrono::milliseconds(1);
    broker_.events.clear();
    // The disk is good while the store is opened for the first time: a store that is not there ends the run.
    broker_.on_poll = [&](const partition_listener&) {
      if (broker_.count("poll") == 1)
        call_faults::current() = {.folder = folder_.path().string(),
                                  .first = first,
                                  .length = length,
                                  .error_number = error_number};
    };
    monitor watch("the test");
    consumer_loop loop(
        settings, [&] { return open_sqlite_store(path, "the test"); },
        [&](partition_listener listener) { return broker_.connect(std::move(listener)); }, stop, log, watch);
    const auto ended = loop.run();
    const auto calls = call_faults::current().calls;
    call_faults::current() = {};
    EXPECT_TRUE(succeeds(ended));
    return calls;
  }

  scripted_broker broker_;
};

// F25, F26: the loop backs off, opens the file again, and nothing is lost or doubled.
TEST_F(disk_fault, of_any_kind_and_length_loses_and_doubles_nothing) {
  const auto good = (folder_.path() / "good.db").string();
  const auto calls = run(good, 0, 0, 0);
  EXPECT_GT(calls, 30);
  const auto expected = read(good);
  std::size_t retried = 0;
  for (const int error_number : {ENOSPC, EIO})
    for (const std::int64_t length : {1, 3, 40})
      for (std::int64_t first = 1; first <= calls && !HasFailure(); first += length == 1 ? 2 : 9) {
        SCOPED_TRACE(std::to_string(length) + " calls from " + std::to_string(first) + " fail with " +
                     std::to_string(error_number));
        const auto folder = folder_.path() / "faulty";
        std::filesystem::remove_all(folder);
        std::filesystem::create_directory(folder);
        const auto path = (folder / "store.db").string();
        run(path, first, length, error_number);
        retried += broker_.count("keep_alive");
        EXPECT_EQ(read(path), expected);
      }
  EXPECT_GT(retried, 50U);
}

} // namespace
} // namespace kollect::consumer::test

#include "fixture.hpp"

#include <servers/temporary_directory.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

namespace kollect::test {
namespace {

/// A stream whose server loses the newest messages: those of an older copy are put back, the durable stays.
struct replaced_stream : testing::Test {
  void SetUp() override {
    auto made = servers::temporary_directory::create("kollect-nats-test-");
    ASSERT_TRUE(made) << made.error();
    folder_.emplace(std::move(*made));
    auto started = servers::nats_server::start({.store = folder_->path() / "store"});
    ASSERT_TRUE(started) << started.error();
    server_.emplace(std::move(*started));
    target_ = connection_to(server_->url(), "events", "events.all");
  }

  void publish(const std::string& name, int count) const {
    auto sender = nats::create_publisher(target_, {});
    ASSERT_TRUE(sender) << sender.error();
    std::vector<outgoing_message> messages;
    for (int number = 0; number < count; ++number) {
      const auto text = name + std::to_string(number);
      messages.push_back({target_.destination, {}, {{"Nats-Msg-Id", text}}, text});
    }
    for (const auto& answer : (*sender)->publish(messages, 30s))
      ASSERT_TRUE(answer) << answer.error();
  }

  std::filesystem::path messages_folder() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_->path() / "store"))
      if (entry.is_directory() && entry.path().filename() == "msgs")
        return entry.path();
    return {};
  }

  void copy_stream() {
    ASSERT_TRUE(server_->stop());
    std::filesystem::copy(messages_folder(), folder_->path() / "copy",
                          std::filesystem::copy_options::recursive);
    ASSERT_TRUE(server_->restart());
  }

  void put_copy_back() {
    server_->kill();
    replace_stopped();
  }

  /// As of a server that has ended in order: one that is killed may have forgotten how far the durable was.
  void put_copy_back_in_order() {
    ASSERT_TRUE(server_->stop());
    replace_stopped();
  }

  void replace_stopped() {
    const auto folder = messages_folder();
    std::filesystem::remove_all(folder);
    std::filesystem::copy(folder_->path() / "copy", folder, std::filesystem::copy_options::recursive);
    ASSERT_TRUE(server_->restart());
  }

  /// Ten messages are read and acknowledged, of which the stream then has the first five only.
  void lose_tail(member& reader, const nats::subscriber_options& options = {}) {
    publish("kept ", 5);
    copy_stream();
    publish("lost ", 5);
    ASSERT_TRUE(reader.join(target_, options));
    ASSERT_TRUE(reader.poll_until_has(10));
    ASSERT_TRUE(reader.settle());
  }

  static bool has_all(const member& reader, const std::string& name, int count) {
    const auto values = reader.values();
    const std::set<std::string> read(values.begin(), values.end());
    for (int number = 0; number < count; ++number)
      if (!read.contains(name + std::to_string(number)))
        return false;
    return true;
  }

  static bool poll_until_has_all(member& reader, const std::string& name, int count) {
    return reader.poll_until([&] { return has_all(reader, name, count); });
  }

  /// A reader that was away while the tail was lost finds `count` new messages.
  void stop_lose_and_fill(int count, std::optional<read_position> stored) {
    member before;
    lose_tail(before);
    before.leave();
    put_copy_back_in_order();
    publish("new ", count);
    member reader;
    reader.stored = stored;
    ASSERT_TRUE(reader.join(target_));
    ASSERT_TRUE(reader->mark_end(10s));
    EXPECT_FALSE(reader.is_caught_up());
    reader.poll();
    EXPECT_FALSE(reader.is_caught_up()) << "messages are missing";
    EXPECT_TRUE(poll_until_has_all(reader, "new ", count));
    EXPECT_TRUE(has_all(reader, "kept ", 5));
    EXPECT_EQ(reader.gaps, std::vector<gap>({{11, 1}}));
    EXPECT_TRUE(reader.has_logged("lost its tail"));
    ASSERT_TRUE(reader.settle());
    EXPECT_TRUE(reader.is_caught_up());
  }

  std::optional<servers::temporary_directory> folder_;
  std::optional<servers::nats_server> server_;
  connection target_;
};

TEST_F(replaced_stream, that_ends_before_the_stored_position) {
  stop_lose_and_fill(3, read_position(11, fingerprint_of("lost 4")));
}

TEST_F(replaced_stream, that_ends_before_the_durable_where_the_store_knows_no_position) {
  stop_lose_and_fill(3, read_position(0));
}

TEST_F(replaced_stream, that_was_filled_exactly_to_the_stored_position) {
  stop_lose_and_fill(5, read_position(11, fingerprint_of("lost 4")));
}

TEST_F(replaced_stream, that_was_filled_beyond_the_stored_position) {
  stop_lose_and_fill(12, read_position(11, fingerprint_of("lost 4")));
}

TEST_F(replaced_stream, that_is_shorter_under_a_running_reader) {
  member reader;
  lose_tail(reader);
  put_copy_back();
  publish("new ", 3);
  EXPECT_TRUE(poll_until_has_all(reader, "new ", 3));
  EXPECT_EQ(reader.gaps, std::vector<gap>({{11, 1}}));
}

TEST_F(replaced_stream, that_was_filled_beyond_the_position_under_a_running_reader) {
  member reader;
  lose_tail(reader);
  ASSERT_TRUE(reader->mark_end(10s));
  put_copy_back();
  publish("new ", 12);
  EXPECT_TRUE(poll_until_has_all(reader, "new ", 12));
  EXPECT_EQ(reader.gaps, std::vector<gap>({{11, 1}}));
  ASSERT_TRUE(reader.settle());
  EXPECT_TRUE(reader.poll_until([&] { return reader.is_caught_up(); }));
  EXPECT_TRUE(reader.failures.empty());
}

TEST_F(replaced_stream, is_not_what_a_restart_makes_of_one) {
  publish("a ", 5);
  member reader;
  ASSERT_TRUE(reader.join(target_));
  ASSERT_TRUE(reader.poll_until_has(5));
  ASSERT_TRUE(reader.settle());
  server_->kill();
  ASSERT_TRUE(server_->restart());
  publish("b ", 5);
  ASSERT_TRUE(poll_until_has_all(reader, "b ", 5));
  EXPECT_TRUE(reader.gaps.empty());
  EXPECT_FALSE(reader.has_logged("starts over"));
}

TEST_F(replaced_stream, a_store_that_was_put_back_gets_what_it_does_not_have) {
  publish("a ", 5);
  member before;
  ASSERT_TRUE(before.join(target_));
  ASSERT_TRUE(before.poll_until_has(5));
  ASSERT_TRUE(before.settle());
  before.leave();
  member reader;
  reader.stored = read_position(3, fingerprint_of("a 1"));
  ASSERT_TRUE(reader.join(target_));
  EXPECT_TRUE(poll_until_has_all(reader, "a ", 5));
  EXPECT_TRUE(reader.has_logged("older copy"));
  EXPECT_TRUE(reader.gaps.empty());
}

} // namespace
} // namespace kollect::test

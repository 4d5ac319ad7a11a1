#include "command/open_store.hpp"
#include "store/sqlite_store.hpp"
#include "support/assertions.hpp"
#include "support/command_line.hpp"
#include "support/messages.hpp"
#include "support/sqlite_file.hpp"

#include <servers/files.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <streambuf>

namespace kollect::consumer::test {
namespace {

using words = std::vector<std::string>;

class command_error : public testing::Test {
protected:
  /// Every command that looks into a store ends with this code, says this, and prints nothing else.
  void expect_all_fail(const std::string& store, int code, const std::string& what) {
    for (auto line : {words{"state"}, words{"state", "-o", "table"}, words{"summary"}, words{"changes"},
                      words{"dlq", "list"}}) {
      line.insert(line.end(), {"--store", store});
      SCOPED_TRACE(line.front());
      const auto end = run_command(line);
      EXPECT_EQ(end.code, code) << end.errors;
      EXPECT_EQ(end.output, "");
      EXPECT_NE(end.errors.find(what), std::string::npos) << end.errors;
      EXPECT_EQ(lines_of(end.errors).size(), 1U) << end.errors;
    }
  }

  void make_store() { ASSERT_TRUE(succeeds(open_sqlite_store(path_, "the test"))); }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-error-").value();
  std::string path_ = folder_.path() / "store.db";
};

TEST_F(command_error, a_store_that_is_not_there_is_unavailable_and_not_made) {
  expect_all_fail("sqlite:" + path_, 69, path_);
  expect_all_fail("sqlite:" + path_ + "/below/a/file", 69, "store.db");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(command_error, an_empty_file_is_no_store_yet) {
  ASSERT_TRUE(servers::write_file(path_, ""));
  expect_all_fail("sqlite:" + path_, 69, "fills it");
}

TEST_F(command_error, a_url_that_names_no_store_is_configuration_and_is_not_repeated) { // SEC-02
  const std::pair<std::string, std::string> no_stores[] = {
      {"sqlite:", "--store must be sqlite:PATH"},
      {"store-hunter2.db", "--store must be sqlite:PATH"},
      {"sqlite:///hunter2.db", "sqlite:state.db"},
      {"sqlite://hunter2/state.db", "sqlite:state.db"},
      {"SQLITE:hunter2", "--store must be sqlite:PATH"},
      {"postgresql://me@db/kollect?pass=hunter2", "client library knows"},
  };
  for (const auto& [url, what] : no_stores) {
    expect_all_fail(url, 78, what);
    EXPECT_EQ(run_command({"state", "--store", url}).errors.find("hunter2"), std::string::npos);
    EXPECT_TRUE(fails_with(open_store({.url = url}, "the test"), error::invalid_value));
  }
  expect_all_fail("", 64, "--store is empty");
}

TEST_F(command_error, a_password_on_the_command_line_is_refused_whatever_the_environment_holds) { // SEC-02
  for (const std::string url :
       {"postgresql://me:hunter2@db/kollect", "postgresql://db/kollect?password=hunter2",
        "postgres://me:hunter2@[db/kollect", "postgresql://me@db/kollect?sslpassword=hunter2"}) {
    expect_all_fail(url, 78, "KOLLECT_STORE");
    ::setenv("KOLLECT_STORE", url.c_str(), 1);
    expect_all_fail(url, 78, "KOLLECT_STORE");
    ::unsetenv("KOLLECT_STORE");
    EXPECT_EQ(run_command({"state", "--store", url}).errors.find("hunter2"), std::string::npos);
  }
}

TEST_F(command_error, a_newer_store_asks_for_a_newer_program) {
  make_store();
  run_sql(path_, "PRAGMA user_version = 99");
  expect_all_fail("sqlite:" + path_, 78, "the store has schema 99");
}

TEST_F(command_error, a_file_of_another_program_is_refused) {
  ASSERT_TRUE(servers::write_file(path_, ""));
  run_sql(path_, "CREATE TABLE theirs (x)");
  expect_all_fail("sqlite:" + path_, 73, "belongs to another program");
}

TEST_F(command_error, a_file_that_is_no_database_is_refused) {
  ASSERT_TRUE(servers::write_file(path_, std::string(10'000, 'x')));
  expect_all_fail("sqlite:" + path_, 73, "not a database");
}

TEST_F(command_error, a_store_that_is_being_written_can_be_read) {
  const auto writer = open_sqlite_store(path_, "the test");
  ASSERT_TRUE(succeeds(writer));
  EXPECT_EQ(run_command({"state", "--store", "sqlite:" + path_}).output, "[]\n");
}

TEST_F(command_error, wrong_words_are_a_wrong_command_line) {
  make_store();
  const auto store = "sqlite:" + path_;
  for (const auto& line :
       {words{}, words{"nonsense"}, words{"state"}, words{"state", "--store", store, "-o", "yaml"},
        words{"state", "--store", store, "--nonsense"}, words{"changes", "--store", store, "--after", "-1"},
        words{"changes", "--store", store, "--limit", "0"},
        words{"changes", "--store", store, "--limit", "many"}, words{"dlq"}, words{"dlq", "list"},
        words{"dlq", "list", "--store", store, "--limit", "-5"}, words{"inspect", "a", "b"},
        words{"inspect", "--max-depth", "3"}, words{"inspect", "--max-depth", "1025"}}) {
    const auto end = run_command(line);
    EXPECT_EQ(end.code, 64) << (line.empty() ? "nothing" : line.front()) << end.errors;
    EXPECT_EQ(end.output, "");
    EXPECT_NE(end.errors, "");
  }
}

TEST_F(command_error, what_others_could_read_without_leave_is_not_served) {
  const auto in_folder = [this](const char* name) { return (folder_.path() / name).string(); };
  const auto manifest = in_folder("sink.yaml"), short_token = in_folder("short"), key = in_folder("key.pem");
  ASSERT_TRUE(servers::write_file(manifest, "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\n"
                                            "metadata: {name: sink}\nspec: {type: nats, nats: {url: "
                                            "\"nats://127.0.0.1:1\", subject: events}}\n"));
  ASSERT_TRUE(servers::write_file(short_token, "hunter2\n"));
  ASSERT_TRUE(servers::write_file(key, "hunter2\n"));
  const std::pair<words, std::string> cases[] = {
      {{"--listen", "0.0.0.0:0"}, "--token-file"},
      {{"--listen", "[::]:0"}, "--token-file"},
      {{"--listen", "nobody"}, "ADDRESS:PORT"},
      {{"--listen", ":0", "--token-file", short_token}, "at least 16 characters"},
      {{"--listen", ":0", "--token-file", in_folder("absent")}, "absent"},
      {{"--listen", ":0", "--tls-key", key}, "--tls-certificate"},
      {{"--listen", ":0", "--tls-key", key, "--tls-certificate", key}, "key.pem"}};
  for (auto [flags, what] : cases) {
    SCOPED_TRACE(testing::PrintToString(flags));
    flags.insert(flags.begin(),
                 {KOLLECT_CONSUMER, "run", "--manifest", manifest, "--store", "sqlite:" + path_});
    const auto end = servers::run_command({.arguments = flags, .timeout = std::chrono::seconds(60)});
    ASSERT_TRUE(succeeds(end));
    EXPECT_EQ(end->status.code, 78) << *end;
    EXPECT_NE(end->errors.find(what), std::string::npos) << *end;
    EXPECT_EQ(end->errors.find("hunter2"), std::string::npos) << *end; // SEC-02
  }
}

/// Two brokers are in play: the words are the same of both.
TEST_F(command_error, what_is_wrong_with_the_published_feed_is_said_of_it) {
  const auto manifest = (folder_.path() / "sink.yaml").string();
  ASSERT_TRUE(servers::write_file(manifest, "apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\n"
                                            "metadata: {name: sink}\nspec: {type: nats, nats: {url: "
                                            "\"nats://127.0.0.1:1\", subject: events}}\n"));
  const std::pair<std::string, std::string> cases[] = {
      {manifest, "that snapshots are read from"}, {(folder_.path() / "absent.yaml").string(), "absent.yaml"}};
  for (const auto& [feed, what] : cases) {
    const auto end = run_command({"run", "--manifest", manifest, "--store", "sqlite:" + path_,
                                  "--feed-manifest", feed, "--until-end"});
    EXPECT_NE(end.code, 0);
    EXPECT_NE(end.errors.find("the published feed of --feed-manifest: "), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find(what), std::string::npos) << end.errors;
  }
}

TEST_F(command_error, help_is_no_error) {
  const auto end = run_command({"state", "--help"});
  EXPECT_EQ(end.code, 0);
  EXPECT_NE(end.output.find("--store"), std::string::npos);
}

TEST_F(command_error, flags_may_come_from_the_environment) {
  make_store();
  ::setenv("KOLLECT_STORE", ("sqlite:" + path_).c_str(), 1);
  const auto end = run_command({"state"});
  ::unsetenv("KOLLECT_STORE");
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_EQ(end.output, "[]\n");
}

TEST_F(command_error, an_input_that_cannot_be_read_is_bad_data) {
  for (const auto& input : {path_, folder_.path().string()}) {
    const auto end = run_command({"inspect", input});
    EXPECT_EQ(end.code, 65);
    EXPECT_NE(end.errors.find(input + ": cannot be read"), std::string::npos) << end.errors;
  }
}

/// A stream to a full disk.
class full_disk final : public std::streambuf {};

TEST_F(command_error, output_that_cannot_be_written_is_said) {
  ASSERT_TRUE(servers::write_file(folder_.path() / "messages", make_array({}, noon()).value));
  {
    auto opened = open_sqlite_store(path_, "the test").value();
    owned_positions none;
    std::vector<received_message> batch;
    batch.push_back(deliver(make_array(make_rows(2), noon()), 1));
    batch.push_back(deliver_bytes("poison", 2));
    ASSERT_TRUE(succeeds(ingest(*opened, make_settings(broker_system::nats), none, batch)));
  }
  for (const auto& line :
       {words{"inspect", folder_.path() / "messages"}, words{"state", "--store", "sqlite:" + path_},
        words{"state", "-o", "table", "--store", "sqlite:" + path_},
        words{"summary", "--store", "sqlite:" + path_},
        words{"summary", "-o", "json", "--store", "sqlite:" + path_},
        words{"changes", "--store", "sqlite:" + path_}, words{"dlq", "list", "--store", "sqlite:" + path_}}) {
    full_disk nowhere;
    testing::internal::CaptureStderr();
    auto* const before = std::cout.rdbuf(&nowhere);
    const int code = run_command_uncaptured(line);
    std::cout.rdbuf(before);
    std::cout.clear();
    const auto errors = testing::internal::GetCapturedStderr();
    EXPECT_EQ(code, 73) << line.front();
    EXPECT_NE(errors.find("the output could not be written"), std::string::npos) << line.front() << errors;
  }
}

} // namespace
} // namespace kollect::consumer::test

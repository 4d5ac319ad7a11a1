#include "program/sample.hpp"

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>

#include <gtest/gtest.h>

namespace kollect::program::test {
namespace {

class configuration : public testing::Test {
protected:
  std::string write(const std::string& content) const {
    const auto path = (folder_.path() / "config.yaml").string();
    EXPECT_TRUE(servers::write_file(path, content));
    return path;
  }

  void expect_refused(const std::string& content, const std::string& what,
                      int code = bad_configuration) const {
    SCOPED_TRACE(content);
    sample got;
    const auto end = run_sample(got, {"--log-format", "text", "work", "--config", write(content)});
    EXPECT_EQ(end.code, code) << end.errors;
    EXPECT_NE(end.errors.find(what), std::string::npos) << end.errors;
    EXPECT_EQ(end.errors.find("hunter2"), std::string::npos) << end.errors; // SEC-02
    EXPECT_EQ(got.runs, 0);
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-config-").value();
};

TEST_F(configuration, gives_values_that_all_others_are_stronger_than) {
  const auto file = write("max-depth: 10\nsize: 2MiB\nwait: 5m\ndry-run: true\nproperty: [a=b, c=d]\n"
                          "work:\n  max-depth: 11\n  label: \"it's\"\nletters:\n  drop: {reason: old}\n");
  sample got;
  EXPECT_EQ(run_sample(got, {"work", "--config", file, "--wait", "7"}, {{"KOLLECT_SIZE", "3MiB"}}).code, 0);
  EXPECT_EQ(got.depth, 11) << "the command's own key is stronger than the one at the top";
  EXPECT_EQ(got.size, 3U * 1024 * 1024) << "the environment is stronger than the file";
  EXPECT_EQ(got.wait_seconds, 7) << "and the command line stronger than both";
  EXPECT_TRUE(got.is_dry);
  EXPECT_EQ(got.label, "it's");
  EXPECT_EQ(got.properties, (std::vector<std::string>{"a=b", "c=d"}));
  sample dropped;
  EXPECT_EQ(run_sample(dropped, {"letters", "drop", "--all"}, {{"KOLLECT_CONFIG", file}}).code, 0);
  EXPECT_EQ(dropped.label, "old");
}

TEST_F(configuration, may_be_empty) {
  sample got;
  for (const auto* const content : {"", "# nothing\n", "---\n"})
    EXPECT_EQ(run_sample(got, {"work", "--config", write(content)}).code, 0) << content;
}

TEST_F(configuration, unknown_keys_are_told_with_place_and_nearest_name) {
  expect_refused("size: 1\nmax-dept: 3\n",
                 "config.yaml:2:1: sample has no flag \"max-dept\"; did you mean \"max-depth\"?");
  expect_refused("work:\n  reason: x\n", "config.yaml:2:3: sample work has no flag \"reason\"");
  expect_refused("wrok: {size: 1}\n", "did you mean \"work\"?");
  expect_refused("config: other.yaml\n", "has no flag \"config\"");
  expect_refused("FILE: x\n", "has no flag \"FILE\"");
  expect_refused("size: 1\nsize: 2\n", "config.yaml:2:1");
}

TEST_F(configuration, wrong_values_are_told_with_their_place) {
  expect_refused("size: 1\nmax-depth: 3\n",
                 "--max-depth (from " + (folder_.path() / "config.yaml").string() + ":2:12) takes", usage);
  expect_refused("size: [1, 2]\n", "config.yaml:1:7: size must have one value, not a list");
  expect_refused("size:\n", "size must have one value, not null");
  expect_refused("size: {a: b}\n", "size must have one value, not a mapping");
  expect_refused("work: 5\n", "has no flag \"work\"");
}

TEST_F(configuration, secrets_are_refused_in_it) {
  expect_refused("store: postgresql://me:hunter2@db/portal\n", "does not belong in this file");
  expect_refused("work: {store: \"postgresql://db/p?password=hunter2\"}\n", "KOLLECT_STORE");
}

TEST_F(configuration, what_is_no_such_file_is_refused) {
  expect_refused("max-depth = 3\n", "is YAML with one flag a line");
  expect_refused("[work]\nmax-depth = 3\n", "YAML");
  expect_refused("a: 1\n---\nb: 2\n", "one YAML document");
  sample got;
  const auto folder = run_sample(got, {"work", "--config", folder_.path().string()});
  EXPECT_EQ(folder.code, bad_configuration);
  EXPECT_NE(folder.errors.find("directory"), std::string::npos) << folder.errors;
  EXPECT_EQ(run_sample(got, {"work", "--config", (folder_.path() / "absent").string()}).code,
            bad_configuration);
}

} // namespace
} // namespace kollect::program::test

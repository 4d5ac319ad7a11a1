#include "program/sample.hpp"

#include <gtest/gtest.h>

namespace kollect::program::test {
namespace {

using words = std::vector<std::string>;
using variables = std::map<std::string, std::string>;

/// The words are a wrong command line, and this is said of them, on one line.
void expect_refused(const words& line, const std::string& what, const variables& set = {}, int code = usage) {
  SCOPED_TRACE(testing::PrintToString(line));
  sample got;
  auto asked = line;
  asked.insert(asked.begin(), {"--log-format", "text"});
  const auto end = run_sample(got, asked, set);
  EXPECT_EQ(end.code, code) << end.errors;
  EXPECT_NE(end.errors.find(what), std::string::npos) << end.errors;
  EXPECT_EQ(std::count(end.errors.begin(), end.errors.end(), '\n'), 1) << end.errors;
  EXPECT_EQ(end.output, "");
  EXPECT_EQ(got.runs, 0);
}

TEST(command_line, values_come_in_each_way_of_writing) {
  sample got;
  EXPECT_EQ(
      run_sample(got, {"work", "--max-depth", "7", "--size=2KiB", "-otable", "-X", "a=b", "-Xc=d",
                       "--wait=2m", "--at", "2026-01-15T12:00:00Z", "--run", "A,B", "--run=C", "in.json"})
          .code,
      0);
  EXPECT_EQ(got.depth, 7);
  EXPECT_EQ(got.size, 2048U);
  EXPECT_EQ(got.output, "table");
  EXPECT_EQ(got.properties, (words{"a=b", "c=d"}));
  EXPECT_EQ(got.wait_seconds, 120);
  EXPECT_EQ(to_string(got.instant.value()), "2026-01-15T12:00:00Z");
  EXPECT_EQ(got.clauses, (words{"A", "B", "C"}));
  EXPECT_EQ(got.file, "in.json");
  EXPECT_EQ(got.runs, 1);

  sample again;
  EXPECT_EQ(run_sample(again, {"work", "-lo=json", "--dry-run=false", "--", "--dry-run"}).code, 64)
      << "they exclude each other";
  sample letters;
  EXPECT_EQ(run_sample(letters, {"work", "-lo=json", "--", "--file"}).code, 0);
  EXPECT_TRUE(letters.is_loud);
  EXPECT_EQ(letters.file, "--file");
  sample dropped;
  EXPECT_EQ(run_sample(dropped, {"letters", "drop", "1", "2", "--reason", "old", "3"}).code, 0);
  EXPECT_EQ(dropped.ids, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(command_line, mistyped_names_are_told_the_nearest) {
  expect_refused({"wrok"}, "has no command \"wrok\"; did you mean \"work\"?");
  expect_refused({"nonsense"}, "it has work, letters, completion and manual");
  expect_refused({"letters", "drpo"}, "did you mean \"drop\"?");
  expect_refused({"work", "--max-dept", "3"}, "has no flag --max-dept; did you mean \"--max-depth\"?");
  expect_refused({"work", "--format", "json"}, "did you mean \"--log-format\"?");
  expect_refused({"work", "-o", "jsn"}, "--output takes json or table, not \"jsn\"; did you mean \"json\"?");
  expect_refused({"work", "--output", "yaml"}, "--output takes json or table, not \"yaml\"");
  expect_refused({"work", "--reason", "x"}, "has no flag --reason, but letters drop has");
  expect_refused({"work", "-z"}, "has no flag \"-z\"");
  expect_refused({"--size", "3", "work"}, "--size stands after the command that it is for: work");
  expect_refused({"completion", "zhs"}, "SHELL takes bash, zsh or fish, not \"zhs\"; did you mean \"zsh\"?");
}

TEST(command_line, what_is_missing_is_said) {
  expect_refused({}, "sample needs a command: work, letters, completion or manual; see sample --help");
  expect_refused({"letters"}, "sample letters needs a command: drop");
  expect_refused({"letters", "drop", "--all"}, "needs --reason REASON");
  expect_refused({"letters", "drop", "--reason", "x"}, "needs exactly one of IDS and --all");
  expect_refused({"letters", "drop", "--reason", "x", "--all", "5"}, "needs exactly one of IDS and --all");
  expect_refused({"work", "--label"}, "--label needs a value: NAME");
  expect_refused({"work", "--label", "--dry-run"},
                 "\"--dry-run\" looks like a flag; write --label=… if it is the value");
  expect_refused({"work", "--label", "--"}, "needs a value");
  expect_refused({"work", "--label="}, "--label is empty");
  expect_refused({"work", "--label", ""}, "--label is empty");
  expect_refused({"work", "--loud"}, "--loud goes with --output, which is not given");
  expect_refused({"work", "a", "b"}, "takes no further word, and there is \"b\"");
}

TEST(command_line, what_is_given_twice_or_against_each_other_is_refused) {
  expect_refused({"work", "--label", "a", "--label", "a"}, "--label is given twice");
  expect_refused({"work", "--dry-run", "--loud", "-o", "json"}, "exclude each other");
  sample got;
  EXPECT_EQ(run_sample(got, {"work", "--dry-run", "--dry-run"}).code, 0);
}

TEST(command_line, a_value_that_looks_like_a_flag_is_taken_after_an_equals_sign) {
  sample got;
  EXPECT_EQ(run_sample(got, {"work", "--label=--dry-run"}).code, 0);
  EXPECT_EQ(got.label, "--dry-run");
  EXPECT_FALSE(got.is_dry);
}

TEST(command_line, numbers_out_of_range_are_told_the_range) {
  expect_refused({"work", "--max-depth", "3"}, "--max-depth takes a whole number, 4 to 1024, not \"3\"");
  expect_refused({"work", "--max-depth", "-4"}, "4 to 1024, not \"-4\"");
  expect_refused({"work", "--max-depth", "99999999999999999999"}, "4 to 1024");
  expect_refused({"work", "--limit", "0"}, "1 or more");
  expect_refused({"work", "--size", "1.5GiB"},
                 "takes a number of bytes, 1 or more, such as 1048576 or 512MiB");
  expect_refused({"work", "--wait", "2h"}, "takes a time, 1s to 1h, such as 30 or 5m");
  expect_refused({"work", "--share", "1.01"}, "takes a number, 0 to 1");
  expect_refused({"work", "--at", "yesterday"}, "takes an instant in UTC");
}

TEST(command_line, the_environment_is_weaker_and_named_when_it_is_wrong) {
  sample got;
  EXPECT_EQ(run_sample(got, {"work", "--max-depth", "7"},
                       {{"KOLLECT_MAX_DEPTH", "8"},
                        {"KOLLECT_SIZE", "1MiB\n"},
                        {"KOLLECT_LABEL", ""},
                        {"KOLLECT_DRY_RUN", "Yes"},
                        {"KOLLECT_PROPERTY", "a=b\nc=d"},
                        {"KOLLECT_RUN", "A,B"}})
                .code,
            0);
  EXPECT_EQ(got.depth, 7);
  EXPECT_EQ(got.size, 1024U * 1024);
  EXPECT_TRUE(got.is_dry);
  EXPECT_EQ(got.properties, (words{"a=b", "c=d"}));
  EXPECT_EQ(got.clauses, (words{"A", "B"}));
  expect_refused({"work"}, "--max-depth (from the environment variable KOLLECT_MAX_DEPTH) takes",
                 {{"KOLLECT_MAX_DEPTH", "many"}});
  expect_refused({"work"}, "--dry-run (from the environment variable KOLLECT_DRY_RUN) is true or false",
                 {{"KOLLECT_DRY_RUN", "perhaps"}});
}

TEST(command_line, passwords_come_from_the_environment_only_and_are_never_told) { // SEC-02
  const std::string url = "postgresql://me:hunter2@db/portal";
  sample got;
  const auto taken = run_sample(got, {"work"}, {{"KOLLECT_STORE", url + "\r\n"}});
  EXPECT_EQ(taken.code, 0) << taken.errors;
  EXPECT_EQ(got.store, url);
  const std::string spaced = "sqlite:x.db\n";
  sample trimmed;
  EXPECT_EQ(run_sample(trimmed, {"work", "--store", spaced}).code, 0);
  EXPECT_EQ(trimmed.store, "sqlite:x.db");
  expect_refused({"work", "--store", url}, "environment variable KOLLECT_STORE", {}, bad_configuration);
  expect_refused({"work", "--store", url}, "environment variable KOLLECT_STORE", {{"KOLLECT_STORE", url}},
                 bad_configuration);
  for (const auto& line :
       {words{"work", "--store", url}, words{"work", "--stroe", url}, words{"work", "--stroe=" + url},
        words{"work", "a", url}, words{url}, words{"work", "-o", url}, words{"work", "--max-depth", url},
        words{"work", "--" + url}, words{"work", "--at", "password=hunter2"}, words{"work", "-Shunter2"},
        words{"work", "--label", "-p:hunter2@"}}) {
    sample none;
    const auto end = run_sample(none, line);
    EXPECT_NE(end.code, 0);
    EXPECT_EQ(end.errors.find("unter2"), std::string::npos) << end.errors;
    EXPECT_EQ(end.errors.find("me:"), std::string::npos) << end.errors;
  }
}

TEST(command_line, help_and_version_are_answered_whatever_else_is_wrong) {
  sample got;
  const auto help = run_sample(got, {"work", "--nonsense-later-is-not-read", "--help"});
  EXPECT_EQ(help.code, 64) << "what is wrong comes first";
  const auto fine = run_sample(got, {"work", "--help", "--nonsense"});
  EXPECT_EQ(fine.code, 0);
  EXPECT_NE(fine.output.find("Usage: sample work"), std::string::npos);
  EXPECT_EQ(fine.errors, "");
  const auto version = run_sample(got, {"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_NE(version.output.find("sample "), std::string::npos);
  EXPECT_NE(version.output.find("  libsample 1.2.3\n"), std::string::npos);
  EXPECT_EQ(got.runs, 0);
}

TEST(command_line, the_log_takes_the_form_and_level_that_are_asked_for) {
  sample got;
  got.work = [](log& log) -> result<int> {
    log.debug("fine");
    log.info("plain");
    log.warning("doubtful");
    return make_failure(error::broker_unavailable, "it is away");
  };
  const auto text = run_sample(got, {"--log-format", "text", "work", "--log-level", "warning"});
  EXPECT_EQ(text.code, unavailable);
  EXPECT_EQ(
      text.errors,
      "sample: warning: doubtful\nsample: error: it is away reason=\"broker_unavailable\" clause=\"\"\n");
  const auto quiet = run_sample(got, {"work", "-q"}, {{"KOLLECT_LOG_FORMAT", "text"}});
  EXPECT_EQ(std::count(quiet.errors.begin(), quiet.errors.end(), '\n'), 1) << quiet.errors;
  const auto verbose = run_sample(got, {"work", "-v"});
  EXPECT_EQ(std::count(verbose.errors.begin(), verbose.errors.end(), '\n'), 4) << verbose.errors;
  EXPECT_TRUE(verbose.errors.starts_with("{\"time\":")) << verbose.errors;
  const auto wrong = run_sample(got, {"wrok", "--log-format", "json"}, {{"KOLLECT_LOG_FORMAT", "text"}});
  EXPECT_TRUE(wrong.errors.starts_with("{\"time\":")) << wrong.errors;
}

} // namespace
} // namespace kollect::program::test

#include "runner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <unistd.h>

namespace kollect::conformance {

namespace {

/// `*` stands for any text, `?` for one letter.
bool fits(std::string_view pattern, std::string_view text) {
  if (pattern.empty())
    return text.empty();
  if (pattern.front() == '*')
    return fits(pattern.substr(1), text) || (!text.empty() && fits(pattern, text.substr(1)));
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         fits(pattern.substr(1), text.substr(1));
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view id) {
  return std::ranges::any_of(patterns, [&](const auto& pattern) { return fits(pattern, id); });
}

/// One clause as a test. GoogleTest's filters, shuffling and JUnit file come with it.
class clause_test final : public testing::Test {
public:
  clause_test(const requirement& clause, const selection& wanted, const judge_clause& judge,
              run_report& report, run_watcher& watcher)
      : clause_(clause), wanted_(wanted), judge_(judge), report_(report), watcher_(watcher) {}

  void TestBody() override {
    watcher_.begins(clause_);
    const auto result = apply_known_failing(judge_(clause_), wanted_.expected, report_.mode != "audit");
    report_.results.push_back(result);
    watcher_.ends(result);
    RecordProperty("verdict", std::string(to_string(result.result)));
    RecordProperty("level", std::string(to_string(clause_.how)));
    const bool is_bad = result.result == verdict::fail || result.result == verdict::could_not_run;
    if (counts(result, wanted_.is_strict))
      ADD_FAILURE() << describe(result);
    else if (!is_executed(result.result) || is_bad)
      GTEST_SKIP() << to_string(result.result) << ": " << (is_bad ? describe(result) : result.reason);
  }

private:
  const requirement& clause_;
  const selection& wanted_;
  const judge_clause& judge_;
  run_report& report_;
  run_watcher& watcher_;
};

/// One line a verdict, and failures in full, in the place of GoogleTest's own output.
class terse_printer final : public testing::EmptyTestEventListener {
public:
  explicit terse_printer(const run_report& report) : report_(report) {}

  void OnTestEnd(const testing::TestInfo&) override {
    const auto& result = report_.results.back();
    const bool is_bad = result.result == verdict::fail || result.result == verdict::could_not_run;
    std::cout << to_string(result.result) << ' '
              << (is_bad ? describe(result) : std::string(result.clause->id) + "\n");
    if (!is_bad)
      std::cout << describe_notes(result);
    std::cout << std::flush;
  }

private:
  const run_report& report_;
};

std::string test_name(std::string_view id) {
  std::string name(id); // a filter takes - for what it leaves out
  std::ranges::replace(name, '-', '_');
  return name;
}

/// What the tests of somebody's CI are told by its environment is not meant for us: shards and repetitions
/// would leave clauses out, or count them twice. A filter is, as GTEST_FILTER.
void start_googletest(const std::filesystem::path& report) {
  const char* const set_filter = std::getenv("GTEST_FILTER");
  const std::string filter = set_filter == nullptr ? "*" : set_filter;
  std::vector<std::string> variables{"XML_OUTPUT_FILE"};
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text(*one);
    if (text.starts_with("GTEST_") || text.starts_with("TEST_") || text.starts_with("TESTBRIDGE_"))
      variables.emplace_back(text.substr(0, text.find('=')));
  }
  for (const auto& variable : variables)
    ::unsetenv(variable.c_str());
  std::vector<std::string> words{"kollect-conformance",        "--gtest_brief=1",
                                 "--gtest_repeat=1",           "--gtest_shuffle=0",
                                 "--gtest_fail_fast=0",        "--gtest_list_tests=0",
                                 "--gtest_break_on_failure=0", "--gtest_throw_on_failure=0",
                                 "--gtest_catch_exceptions=1", "--gtest_also_run_disabled_tests=0",
                                 "--gtest_stream_result_to=",  "--gtest_filter=" + filter};
  words.push_back("--gtest_output=" +
                  (report.empty() ? std::string() : "xml:" + (report / "junit.xml").string()));
  std::vector<char*> pointers;
  for (auto& word : words)
    pointers.push_back(word.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  testing::InitGoogleTest(&count, pointers.data());
}

} // namespace

namespace {

std::vector<const requirement*> select(const selection& wanted, unsigned profile) {
  std::vector<const requirement*> found;
  for (const auto& clause : requirements)
    if ((clause.profiles & profile) != 0 && (wanted.run.empty() || fits_any(wanted.run, clause.id)) &&
        !fits_any(wanted.skip, clause.id))
      found.push_back(&clause);
  return found;
}

} // namespace

std::vector<const requirement*> select(const selection& wanted, broker_system system) {
  return select(wanted, system == broker_system::kafka ? profile::kafka : profile::nats);
}

std::vector<const requirement*> select_for_consumers(const selection& wanted) {
  return select(wanted, profile::consumer);
}

void run_clauses(const std::vector<const requirement*>& clauses, const selection& wanted,
                 const judge_clause& judge, run_report& report, run_watcher& watcher) {
  start_googletest(wanted.report);
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new terse_printer(report)); // GoogleTest deletes it
  for (const auto* clause : clauses)
    testing::RegisterTest(report.profile.c_str(), test_name(clause->id).c_str(), nullptr, nullptr,
                          "docs/contract.md", 1,
                          [clause, &wanted, &judge, &report, &watcher]() -> testing::Test* {
                            return new clause_test(*clause, wanted, judge, report, watcher);
                          });
  [[maybe_unused]] const int failed = RUN_ALL_TESTS(); // the verdicts say more
}

int exit_code_of(const run_report& report) noexcept {
  switch (report.verdict_of_all()) {
  case profile_result::failure:
    return 1;
  case profile_result::nothing:
    return 2;
  default:
    return 0;
  }
}

} // namespace kollect::conformance

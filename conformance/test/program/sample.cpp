#include "program/sample.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace kollect::program::test {

application make_sample(sample& into) {
  return {
      "sample", "shows what a command line can do",
      [&into](command& program) {
        auto& work = program.add_command("work", "do what there is to do");
        work.section("Numbers");
        work.add("--max-depth", into.depth, count(4, 1024), "deepest nesting");
        work.add("--size", into.size, bytes(1), "how much");
        work.add("--wait", into.wait_seconds, seconds(1, 3600), "how long");
        work.add("--pause", into.pause_milliseconds, milliseconds(100, 60'000), "how long between");
        work.add("--limit", into.limit, count(1), "how many");
        work.add("--share", into.share, decimal_kind{0, 1}, "which part");
        work.section("Texts");
        work.add("-o,--output", into.output, one_of({"json", "table"}), "in which form");
        work.add("--store", into.store, url(), "where it is kept").only_from_environment_if(shows_password);
        work.add("--label", into.label, text("NAME"), "a [label]: it's \"quoted\" | \\ odd");
        work.add("--at", into.instant, instant_kind{}, "when");
        work.add("-X,--property", into.properties, text("KEY=VALUE"), "a property");
        work.add("--run", into.clauses, text("ID"), "clauses").separated_by(',');
        work.section("Switches");
        work.add("--dry-run", into.is_dry, "change nothing").excludes("loud");
        work.add("-l,--loud", into.is_loud, "say more").needs("output");
        work.add("FILE", into.file, file(), "what is read");
        work.shows("sample work --size 1GiB", "Do much");
        work.does([&into](log& log) -> result<int> {
          ++into.runs;
          return into.work ? into.work(log) : result<int>(success);
        });
        auto& letters = program.add_command("letters", "letters of all kinds");
        auto& drop = letters.add_command("drop", "remove letters");
        drop.add("IDS", into.ids, count(1), "which");
        drop.add("--all", into.is_all, "all there are");
        drop.exactly_one_of({"IDS", "all"});
        drop.add("--reason", into.label, text("REASON"), "why").required();
        drop.does([&into](log&) -> result<int> {
          ++into.runs;
          return success;
        });
      },
      [] {
        return std::vector<library>{{"libsample", "1.2.3"}};
      }};
}

run_end run_sample(sample& into, const std::vector<std::string>& words,
                   const std::map<std::string, std::string>& variables) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  run_end end;
  end.code = run(make_sample(into), words, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
  std::cout.flush();
  end.output = testing::internal::GetCapturedStdout();
  end.errors = testing::internal::GetCapturedStderr();
  return end;
}

} // namespace kollect::program::test

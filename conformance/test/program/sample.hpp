#ifndef KOLLECT_CONFORMANCE_PROGRAM_SAMPLE_HPP
#define KOLLECT_CONFORMANCE_PROGRAM_SAMPLE_HPP

#include <program/shell.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kollect::program::test {

/// Where the flags of the sample go.
struct sample {
  std::int64_t depth = 64;
  std::size_t size = 1024 * 1024;
  std::int64_t wait_seconds = 30;
  std::int64_t pause_milliseconds = 1500;
  std::optional<std::int64_t> limit;
  double share = 0.5;
  std::string output = "json";
  std::string store;
  std::string label;
  std::optional<timestamp> instant;
  bool is_dry = false;
  bool is_loud = false;
  std::vector<std::string> properties;
  std::vector<std::string> clauses;
  std::string file = "-";
  std::vector<std::int64_t> ids;
  bool is_all = false;
  int runs = 0;                          ///< how often a command did its work
  std::function<result<int>(log&)> work; ///< what `work` does; empty: nothing
};

/// A program with the command `work`, which has a flag of each kind, and the group `letters` with `drop`.
application make_sample(sample& into);

/// How a run ended, and what it printed.
struct run_end {
  int code = 0;
  std::string output;
  std::string errors;
};

/// Runs the sample within this process; the environment is only what is given.
run_end run_sample(sample& into, const std::vector<std::string>& words,
                   const std::map<std::string, std::string>& variables = {});

} // namespace kollect::program::test

#endif

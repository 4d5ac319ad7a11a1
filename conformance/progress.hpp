#ifndef KOLLECT_CONFORMANCE_PROGRESS_HPP
#define KOLLECT_CONFORMANCE_PROGRESS_HPP

#include "suite/runner.hpp"

#include <program/progress.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kollect::conformance {

/// Tells on standard error what a run is at: a line that is written over again on a terminal, JSON lines
/// where they are asked for, and nothing elsewhere.
class run_progress final : public run_watcher {
public:
  run_progress(bool is_json, std::size_t clauses) : is_json_(is_json), clauses_(clauses) {}

  void begins(const requirement& clause) override;
  void ends(const clause_result& result) override;
  void exercise_begins(std::string_view name);
  void run_ends(profile_result outcome);

private:
  void draw();

  bool is_json_;
  std::size_t clauses_, number_ = 0;
  std::string clause_, exercise_;
  program::progress line_;
};

} // namespace kollect::conformance

#endif

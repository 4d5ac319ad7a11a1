#ifndef KOLLECT_CONFORMANCE_DRIVE_HPP
#define KOLLECT_CONFORMANCE_DRIVE_HPP

#include "exercise.hpp"
#include "judge.hpp"
#include "verdict.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::conformance {

/// Drives a sink through the exercises that clauses ask for, each once, and judges what was recorded.
/// A testee that fails in one exercise is replaced by a new one for the next.
class drive {
public:
  /// Starts the testee and what brokers it takes. A failure means that nothing can be judged: the testee does
  /// not answer hello, lacks the manifest's system among its features, or there are no brokers.
  static result<drive> begin(stage& brokers, std::vector<std::string> command);

  const testee_identity& identity() const noexcept { return identity_; }

  clause_result judge(const requirement& clause);

  /// Is told the name of each exercise that begins.
  void tell_exercises(std::function<void(std::string_view)> told) { told_ = std::move(told); }

  /// An exercise that is not to be run.
  void leave_out(std::string_view exercise) { left_out_.emplace(exercise); }

private:
  /// An exercise that was run, or the reason why not.
  struct performance {
    std::unique_ptr<recording> record = std::make_unique<recording>();
    dissection seen{};
    std::string hindrance{}; ///< it could not run to its end
    std::string skipped{};   ///< it was not begun
    bool is_lacking_feature = false;
  };

  drive(stage& brokers, std::vector<std::string> command, testee sink, testee_identity identity);
  const performance& perform(const exercise& wanted);
  bool offers(std::string_view feature) const;
  std::string reason_to_skip(const exercise& wanted, bool& is_feature) const;
  result<void> run(const exercise& wanted, recording& record);
  result<void> renew_sink();

  stage* brokers_;
  std::vector<std::string> command_;
  testee sink_;
  testee_identity identity_;
  std::set<std::string, std::less<>> left_out_;
  std::function<void(std::string_view)> told_ = [](std::string_view) {};
  std::map<std::string_view, performance> performed_;
  exports_so_far so_far_;
};

} // namespace kollect::conformance

#endif

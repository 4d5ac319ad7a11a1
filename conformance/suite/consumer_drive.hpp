#ifndef KOLLECT_CONFORMANCE_CONSUMER_DRIVE_HPP
#define KOLLECT_CONFORMANCE_CONSUMER_DRIVE_HPP

#include "consumer_session.hpp"
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

/// Puts a consumer through the exercises that clauses ask for, each once, and judges what was seen.
/// A testee that fails in one exercise is replaced by a new one for the next.
class consumer_drive {
public:
  /// Starts the testee and what brokers it takes. A failure means that nothing can be judged: the testee does
  /// not answer hello, lacks the manifest's system or `consumer` among its features, or there are no brokers.
  static result<consumer_drive> begin(stage& brokers, std::vector<std::string> command);

  const testee_identity& identity() const noexcept { return consumer_->identity(); }

  clause_result judge(const requirement& clause);

  /// Is told the name of each exercise that begins.
  void tell_exercises(std::function<void(std::string_view)> told) { told_ = std::move(told); }

  /// An exercise that is not to be run.
  void leave_out(std::string_view exercise) { left_out_.emplace(exercise); }

private:
  /// An exercise that was run, or the reason why not.
  struct performance {
    std::unique_ptr<recording> record = std::make_unique<recording>();
    std::string hindrance{}; ///< it could not run to its end
    std::string skipped{};   ///< it was not begun

    bool holds() const;
  };

  consumer_drive(stage& brokers, consumer_process consumer)
      : brokers_(&brokers), consumer_(std::make_unique<consumer_process>(std::move(consumer))) {}
  const performance& perform(const consumer_exercise& wanted);
  std::string reason_to_skip(const consumer_exercise& wanted);
  result<void> run(const consumer_exercise& wanted, recording& record);

  stage* brokers_;
  std::unique_ptr<consumer_process> consumer_;
  std::set<std::string, std::less<>> left_out_;
  std::function<void(std::string_view)> told_ = [](std::string_view) {};
  std::map<std::string_view, performance> performed_;
};

} // namespace kollect::conformance

#endif

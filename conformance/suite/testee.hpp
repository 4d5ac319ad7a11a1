#ifndef KOLLECT_CONFORMANCE_TESTEE_HPP
#define KOLLECT_CONFORMANCE_TESTEE_HPP

#include "consumer_state.hpp"
#include "recording.hpp"
#include "testee_answer.hpp"
#include "timeouts.hpp"

#include <kollect/error.hpp>
#include <kollect/manifest/manifest.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// Longest line that a testee may answer with, in bytes.
inline constexpr std::size_t max_answer_bytes = 16UL * 1024 * 1024;

/// The sink or consumer under test as a child process that is asked in JSON lines (docs/conformance.md,
/// "Protocol"). It dies with this object, with its own children, and with the thread that started it.
///
/// A testee that does not answer in time (error::broker_timeout), has ended (error::closed), or answers
/// something else (error::syntax, error::too_large) is a failure that says what was seen. It is of no more
/// use then: kill it and start another.
class testee {
public:
  static result<testee> start(std::vector<std::string> command, const timeouts& bounds);

  testee(testee&&) noexcept;
  testee& operator=(testee&&) noexcept;
  ~testee();

  result<testee_identity> hello();
  /// `secret` absent: the sink logs in nowhere.
  result<testee_answer> open(const boost::json::object& manifest, const std::optional<secret_values>& secret);
  /// A consumer: it goes on where this group has ended, or begins at the beginning of the log.
  result<testee_answer> open_consumer(const boost::json::object& manifest,
                                      const std::optional<secret_values>& secret, const std::string& group);
  result<testee_answer> export_snapshot(const export_request& request);
  result<testee_answer> close();
  /// Of a consumer: waits until it has taken in what is on the log now.
  result<testee_answer> drain();
  /// What a consumer holds. error::not_acknowledged where it answers with an error.
  result<consumer_state> state_held();

  /// Sends an export without waiting; await_answer() then waits, up to `patience` for nothing if there is
  /// none yet.
  result<void> begin_export(const export_request& request);
  result<void> begin_drain(); ///< the same
  result<std::optional<testee_answer>> await_answer(std::chrono::milliseconds patience);

  bool is_usable(); ///< whether it runs and has not failed us
  void kill();
  std::string transcript() const; ///< all that it wrote so far, on both outputs

private:
  struct state;
  explicit testee(std::unique_ptr<state> started) noexcept;

  std::unique_ptr<state> state_;
};

} // namespace kollect::conformance

#endif

#ifndef KOLLECT_CONFORMANCE_SESSION_HPP
#define KOLLECT_CONFORMANCE_SESSION_HPP

#include "log_watch.hpp"
#include "recording.hpp"
#include "stage.hpp"
#include "testee.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kollect::conformance {

/// What came of the exports of a run until now.
struct exports_so_far {
  bool has_any_arrived = false;         ///< or been reported as a success
  std::chrono::milliseconds in_vain{0}; ///< how long the others took
  std::string last_error{};
};

/// One exercise under way: the sink under test, the brokers, and the recording that is made. A failure of any
/// function means that the exercise could not run; what a sink does wrong goes into the recording instead.
class session {
public:
  session(testee& sink, stage& brokers, recording& record, exports_so_far& so_far)
      : sink_(sink), brokers_(brokers), record_(record), so_far_(so_far) {}

  stage& brokers() noexcept { return brokers_; }
  testee& sink() noexcept { return sink_; }
  recording& record() noexcept { return record_; }
  broker_system system() const noexcept { return brokers_.system(); }

  /// Opens the sink at a place and watches it from now on; a sink that refuses is a failure.
  result<void> open(const place& where);
  /// The same where refusing may be right.
  result<testee_answer> try_open(const place& where);
  /// The same, where refusing breaks `clause`: nothing is to be published then. Answers whether it is open.
  result<bool> must_open(const place& where, const std::string& clause, const std::string& doing);

  /// Exports, reads back what came of it, and adds both to the recording. There is no reason for an error:
  /// one that the sink reports is recorded as such, and the exercise goes on.
  result<const observed_export*> publish(const export_request& request);
  /// The same where an error may be right.
  result<const observed_export*> try_publish(const export_request& request);
  /// The same where the snapshot is over a limit, or may be.
  result<const observed_export*> publish_large(const export_request& request);

  /// In two steps: for what happens to the broker in between.
  result<void> begin(const export_request& request);
  /// Nothing when there is no answer by then.
  result<std::optional<testee_answer>> await(std::chrono::milliseconds patience);
  /// Ends what begin() began: reads back and records it.
  result<const observed_export*> finish(const testee_answer& answer);

  /// `is_operators`: where it does not hold, it is what today's operator is known to do.
  void testify(std::string clause, bool holds, std::string what, std::string expected = {},
               std::string found = {}, bool is_operators = false);

  /// To be called after the broker was away.
  void broker_came_back();

  /// A shorter way to a new place of this exercise.
  result<place> make_place(const place_options& options = {});

  /// Testifies to SEC-02: that no value of a secret that the sink was given is in its output or its messages.
  void look_for_secrets();

private:
  result<const observed_export*> ask(const export_request& request);
  void note_in_vain(std::chrono::milliseconds time, std::string why);

  testee& sink_;
  stage& brokers_;
  recording& record_;
  exports_so_far& so_far_;
  std::optional<log_watch> watch_;
  std::string watched_; ///< what watch_ reads
  std::optional<observed_export> pending_;
  std::string cluster_;
  std::set<std::string> secrets_;
};

/// A request with this instant as exportedAt, generation 3 and no limit.
export_request make_request(std::string namespace_, std::string inventory, std::string items);

/// A row as JSON text.
std::string make_row(const std::string& name, const std::string& attributes = "{}");
/// Rows joined to an array.
std::string make_rows(const std::vector<std::string>& rows);
/// `count` rows with about `bytes` bytes of text each that does not compress well.
std::vector<std::string> make_bulky_rows(int count, std::size_t bytes);

} // namespace kollect::conformance

#endif

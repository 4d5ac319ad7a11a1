#ifndef KOLLECT_CONFORMANCE_CONSUMER_SESSION_HPP
#define KOLLECT_CONFORMANCE_CONSUMER_SESSION_HPP

#include "consumer_message.hpp"
#include "exercise.hpp"
#include "raw_publisher.hpp"
#include "recording.hpp"
#include "testee.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// The consumer under test, which can be killed and restarted.
class consumer_process {
public:
  /// Starts it and asks what it is.
  static result<consumer_process> start(std::vector<std::string> command, const timeouts& bounds);

  testee& now() noexcept { return running_; }
  const testee_identity& identity() const noexcept { return identity_; }

  /// SIGKILL, and a new process.
  result<void> restart();

private:
  consumer_process(std::vector<std::string> command, const timeouts& bounds, testee running,
                   testee_identity identity)
      : command_(std::move(command)), bounds_(bounds), running_(std::move(running)),
        identity_(std::move(identity)) {}

  std::vector<std::string> command_;
  timeouts bounds_;
  testee running_;
  testee_identity identity_;
};

/// One exercise of a consumer under way, on a topic or stream and with a group of its own. A failure of any
/// function means that the exercise could not run to its end; what the consumer does wrong is testified.
class consumer_session {
public:
  consumer_session(consumer_process& consumer, stage& brokers, recording& record)
      : consumer_(consumer), brokers_(brokers), record_(record) {}

  broker_system system() const noexcept { return brokers_.system(); }
  stage& brokers() noexcept { return brokers_; }

  /// Makes the topic or stream and opens the consumer there.
  result<void> open();

  /// A scope of this exercise alone. On NATS, which has no keys, no message tells its inventory.
  scope make_scope(std::string_view namespace_, std::string_view inventory = "all",
                   std::string_view cluster = "west") const;

  /// An instant of the last hour, counted from the same beginning throughout the exercise.
  timestamp at(std::int64_t seconds, std::uint32_t nanoseconds = 0) const;

  result<void> publish(std::vector<sent_message> messages);

  /// Has the consumer take everything in, and compares what it holds with what it must hold now.
  result<void> expect(std::string_view clause, std::string_view about);
  /// The same, under any inventory.
  result<void> expect_rows(std::string_view clause, std::string_view about);
  /// The same; of each scope what `also` has is right too.
  result<void> expect_either(std::string_view clause, std::string_view about, const expected_state& also);

  /// Whether as many messages were set aside as mean nothing. Only after expect().
  void expect_set_aside(std::string_view clause, std::string_view about);

  /// What the messages so far lead to.
  expected_state expected() const { return expect_state(sent_); }

  /// Kills the consumer, if need be while it takes messages in: `patience` after it was asked to.
  result<void> kill();
  result<void> kill_while_draining(std::chrono::milliseconds patience);
  /// Restarts it and opens it where it was.
  result<void> reopen();

  /// To be called after the broker was away.
  result<void> broker_came_back();

  void testify(std::string_view clause, bool holds, std::string what, std::string expected = {},
               std::string found = {});

private:
  result<void> open_consumer();
  result<bool> drain(std::string_view clause, std::string_view about);
  void judge(std::string_view clause, std::string_view about, const expected_state& wanted,
             const consumer_state& held);
  bool is_ours(const scope& which) const { return which.cluster.ends_with("-" + mark_); }
  result<std::optional<consumer_state>> ask(std::string_view clause, std::string_view about);
  failure note_end(std::string_view clause, std::string_view about, failure reason);

  consumer_process& consumer_;
  stage& brokers_;
  recording& record_;
  std::optional<place> where_;
  std::optional<raw_publisher> publisher_;
  std::string mark_; ///< in every cluster's name of this exercise
  timestamp begun_at_ = {kollect::now().seconds - 3600, 0};
  std::vector<sent_message> sent_;
  std::int64_t refused_before_ = 0;
  std::optional<std::int64_t> refused_now_;
};

/// Something that a consumer is put through, for clauses to be judged by.
struct consumer_exercise {
  std::string_view name;
  std::string_view about; ///< one sentence
  unsigned systems;       ///< bits of profile
  broker_need need;
  std::vector<std::string_view> shows;     ///< the clauses that it is for
  std::vector<std::string_view> builds_on; ///< exercises that must hold, for this one to tell anything
  result<void> (*run)(consumer_session&);
};

/// Every exercise, in the order that they run in: those that stop the broker come last.
std::span<const consumer_exercise> consumer_exercises();

/// The exercises that show a clause to a consumer of that system.
std::vector<const consumer_exercise*> consumer_exercises_for(std::string_view clause, broker_system system);

} // namespace kollect::conformance

#endif

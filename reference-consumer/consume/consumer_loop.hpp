#ifndef KOLLECT_CONSUMER_LOOP_HPP
#define KOLLECT_CONSUMER_LOOP_HPP

#include "feed/outbox.hpp"
#include "operations/growing_pause.hpp"

#include <kollect/transport.hpp>
#include <program/drain_limit.hpp>
#include <program/log.hpp>
#include <program/progress.hpp>
#include <program/stop_signal.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// How the loop runs. All bounds are flags of `kollect-consumer run`.
struct loop_settings {
  ingest_settings ingest;    ///< its log is filled in by the loop
  std::string owner;         ///< who claims partitions: instance, host and pid
  bool is_until_end = false; ///< end when everything that was there at the start is consumed
  /// Tells the monitor about lag, totals and when it has caught up, which costs a question a second.
  bool is_monitored = false;
  std::size_t batch_messages = 1000;
  std::size_t batch_bytes = 32U * 1024 * 1024;
  std::size_t row_cache_bytes = default_row_cache_bytes; ///< 0: rows are read from the store for each batch
  std::chrono::milliseconds broker_timeout{10'000};
  std::chrono::milliseconds longest_back_off{10'000};
  /// With is_until_end: how long store or broker may fail before the loop gives up.
  std::chrono::seconds give_up_after{60};
  /// Ends the process. Called when it is told to stop while it waits for a broker that it has not joined yet;
  /// nothing: the answer is waited for.
  std::function<void()> end_process{};
};

/// How messages ended: in this run, and in all runs on this store.
struct loop_result {
  outcome_counts run;
  std::optional<outcome_counts> total; ///< nothing when the store was away at the end
};

/// Bytes in, effect once: polls a broker, brings each batch into the store in one transaction, and
/// tells the broker only after the commit. Broker and store may go away and come back; nothing is
/// acknowledged meanwhile.
class consumer_loop {
public:
  using open_store = std::function<result<std::unique_ptr<store>>()>;
  using open_subscriber = std::function<result<std::unique_ptr<subscriber>>(partition_listener)>;

  consumer_loop(loop_settings settings, open_store make_store, open_subscriber make_subscriber,
                program::stop_signal& stop, program::log& log, monitor& watch);

  /// Has the change feed published; the outbox must outlive the run. To be called before it.
  void publish_with(outbox& feed) noexcept { feed_ = &feed; }

  /// Runs until stopped, or with is_until_end until the end that was there at the start. A failure
  /// only where going on makes no sense.
  result<loop_result> run();

private:
  enum class step { go_on, done };

  /// Partitions to be set back before anything more of them is stored, and where to.
  using rewinds = std::map<std::int32_t, std::int64_t>;

  result<void> open_at_first();
  result<void> open_what_is_closed();
  result<void> connect();
  result<void> mark_end();
  bool is_end_awaited() const;
  partition_listener make_listener();
  void note_gap(std::int32_t partition, std::int64_t expected, std::int64_t found);
  result<std::vector<std::optional<read_position>>> claim(std::span<const std::int32_t> partitions);
  result<step> take_batch();
  result<step> finish_or_go_on();
  std::optional<failure> why_end_is_never_reached() const;
  result<void> note_caught_up();
  bool is_worth_retrying(const failure& reason) const;
  result<step> recover_from(const failure& reason);
  result<void> rewind_stream(std::int64_t next_offset);
  result<bool> rewind_replaced(const std::vector<received_message>& batch);
  result<step> ingest_until_stored(std::vector<received_message>& batch);
  void note_unreadable();
  void note_taken(const std::vector<received_message>& batch);
  void tell_broker(result<void> (subscriber::*commit)(std::chrono::milliseconds));
  result<void> reopen_store();
  failure why_store_is_closed() const;
  result<void> maintain();
  result<void> check_held_rows(std::int64_t bytes);
  result<void> build_index();
  void come_round_while_storing();
  void give_up(std::span<const std::int32_t> partitions);
  result<void> retry_future_letters(std::chrono::milliseconds longest);
  void compare_clocks(const std::optional<timestamp>& newest);
  result<void> back_off(const failure& reason);
  void keep_alive();
  bool has_lost_its_messages() const;
  void forget_failures();
  void report(const batch_report& done, std::chrono::steady_clock::time_point begun);
  void report_arrival(const std::vector<received_message>& batch);
  void report_notes(const batch_report& done);
  result<void> tell_monitor();
  result<void> tell_clusters();
  result<void> finish_feed();

  loop_settings settings_;
  open_store make_store_;
  open_subscriber make_subscriber_;
  program::stop_signal& stop_;
  program::log& log_;
  monitor& monitor_;
  outbox* feed_ = nullptr;
  program::progress progress_;

  std::unique_ptr<store> store_;
  std::optional<failure> store_problem_; // why it could not be opened
  std::unique_ptr<subscriber> subscriber_;
  owned_positions owned_;
  held_scopes scopes_;
  rewinds rewinds_;
  batch_report total_;
  std::map<std::int32_t, std::int64_t> stuck_; // partitions that stand still, and where
  growing_pause pause_{settings_.longest_back_off};
  std::chrono::steady_clock::time_point failing_since_{};
  std::chrono::steady_clock::time_point failed_at_{};   // last
  std::chrono::steady_clock::time_point heard_of_at_{}; // when our messages were last known to be ours
  std::chrono::steady_clock::time_point taken_at_{};    // when the last message came
  std::chrono::steady_clock::time_point maintained_at_{};
  std::chrono::steady_clock::time_point reported_at_{};
  std::chrono::steady_clock::time_point told_at_{};
  std::chrono::steady_clock::time_point marked_at_{}; // or tried to
  std::chrono::steady_clock::time_point clusters_told_at_{};
  std::chrono::steady_clock::time_point index_told_at_{};
  std::int64_t rows_indexed_ = 0;                // since the index was complete
  std::int64_t last_retried_ = 0;                // the dead letter that was tried again last
  std::int64_t last_checked_ = 0;                // the scope whose rows were checked last
  std::vector<std::int32_t> lost_while_storing_; // partitions
  bool is_storing_ = false;                      // a batch: its transaction is open
  bool has_connected_ = false;                   // ever
  bool has_caught_up_ = false;
  bool is_end_marked_ = false;
  bool is_index_complete_ = false;
  bool is_waiting_ = false;       // the last poll had no messages
  bool was_waiting_ = false;      // nor the one before
  bool is_clock_doubted_ = false; // and it was said
  bool has_just_stored_ = false;  // nothing was asked of the broker since
  bool is_commit_begun_ = false;  // and not waited for
};

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_TEST_LOOP_FIXTURE_HPP
#define KOLLECT_CONSUMER_TEST_LOOP_FIXTURE_HPP

#include "consume/consumer_loop.hpp"

#include "support/assertions.hpp"
#include "support/faulty_store.hpp"
#include "support/scripted_broker.hpp"
#include "support/store_place.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <ctime>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace kollect::consumer::test {

inline failure broken(error reason) {
  return make_failure(reason, "as the test wants it");
}

/// A loop between a broker that follows a script and a store that fails when it is told to.
class consumer_loop_with : public testing::Test {
protected:
  consumer_loop_with() {
    faults_.on_commit = [this] { broker_.events.emplace_back("store"); };
    for (std::int64_t second = 0; second < 3; ++second)
      broker_.messages.push_back(make_array(make_rows(3, second), noon(second)));
  }

  ~consumer_loop_with() override {
    // A signal that was sent stays pending, and would stop the next test's loop.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    const timespec at_once{0, 0};
    while (sigtimedwait(&signals, nullptr, &at_once) == SIGTERM) {
    }
  }

  result<loop_result> run() {
    program::stop_signal stop;
    program::log log("the test", program::log::format::json, log_level_);
    settings_.ingest = make_settings(broker_.log.system);
    if (now_)
      settings_.ingest.now = now_;
    settings_.owner = "the test";
    settings_.longest_back_off = std::chrono::milliseconds(1);
    consumer_loop loop(
        settings_,
        [this]() -> result<std::unique_ptr<store>> {
          broker_.events.emplace_back("open");
          if (auto fault = store_faults::take(open_faults_))
            return *fault;
          auto opened = place_->open("the test");
          if (!opened)
            return opened.error();
          auto made = std::make_unique<faulty_store>(std::move(*opened), faults_);
          current_ = made.get();
          return std::unique_ptr<store>(std::move(made));
        },
        [this](partition_listener listener) { return broker_.connect(std::move(listener)); }, stop, log,
        monitor_);
    auto ended = loop.run();
    current_ = nullptr;
    return ended;
  }

  /// Runs to the end and expects all messages in the store with their effect once, and acknowledged.
  void expect_all_consumed() {
    const auto ended = run();
    ASSERT_TRUE(succeeds(ended));
    EXPECT_TRUE(ended->run.is_conserved()) << ended->run;
    expect_stored();
    EXPECT_EQ(ended->total, stored_counts());
    const auto last = broker_.first() + static_cast<std::int64_t>(broker_.messages.size()) - 1;
    EXPECT_TRUE(broker_.acknowledged.contains(last));
    EXPECT_EQ(broker_.events.back(), "close");
  }

  void expect_stored() {
    const auto reader = place_->open_reader();
    ASSERT_TRUE(succeeds(reader));
    fleet_state expected;
    expected.apply(web_scope(), {}, rows_of(make_rows(3, 2)));
    EXPECT_EQ(state_text(**reader), state_text(expected));
    EXPECT_EQ(folded_feed(**reader), state_text(expected));
    EXPECT_EQ((*reader)->counts().value().applied, 3);
  }

  outcome_counts stored_counts() { return place_->open_reader().value()->counts().value(); }

  /// Nothing may be acknowledged before the store has it (I6).
  void expect_stored_before_acknowledged() const {
    bool is_stored = false;
    for (const auto& event : broker_.events) {
      if (event == "store")
        is_stored = true;
      if (event == "poll")
        is_stored = false;
      if (event.starts_with("acknowledge")) {
        EXPECT_TRUE(is_stored) << event;
      }
    }
  }

  static void stop() { ::kill(::getpid(), SIGTERM); }

  monitor monitor_{"the test"};
  std::function<timestamp()> now_; ///< unset: after all messages
  loop_settings settings_{.ingest = {}, .owner = {}, .is_until_end = true};
  program::log::level log_level_ = program::log::level::off;
  scripted_broker broker_;
  store_faults faults_;
  std::deque<failure> open_faults_;
  std::unique_ptr<store_place> place_ = make_sqlite_place();
  faulty_store* current_ = nullptr;
};

using events = std::vector<std::string>;

} // namespace kollect::consumer::test

#endif

#include "operations/monitor.hpp"
#include "operations/probes.hpp"
#include "operations/process_metrics.hpp"

#include "support/messages.hpp"

#include <servers/wait_until.hpp>

#include <program/printable.hpp>

#include <gtest/gtest.h>

#include <ctime>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using namespace std::chrono_literals;

/// The value of a series in Prometheus' text; a series that is not there fails the test.
double value_of(const std::string& metrics, const std::string& series) {
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(series + " "))
      return std::stod(line.substr(series.size() + 1));
  ADD_FAILURE() << series << " is not in\n" << metrics;
  return -1;
}

TEST(monitor, counts_what_was_missed_and_what_is_read_again) {
  monitor watched("1.2.3");
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_missed_messages_total"), 0);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_rewound_partitions_total"), 0);
  watched.missed(40);
  watched.missed(2);
  watched.rewound();
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_missed_messages_total"), 42);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_rewound_partitions_total"), 1);
}

TEST(monitor, is_stuck_when_the_loop_does_not_come_round) {
  monitor quick("1.2.3", 1ms);
  EXPECT_TRUE(servers::wait_until([&] { return !quick.health().is_well; }, 10s));
  EXPECT_NE(quick.health().text.find("has not come round"), std::string::npos);
  quick.opening_store(true);
  EXPECT_EQ(quick.health().text, "opening the store");
  EXPECT_TRUE(quick.health().is_well) << "a long change of the schema is not to be ended";
  quick.opening_store(false);
  EXPECT_TRUE(servers::wait_until([&] { return !quick.health().is_well; }, 10s));
  monitor patient("1.2.3");
  EXPECT_TRUE(patient.health().is_well);
  patient.store_is(false);
  EXPECT_TRUE(patient.health().is_well) << "whoever is away, restarting us is no help";
}

TEST(monitor, is_ready_when_caught_up_with_the_store_at_hand_and_not_draining) {
  monitor watched("1.2.3");
  EXPECT_FALSE(watched.readiness().is_well);
  watched.store_is(true);
  EXPECT_EQ(watched.readiness().text, "catching up with the log");
  watched.caught_up();
  EXPECT_TRUE(watched.readiness().is_well);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_ready"), 1);
  watched.store_is(false);
  EXPECT_EQ(watched.readiness().text, "the store is not reachable");
  watched.store_is(true);
  watched.draining();
  EXPECT_FALSE(watched.readiness().is_well);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_ready"), 0);
}

TEST(monitor, messages_are_what_the_results_add_up_to) { // I10
  monitor watched("1.2.3");
  batch_report first;
  first.counts = {6, 1, 1, 1, 1, 2};
  first.rows_added = 5;
  first.dead_letters = {{"syntax", 1}};
  watched.stored(first, 10ms);
  batch_report second; // the last of three parts: consumed as pending, then all of them applied
  second.counts = {1, 3, 0, 0, 0, -2};
  second.settled = {0, 3, 0, 0, 0, -3};
  watched.stored(second, 10ms);
  const auto text = watched.metrics();
  EXPECT_EQ(value_of(text, "kollect_consumer_messages_total"), 7);
  double sum = 0;
  for (const std::string result : {"applied", "duplicate", "stale", "dead_lettered", "pending"})
    sum += value_of(text, "kollect_consumer_envelopes_total{result=\"" + result + "\"}");
  EXPECT_EQ(sum, 7);
  EXPECT_EQ(value_of(text, "kollect_consumer_envelopes_total{result=\"pending\"}"), 3);
  EXPECT_EQ(value_of(text, "kollect_consumer_settled_parts_total{result=\"applied\"}"), 3);
  EXPECT_EQ(value_of(text, "kollect_consumer_rows_total{op=\"added\"}"), 5);
  EXPECT_EQ(value_of(text, "kollect_consumer_dead_letters_total{reason=\"syntax\"}"), 1);
  EXPECT_EQ(value_of(text, "kollect_consumer_batch_seconds_count"), 2);
  EXPECT_EQ(value_of(text, "kollect_consumer_build_info{version=\"1.2.3\"}"), 1);
}

TEST(monitor, counters_are_there_at_0_before_anything_happens) {
  const auto text = monitor("1.2.3").metrics();
  EXPECT_EQ(value_of(text, "kollect_consumer_envelopes_total{result=\"applied\"}"), 0);
  for (const std::string result : {"applied", "duplicate", "stale", "dead_lettered"})
    EXPECT_EQ(value_of(text, "kollect_consumer_settled_parts_total{result=\"" + result + "\"}"), 0);
  for (const std::string reason : {"syntax", "too_deep", "empty_message", "torn_set", "mass_deletion"})
    EXPECT_EQ(value_of(text, "kollect_consumer_dead_letters_total{reason=\"" + reason + "\"}"), 0);
  EXPECT_EQ(text.find("reason=\"store_full\""), std::string::npos) << "no message ends so";
}

TEST(monitor, the_stores_totals_are_told_as_they_are) {
  monitor watched("1.2.3");
  watched.totals_are({10, 4, 3, 1, 1, 1});
  watched.totals_are({11, 5, 3, 1, 1, 1});
  const auto text = watched.metrics();
  EXPECT_EQ(value_of(text, "kollect_consumer_store_messages{result=\"consumed\"}"), 11);
  EXPECT_EQ(value_of(text, "kollect_consumer_store_messages{result=\"applied\"}"), 5);
  EXPECT_EQ(value_of(text, "kollect_consumer_store_messages{result=\"pending\"}"), 1);
}

TEST(monitor, lag_is_by_partition_and_series_are_capped) { // S24
  monitor watched("1.2.3");
  std::vector<partition_lag> lag{{0, 5}, {7, 2}};
  watched.lag_is(lag);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_lag_messages{partition=\"7\"}"), 2);
  lag = {{0, 4}};
  watched.lag_is(lag);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_lag_messages{partition=\"0\"}"), 4);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_lag_messages{partition=\"7\"}"), 0)
      << "not ours now";

  lag.clear();
  for (std::int32_t partition = 0; partition < 5000; ++partition)
    lag.push_back({partition, 1});
  watched.lag_is(lag);
  const auto text = watched.metrics();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 440);
  EXPECT_GT(value_of(text, "kollect_consumer_lag_messages{partition=\"other\"}"), 4000);
}

TEST(monitor, lag_in_seconds_is_the_age_of_the_newest_message_while_more_wait) {
  monitor watched("1.2.3");
  const auto now = from_system_clock(std::chrono::system_clock::now());
  watched.arrived({now.seconds - 100, now.nanoseconds}, now);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_lag_seconds"), 0);
  watched.lag_is(std::vector<partition_lag>{{0, 5}});
  EXPECT_GE(value_of(watched.metrics(), "kollect_consumer_lag_seconds"), 100);
}

TEST(monitor, lag_in_seconds_goes_by_the_newest_snapshot_where_messages_have_no_time) {
  monitor watched("1.2.3");
  const auto now = from_system_clock(std::chrono::system_clock::now());
  watched.lag_is(std::vector<partition_lag>{{0, 5}});
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_lag_seconds"), 0) << "nothing is known";
  watched.clusters_are(
      std::vector<cluster_state>{{"a", {now.seconds - 300, 0}, 1}, {"b", {now.seconds - 200, 0}, 1}});
  EXPECT_GE(value_of(watched.metrics(), "kollect_consumer_lag_seconds"), 200);
  EXPECT_LT(value_of(watched.metrics(), "kollect_consumer_lag_seconds"), 300);
}

TEST(monitor, a_cluster_that_is_gone_has_no_series) {
  monitor watched("1.2.3");
  watched.clusters_are(std::vector<cluster_state>{{"a", noon(1), 2}, {"b", noon(2), 3}});
  watched.clusters_are(std::vector<cluster_state>{{"b", noon(3), 4}});
  const auto text = watched.metrics();
  EXPECT_EQ(text.find("cluster=\"a\""), std::string::npos) << text;
  EXPECT_EQ(value_of(text, "kollect_consumer_cluster_rows{cluster=\"b\"}"), 4);
}

TEST(monitor, clusters_share_a_series_where_there_are_too_many) { // S24
  monitor watched("1.2.3");
  std::vector<cluster_state> clusters;
  for (int index = 0; index < 5000; ++index)
    clusters.push_back({"cluster-" + std::to_string(index), noon(index), 2});
  watched.clusters_are(clusters);
  watched.clusters_are(clusters);
  const auto text = watched.metrics();
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 800);
  EXPECT_EQ(value_of(text, "kollect_consumer_cluster_rows{cluster=\"cluster-0\"}"), 2);
  EXPECT_EQ(value_of(text, "kollect_consumer_cluster_rows{cluster=\"other\"}"), 2 * (5000 - 256));
  EXPECT_EQ(value_of(text, "kollect_consumer_cluster_last_seen_timestamp_seconds{cluster=\"cluster-7\"}"),
            static_cast<double>(noon(7).seconds));
}

TEST(monitor, hostile_labels_are_short_and_harmless) { // S24 S33
  monitor watched("1.2.3");
  std::vector<cluster_state> clusters;
  for (int index = 0; index < 200; ++index)
    clusters.push_back({std::string(900'000, 'x') + std::to_string(index), noon(index), 1});
  clusters.push_back({std::string("a\x1b[2J\0\r\nFORGED 1\xC2\x9B\xE2\x80\xAE", 21), noon(1), 3});
  watched.clusters_are(clusters);
  const auto text = watched.metrics();
  EXPECT_LT(text.size(), 100'000U);
  EXPECT_EQ(value_of(text, "kollect_consumer_cluster_rows{cluster=\"other\"}"), 200);
  for (const std::string_view raw :
       {std::string_view("\x1b"), std::string_view("\0", 1), std::string_view("\r"),
        std::string_view("\nFORGED"), std::string_view("\xC2\x9B"), std::string_view("\xE2\x80\xAE")})
    EXPECT_EQ(text.find(raw), std::string::npos);
}

TEST(printable, nothing_is_left_that_a_terminal_obeys) { // S13 S33
  EXPECT_EQ(program::printable("plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(program::printable("\x1b[2J\r\n\x7f"), "\\u001b[2J\\r\\n\\u007f");
  EXPECT_EQ(program::printable("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0"), "\\u0080\\u009b\\u009f\xC2\xA0");
  EXPECT_EQ(program::printable("\xD8\x9C\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\xAE\xE2\x81\xA9"),
            "\\u061c\\u200e\\u200f\\u202e\\u2069");
  EXPECT_EQ(program::printable("\xE2\x80\xA8\xE2\x80"), "\\u2028\\ufffd\\ufffd") << "cut short";
}

TEST(monitor, partitions_that_stand_still_are_told_everywhere) {
  monitor watched("1.2.3");
  watched.store_is(true);
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_unreadable_partitions"), 0);
  const auto stuck = [](std::int32_t partition) {
    return unreadable_batch{partition, 7,
                            make_failure(error::unreadable_batch, "partition " + std::to_string(partition) +
                                                                      " cannot be read at offset 7")};
  };
  watched.unreadable_are(std::vector{stuck(3), stuck(5)});
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_unreadable_partitions"), 2);
  EXPECT_FALSE(watched.readiness().is_well);
  EXPECT_NE(watched.readiness().text.find("partition 3 cannot be read at offset 7"), std::string::npos);
  watched.caught_up();
  EXPECT_TRUE(watched.readiness().is_well) << "the others are right, and portals can have them";
  EXPECT_EQ(watched.readiness().text, "ready; partition 3 cannot be read at offset 7; and 1 more partitions");
  watched.unreadable_are({});
  EXPECT_EQ(watched.readiness().text, "ready");
  EXPECT_EQ(value_of(watched.metrics(), "kollect_consumer_unreadable_partitions"), 0);
}

TEST(monitor, what_the_server_tells_is_counted) {
  monitor watched("1.2.3");
  watched.http_answered(200, std::chrono::milliseconds(3));
  watched.http_answered(404, std::chrono::milliseconds(3));
  watched.http_answered(200, std::chrono::milliseconds(3));
  watched.http_open(5, 2);
  watched.http_refused();
  watched.stream_dropped("slow");
  const auto text = watched.metrics();
  EXPECT_EQ(value_of(text, "kollect_consumer_http_requests_total{status=\"200\"}"), 2);
  EXPECT_EQ(value_of(text, "kollect_consumer_http_connections"), 5);
  EXPECT_EQ(value_of(text, "kollect_consumer_http_streams"), 2);
  EXPECT_EQ(value_of(text, "kollect_consumer_http_refused_connections_total"), 1);
  EXPECT_EQ(value_of(text, "kollect_consumer_http_dropped_streams_total{reason=\"slow\"}"), 1);
  EXPECT_EQ(value_of(text, "kollect_consumer_http_dropped_streams_total{reason=\"full\"}"), 0);
}

TEST(probes, answer_with_503_and_the_reason) {
  monitor watched("1.2.3");
  EXPECT_EQ(answer_probe(watched, "/healthz").status, 200);
  const auto ready = answer_probe(watched, "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("store"), std::string::npos) << ready.body;
  const auto metrics = answer_probe(watched, "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_TRUE(metrics.content_type.starts_with("text/plain; version=0.0.4"));
  EXPECT_EQ(answer_probe(watched, "/metrics/../healthz").status, 404);
}

TEST(process_metrics_of, this_process_are_those_of_prometheus_clients) {
  const auto text = process_metrics();
  for (const std::string name :
       {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
        "process_open_fds", "process_max_fds", "process_start_time_seconds"}) {
    const auto at = text.find("\n" + name + " ");
    ASSERT_NE(at, std::string::npos) << name << "\n" << text;
    EXPECT_GE(std::stod(text.substr(at + name.size() + 2)), 0) << name;
  }
  const auto started = text.find("\nprocess_start_time_seconds ");
  EXPECT_LE(std::stod(text.substr(started + 28)), static_cast<double>(std::time(nullptr)) + 1);
  EXPECT_GT(std::stod(text.substr(started + 28)), static_cast<double>(std::time(nullptr)) - 86'400);
  EXPECT_NE(monitor("1.2.3").metrics().find("\nprocess_open_fds "), std::string::npos);
}

TEST(process_metrics_of, what_the_kernel_does_not_tell_are_left_out) {
  EXPECT_EQ(process_metrics("/nowhere").find("process_open_fds"), std::string::npos);
  EXPECT_EQ(process_metrics("/nowhere").find("process_cpu_seconds_total"), std::string::npos);
}

} // namespace
} // namespace kollect::consumer::test

#include "sample.hpp"

#include <suite/report.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

// What an audit sees in several messages together: sets, rows of a set, and the partitions of keys.
namespace kollect::conformance {
namespace {

using namespace test;
using namespace std::chrono_literals;

/// Sets in an audit: part 1 of 2 with its own exportedAt, and whole snapshots.
class sets_test : public testing::Test {
protected:
  static recorded_message part(int index, const std::string& second, int partition = 0) {
    auto made = message(with(
        export_envelope(array(api_row), 1, "\"partIndex\":" + std::to_string(index) + ",\"partTotal\":2,"),
        "12:00:00.5Z", "12:00:" + second + "Z"));
    made.partition = partition;
    return made;
  }
  static recorded_message whole(const std::string& second) {
    return message(with(export_envelope(array(api_row), 1), "12:00:00.5Z", "12:00:" + second + "Z"));
  }
  /// The samples came in at 12:00:01.
  static audit_options read_at(const std::string& time, std::chrono::seconds settle = default_settle) {
    audit_options options;
    options.read_at = parse_timestamp("2026-01-15T" + time + "Z").value();
    options.settle = settle;
    return options;
  }
};

TEST_F(sets_test, a_torn_set_that_a_newer_snapshot_settled_is_told_and_no_fault) {
  for (const auto& newer : {std::vector{whole("02")}, std::vector{part(1, "02"), part(2, "02")}}) {
    std::vector<recorded_message> messages{part(1, "01")};
    messages.insert(messages.end(), newer.begin(), newer.end());
    const auto judged = audit(read_at("13:00:00"), messages).judge(*find_requirement("MP-04"));
    EXPECT_EQ(judged.result, verdict::pass);
    ASSERT_EQ(judged.notes.size(), 1U);
    EXPECT_NE(judged.notes[0].find(": 1"), std::string::npos) << judged.notes[0];
  }
}

TEST_F(sets_test, an_older_snapshot_settles_nothing) {
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {whole("00"), part(1, "01")}), "MP-04"), verdict::fail);
}

TEST_F(sets_test, another_scope_settles_nothing) {
  auto other = whole("02");
  other.key = "prod-west:team-a/other";
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {part(1, "01"), other}), "MP-04"), verdict::fail);
}

TEST_F(sets_test, a_set_whose_last_part_may_still_come_is_not_observed) {
  const std::vector<recorded_message> messages{part(1, "01")};
  EXPECT_EQ(verdict_of(audit(read_at("12:00:30"), messages), "MP-04"), verdict::not_observed);
  EXPECT_EQ(verdict_of(audit(read_at("12:00:30", 10s), messages), "MP-04"), verdict::fail);
  EXPECT_EQ(verdict_of(audit(read_at("12:00:30", 0s), messages), "MP-04"), verdict::fail);
}

TEST_F(sets_test, a_scope_with_several_torn_sets_has_one_finding) {
  const audit seen(read_at("13:00:00"), {part(1, "01"), part(1, "02"), part(1, "03")});
  EXPECT_EQ(seen.judge(*find_requirement("MP-04")).findings.size(), 1U);
}

TEST_F(sets_test, a_part_that_was_sent_again_is_the_same_part) {
  auto again = part(1, "01");
  again.value =
      with(again.value, R"("timestamp":"2026-01-15T12:00:00.5Z")", R"("timestamp":"2026-01-15T12:00:09Z")");
  const audit seen(read_at("13:00:00"), {part(1, "01"), again, part(2, "01")});
  EXPECT_EQ(verdict_of(seen, "MP-04"), verdict::pass);
}

TEST_F(sets_test, parts_that_were_deleted_with_the_beginning_of_the_log_are_not_missed) {
  auto second = part(2, "01"), first = part(1, "01");
  second.offset = first.offset = 40;
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {second}), "MP-04"), verdict::not_observed);
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {first}), "MP-04"), verdict::fail)
      << "what comes later is never deleted first";
  second.offset = 0;
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {second}), "MP-04"), verdict::fail)
      << "nothing was deleted";
}

TEST_F(sets_test, parts_that_compaction_took_out_of_the_log_are_not_missed) {
  // All parts of a set have one key, of which compaction keeps the last.
  auto earlier = whole("00"), last = part(2, "01");
  last.offset = 2;
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {earlier, last}), "MP-04"), verdict::not_observed);
  last.offset = 1;
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {earlier, last}), "MP-04"), verdict::fail)
      << "nothing is missing between them";
}

TEST_F(sets_test, what_was_removed_long_before_a_set_is_no_excuse) {
  auto first = whole("00"), last = part(2, "01");
  first.offset = 40;
  last.offset = 41;
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {first, last}), "MP-04"), verdict::not_observed)
      << "its first part may have been the message before";
  last.appended_at = parse_timestamp("2026-01-15T12:20:00Z").value();
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {first, last}), "MP-04"), verdict::fail);
}

TEST_F(sets_test, what_another_subject_or_a_transaction_takes_is_no_excuse) {
  auto earlier = whole("00"), last = part(2, "01");
  earlier.offset = 1;
  last.offset = 3;
  const auto verdict_where = [&](const removed_offsets& removed) {
    audit seen(read_at("13:00:00"), {earlier, last});
    seen.end(read_at("13:00:00").read_at, removed);
    return verdict_of(seen, "MP-04");
  };
  EXPECT_EQ(verdict_where({{{0, 0}}, false, {}}), verdict::fail) << "all offsets are there";
  EXPECT_EQ(verdict_where({{{0, 0}}, false, {4}}), verdict::fail);
  EXPECT_EQ(verdict_where({{{0, 0}}, false, {2}}), verdict::not_observed) << "deleted from between them";
  EXPECT_EQ(verdict_where({{{0, 3}}, false, {}}), verdict::not_observed) << "deleted with the beginning";
  EXPECT_EQ(verdict_where({{{0, 0}}, true, {}}), verdict::not_observed) << "compacted";
  EXPECT_EQ(verdict_where({{{1, 0}}, false, {}}), verdict::not_observed)
      << "nothing is told of the partition";
}

TEST_F(sets_test, gaps_of_another_subject_do_not_hide_one_of_what_was_removed) {
  // Every second offset is another subject's but 2, which was removed before the message at 3.
  const auto verdict_after = [&](const std::vector<int>& seconds) {
    std::vector<recorded_message> messages;
    for (const int second : seconds) {
      messages.push_back(whole("00"));
      messages.back().offset = static_cast<std::int64_t>(2 * messages.size()) - 1;
      messages.back().appended_at =
          parse_timestamp("2026-01-15T12:00:00Z").value() + std::chrono::seconds(second);
    }
    auto last = part(2, "01");
    last.offset = messages.back().offset + 1;
    last.appended_at = messages.back().appended_at;
    messages.push_back(last);
    audit seen(read_at("13:00:00"), messages);
    seen.end(read_at("13:00:00").read_at, removed_offsets{{{0, 0}}, false, {2}});
    return verdict_of(seen, "MP-04");
  };
  EXPECT_EQ(verdict_after({1, 2, 3, 4, 5}), verdict::not_observed);
  EXPECT_EQ(verdict_after({1, 50, 70, 100}), verdict::not_observed);
  EXPECT_EQ(verdict_after({1, 50, 70, 100, 130, 160, 190}), verdict::fail) << "long before the set";
}

TEST_F(sets_test, the_beginning_of_the_log_is_not_that_of_a_cluster) {
  auto other = of_cluster("east", 0), last = part(2, "01");
  last.offset = 1;
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {other, last}), "MP-04"), verdict::fail);
}

TEST(rows, are_told_apart_over_all_parts_of_a_set) {
  const auto marks = [](int index) { return "\"partIndex\":" + std::to_string(index) + ",\"partTotal\":2,"; };
  auto first = message(export_envelope(array({row("a"), row("b")}), 2, marks(1)));
  auto last = message(export_envelope(array({row("b")}), 1, marks(2)));
  last.offset = 1;
  EXPECT_EQ(failing(audit({}, {first, last})), clauses{"ROW-03"});
  auto again = first;
  again.offset = 2;
  EXPECT_EQ(verdict_of(audit({}, {first, again}), "ROW-03"), verdict::pass) << "a redelivery";
}

TEST_F(sets_test, a_total_beyond_all_memory_costs_none) {
  auto vast = part(1, "01");
  vast.value = with(vast.value, R"("partTotal":2)", R"("partTotal":9000000000000000000)");
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {vast}), "MP-04"), verdict::fail);
}

TEST(partitions, one_alone_says_nothing_of_kaf_02) {
  audit_options options;
  options.partitions = 1;
  const auto judged =
      audit(options, {of_cluster("a", 0), of_cluster("a", 1)}).judge(*find_requirement("KAF-02"));
  EXPECT_EQ(judged.result, verdict::not_observed);
  EXPECT_NE(judged.reason.find("one partition"), std::string::npos);
  options.partitions = 2;
  EXPECT_EQ(verdict_of(audit(options, {of_cluster("a", 0), of_cluster("a", 1)}), "KAF-02"), verdict::pass);
}

/// A message of a key in a partition, taken in `second` seconds past noon.
recorded_message in_partition(const std::string& namespace_, int partition, int second) {
  auto made = message(
      with(array(api_row), "\"targetNamespace\":\"team-a\"", "\"targetNamespace\":\"" + namespace_ + "\""),
      namespace_);
  made.partition = partition;
  made.offset = second;
  made.appended_at = parse_timestamp("2026-01-15T12:00:00Z").value() + std::chrono::seconds(second);
  return made;
}

TEST(partitions, that_were_added_to_a_topic_are_no_fault_of_the_sink) {
  audit_options options;
  options.partitions = 4;
  const std::vector<recorded_message> grown{in_partition("a", 0, 1),  in_partition("b", 1, 2),
                                            in_partition("a", 0, 3),  in_partition("a", 2, 11),
                                            in_partition("b", 3, 12), in_partition("a", 2, 13)};
  const auto judged = audit(options, grown).judge(*find_requirement("KAF-02"));
  EXPECT_EQ(judged.result, verdict::pass);
  ASSERT_EQ(judged.notes.size(), 1U);
  EXPECT_NE(judged.notes[0].find("more partitions: 2"), std::string::npos) << judged.notes[0];
  auto back = grown;
  back.push_back(in_partition("a", 0, 14));
  EXPECT_EQ(verdict_of(audit(options, back), "KAF-02"), verdict::fail) << "back in the first one";
  auto used_before = grown;
  used_before.insert(used_before.begin(), in_partition("c", 3, 0));
  EXPECT_EQ(verdict_of(audit(options, used_before), "KAF-02"), verdict::fail) << "the last one is not new";
  const std::vector<recorded_message> in_turn{in_partition("a", 0, 1), in_partition("a", 1, 2),
                                              in_partition("b", 2, 3), in_partition("b", 3, 4)};
  EXPECT_EQ(verdict_of(audit(options, in_turn), "KAF-02"), verdict::fail);
}

TEST(partitions, that_were_added_twice_are_no_fault_of_the_sink) {
  audit_options options;
  options.partitions = 8;
  std::vector<recorded_message> grown{
      in_partition("a", 0, 1),  in_partition("b", 1, 1),  in_partition("a", 0, 2),  in_partition("b", 1, 2),
      in_partition("a", 2, 11), in_partition("b", 1, 11), in_partition("a", 2, 12), in_partition("b", 1, 12),
      in_partition("a", 6, 21), in_partition("b", 5, 22), in_partition("a", 6, 23)};
  const auto judged = audit(options, grown).judge(*find_requirement("KAF-02"));
  EXPECT_EQ(judged.result, verdict::pass);
  ASSERT_EQ(judged.notes.size(), 1U);
  EXPECT_NE(judged.notes[0].find("more partitions: 3"), std::string::npos) << judged.notes[0];
  std::ranges::stable_sort(grown, {}, &recorded_message::partition);
  EXPECT_EQ(verdict_of(audit(options, grown), "KAF-02"), verdict::pass) << "partitions are read in any order";
  grown.push_back(in_partition("b", 7, 31));
  EXPECT_EQ(verdict_of(audit(options, grown), "KAF-02"), verdict::pass) << "three times";
  grown.push_back(in_partition("c", 4, 5));
  grown.push_back(in_partition("c", 4, 32));
  EXPECT_EQ(verdict_of(audit(options, grown), "KAF-02"), verdict::pass);
  grown.push_back(in_partition("c", 3, 41));
  EXPECT_EQ(verdict_of(audit(options, grown), "KAF-02"), verdict::fail) << "none is new any more";
}

TEST(partitions, that_were_added_twice_to_a_compacted_topic_are_no_fault_of_the_sink) {
  audit_options options;
  options.partitions = 8;
  std::vector<recorded_message> last_ones; // of each key in each partition
  for (const auto* const key : {"a", "b", "c"})
    for (const int round : {0, 1, 2})
      last_ones.push_back(
          in_partition(key, round == 0 ? key[0] % 2 : 2 * round + key[0] % 2, 10 * round + 1));
  EXPECT_EQ(verdict_of(audit(options, last_ones), "KAF-02"), verdict::pass);
  last_ones.resize(3);
  EXPECT_EQ(verdict_of(audit(options, last_ones), "KAF-02"), verdict::fail)
      << "one key alone tells too little";
}

TEST(partitions, that_nobody_uses_may_have_been_added_where_keys_stay) {
  audit_options options;
  options.partitions = 3;
  std::vector<recorded_message> moved{in_partition("a", 1, 1), in_partition("a", 0, 11)};
  EXPECT_EQ(verdict_of(audit(options, moved), "KAF-02"), verdict::fail) << "it may be chance";
  moved.push_back(in_partition("a", 1, 2));
  EXPECT_EQ(verdict_of(audit(options, moved), "KAF-02"), verdict::pass);
  options.partitions = 2;
  EXPECT_EQ(verdict_of(audit(options, moved), "KAF-02"), verdict::fail);
}

TEST(partitions, that_were_added_once_explain_no_two_moves) {
  audit_options options;
  options.partitions = 3;
  std::vector<recorded_message> twice;
  for (const int second : {1, 2, 11, 12, 21})
    for (const auto& [key, last] : std::vector<std::pair<std::string, int>>{{"a", 2}, {"b", 21}})
      twice.push_back(in_partition(key, (key == "b") != (second > last), second));
  twice.push_back(in_partition("b", 0, 31));
  twice.push_back(in_partition("c", 2, 41));
  EXPECT_EQ(verdict_of(audit(options, twice), "KAF-02"), verdict::fail);
  options.partitions = 4;
  EXPECT_EQ(verdict_of(audit(options, twice), "KAF-02"), verdict::pass);
}

TEST(partitions, that_a_sink_changes_at_every_export_are_its_fault) {
  audit_options options;
  options.partitions = 16;
  std::vector<recorded_message> in_turn;
  for (int count = 0; count < 16; ++count)
    in_turn.push_back(in_partition("a", count, count));
  EXPECT_EQ(verdict_of(audit(options, in_turn), "KAF-02"), verdict::fail);
}

TEST(partitions, are_those_of_the_whole_topic_also_for_a_small_cluster) {
  const auto of = [](const std::string& cluster, int partition, int second) {
    auto made = in_partition("a", partition, second);
    made.key = cluster + ":a/all";
    made.value = with(made.value, R"("cluster":"prod-west")", "\"cluster\":\"" + cluster + "\"");
    return made;
  };
  audit_options options;
  options.partitions = 3;
  // The one key of east moves from 1 to 0 at the enlargement, of which the sink of west, that alone uses 2,
  // hears first.
  std::vector<recorded_message> fleet{of("west", 0, 1), of("west", 2, 2),  of("east", 1, 2),
                                      of("east", 1, 3), of("east", 0, 11), of("east", 0, 12)};
  const auto judged = audit(options, fleet).judge(*find_requirement("KAF-02"));
  EXPECT_EQ(judged.result, verdict::pass) << describe(judged);
  options.clusters = {"east"};
  EXPECT_EQ(verdict_of(audit(options, fleet), "KAF-02"), verdict::pass) << "west is read all the same";
  options.clusters.clear();
  for (auto& one : fleet)
    if (one.partition == 2)
      one.appended_at = parse_timestamp("2026-01-15T11:00:00Z").value();
  EXPECT_EQ(verdict_of(audit(options, fleet), "KAF-02"), verdict::fail) << "2 was there long before";
}

TEST_F(sets_test, inventories_that_no_key_tells_apart_are_not_one_torn_set) {
  audit_options options = read_at("13:00:00");
  const auto of = [&](const std::string& name, int index) {
    auto made = part(index, "01");
    made.key = "prod-west/team-a";
    made.value = with(made.value, "uid-api", "uid-" + std::to_string(index));
    made.value = with(made.value, R"("replicas":2)", R"("replicas":")" + name + "\"");
    return made;
  };
  const std::vector<recorded_message> both_sets{of("x", 1), of("y", 1), of("x", 2), of("y", 2)};
  EXPECT_EQ(verdict_of(audit(options, both_sets), "MP-04"), verdict::pass);
  EXPECT_NE(verdict_of(audit(options, {of("x", 1), of("y", 1), of("x", 2)}), "MP-04"), verdict::fail)
      << "one of the two is torn, and may have been sent again";
  EXPECT_EQ(verdict_of(audit(options, both_sets), "ROW-03"), verdict::pass)
      << "of each set its own rows count";
}

} // namespace
} // namespace kollect::conformance

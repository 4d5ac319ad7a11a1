#include "sample.hpp"

#include <suite/audit.hpp>
#include <suite/known_failing.hpp>
#include <suite/report.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

// Verdicts on what operators really meet: each of these was once judged wrongly.
namespace kollect::conformance {
namespace {

using namespace test;
using namespace std::chrono_literals;
using clauses = std::set<std::string>;

const std::vector<std::string> api_row{row("api", R"({"replicas":2})")};

std::string with(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

verdict verdict_of(const audit& seen, std::string_view clause) {
  return seen.judge(*find_requirement(clause)).result;
}

clauses failing(const audit& seen) {
  clauses out;
  for (const auto& clause : requirements)
    if (seen.judge(clause).result == verdict::fail)
      out.emplace(clause.id);
  return out;
}

observed_export refused(observed_export one, const std::string& error) {
  one.messages.clear();
  one.answer.is_ok = false;
  one.answer.error = error;
  return one;
}

/// One recorded message with another cluster, namespace and key, and its place.
recorded_message of_cluster(const std::string& cluster, std::int64_t offset = 0) {
  auto made = message(array(api_row));
  made.value = with(made.value, R"("cluster":"prod-west")", R"("cluster":")" + cluster + "\"");
  made.key = cluster + ":team-a/all";
  made.headers.front().value = cluster;
  made.offset = offset;
  return made;
}

TEST(refusal, is_judged_by_env_01_and_leaves_what_was_published_to_the_others) {
  const auto good = asked(api_row, {message(array(api_row))});
  auto large = refused(good, "export payload 1234567 bytes exceeds cap 1048576");
  large.may_be_refused = large.is_large = true;
  EXPECT_EQ(broken(record({good, large})), clauses{});
  EXPECT_EQ(broken(record({good, refused(good, "no reason at all")})), clauses{"ENV-01"});
}

TEST(refusal, of_a_large_snapshot_holds_size_01) {
  auto large = refused(asked(api_row, {}), "export payload 1234567 bytes exceeds cap 1048576");
  large.may_be_refused = large.is_large = true;
  const auto seen = record({large});
  judgement judged;
  find_judge("SIZE-01")(dissect(seen), judged);
  EXPECT_EQ(judged.looked_at, 1U);
  EXPECT_TRUE(judged.findings.empty());
}

TEST(size, a_large_snapshot_that_is_nowhere_breaks_size_01_alone) {
  auto lost = asked(api_row, {});
  lost.is_large = true;
  EXPECT_EQ(broken(record({lost})), (clauses{"DED-01", "SIZE-01"})) << "DED-01 is judged around outages only";
}

TEST(size, rows_left_out_to_make_it_fit_break_size_01) {
  const std::vector<std::string> rows{row("a"), row("b")};
  auto cut = asked(rows, {message(array({rows[0]}))});
  cut.is_large = true;
  EXPECT_TRUE(broken(record({cut})).contains("SIZE-01"));
}

TEST(consequences, a_row_without_uid_breaks_row_01_alone) {
  auto bad = message(array({row("a"), row("b")}));
  bad.value = with(with(bad.value, R"("uid":"uid-a",)", ""), R"("uid":"uid-b",)", "");
  EXPECT_EQ(broken(record({asked({row("a"), row("b")}, {bad})})), clauses{"ROW-01"});
}

TEST(consequences, a_set_that_lacks_a_part_breaks_mp_04_alone) {
  const std::vector<std::string> rows{row("a"), row("b")};
  const auto part = message(export_envelope(array({rows[0]}), 1, "\"partIndex\":1,\"partTotal\":2,"));
  EXPECT_EQ(broken(record({asked(rows, {part})})), clauses{"MP-04"});
  auto failed = asked(rows, {part});
  failed.answer.is_ok = false;
  failed.may_be_refused = true;
  EXPECT_EQ(broken(record({failed})), clauses{}) << "an export that reported an error may leave a torn set";
}

TEST(consequences, keys_in_any_order_break_byt_02_alone) {
  const auto sorted = row("api", R"({"a":{"x":1,"y":2}})"), mixed = row("api", R"({"a":{"y":2,"x":1}})");
  EXPECT_EQ(broken(record(
                {asked({sorted}, {message(array({sorted}))}), asked({sorted}, {message(array({mixed}))})})),
            clauses{"BYT-02"});
}

TEST(consequences, a_wrong_label_breaks_env_07_alone_whatever_key_and_headers_say) {
  for (const auto* key : {"prod-west:team-a/all", "prod-west:clusters/all"})
    for (const auto* named : {"team-a", "clusters"}) {
      auto bad = message(array(api_row), "clusters");
      bad.key = key;
      bad.headers.back().value = named;
      EXPECT_EQ(broken(record({asked(api_row, {bad})})), clauses{"ENV-07"}) << key << ' ' << named;
    }
}

TEST(consequences, what_a_stream_swallows_for_a_wrong_message_id_is_nat_02s) {
  auto sent = message(array(api_row));
  sent.key.reset();
  sent.headers = {{"Nats-Msg-Id", "always-the-same"}};
  const std::vector<std::string> other{row("api", R"({"replicas":3})")};
  auto seen = record({asked(api_row, {sent}), asked(other, {})});
  seen.system = broker_system::nats;
  EXPECT_EQ(broken(seen), (clauses{"NAT-02", "DED-01"})) << "DED-01 is judged around outages only";
}

TEST(namespaces, a_label_that_no_row_has_breaks_env_07_in_an_audit) {
  for (const auto* label : {"clusters", "cluster"}) {
    const audit seen({}, {message(array(api_row), label)});
    const auto judged = seen.judge(*find_requirement("ENV-07"));
    EXPECT_EQ(judged.result, verdict::fail) << label;
    EXPECT_NE(describe(judged).find("known of today's operator"), std::string::npos);
  }
  EXPECT_EQ(verdict_of(audit({}, {message(array(api_row))}), "ENV-07"), verdict::pass);
  EXPECT_EQ(verdict_of(audit({}, {message("[]")}), "ENV-07"), verdict::not_observed)
      << "no row says what the namespace is";
}

TEST(namespaces, one_row_of_the_label_is_enough) {
  const auto elsewhere = with(row("b"), R"("targetNamespace":"team-a")", R"("targetNamespace":"team-b")");
  EXPECT_EQ(verdict_of(audit({}, {message(array({row("a"), elsewhere}))}), "ENV-07"), verdict::pass);
}

TEST(namespaces, only_the_operators_own_label_is_called_its_departure) {
  auto seen = record({asked(api_row, {message(array(api_row), "team-b")})});
  seen.path_template = "inventory/clusters/{namespace}/{name}.json";
  judgement judged;
  find_judge("ENV-07")(dissect(seen), judged);
  ASSERT_EQ(judged.findings.size(), 1U);
  EXPECT_FALSE(judged.findings[0].is_operators);
  seen.exports[0].messages = {message(array(api_row), "clusters")};
  judged = {};
  find_judge("ENV-07")(dissect(seen), judged);
  ASSERT_EQ(judged.findings.size(), 1U);
  EXPECT_TRUE(judged.findings[0].is_operators);
}

TEST(secrets, what_cannot_be_one_is_none) {
  for (const auto* harmless :
       {R"({"automountServiceAccountToken":false})", R"({"token":null})", R"({"password":""})",
        R"({"secret":{"redacted":true,"reason":"pattern"}})", R"({"auth":[]})"}) {
    const std::vector<std::string> rows{row("api", harmless)};
    EXPECT_EQ(verdict_of(audit({}, {message(array(rows))}), "SEC-01"), verdict::pass) << harmless;
  }
  for (const auto* secret :
       {R"({"dbPassword":"canary"})", R"({"spec":{"token":7}})", R"({"auth":{"a":"b"}})"}) {
    const std::vector<std::string> rows{row("api", secret)};
    EXPECT_EQ(verdict_of(audit({}, {message(array(rows))}), "SEC-01"), verdict::fail) << secret;
  }
}

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

TEST(findings, beyond_the_first_are_counted) {
  std::vector<recorded_message> messages;
  for (int index = 0; index < 100; ++index) {
    messages.push_back(of_cluster("east", index));
    messages.back().key = "another";
  }
  const auto judged = audit({}, messages).judge(*find_requirement("KAF-01"));
  EXPECT_EQ(judged.findings.size(), most_findings);
  EXPECT_EQ(judged.findings.size() + judged.more_findings, 100U);
  EXPECT_NE(describe(judged).find("and 97 more"), std::string::npos) << describe(judged);
}

TEST(known_failures, that_this_run_cannot_show_stay_on_the_list) {
  const known_failing list{"KAF-02", "KAF-08", "PAY-02"};
  clause_result unseen;
  unseen.result = verdict::not_observed;
  unseen.clause = find_requirement("KAF-02");
  unseen.notes = {std::string(one_partition_note)};
  EXPECT_EQ(apply_known_failing(unseen, list, true).result, verdict::not_observed);
  unseen.clause = find_requirement("KAF-08");
  unseen.notes.clear();
  unseen.skipped = {"encryption: this takes brokers of the suite's own"};
  EXPECT_EQ(apply_known_failing(unseen, list, true).result, verdict::not_observed);
  unseen.clause = find_requirement("PAY-02");
  unseen.skipped.clear();
  EXPECT_EQ(apply_known_failing(unseen, list, true).result, verdict::fail)
      << "the sink was driven, and has none";
}

TEST_F(sets_test, a_total_beyond_all_memory_costs_none) {
  auto vast = part(1, "01");
  vast.value = with(vast.value, R"("partTotal":2)", R"("partTotal":9000000000000000000)");
  EXPECT_EQ(verdict_of(audit(read_at("13:00:00"), {vast}), "MP-04"), verdict::fail);
}

TEST(fleet, each_cluster_is_judged_by_its_own_label) {
  const audit seen({}, {of_cluster("east", 0), of_cluster("prod-west", 1), of_cluster("", 2)});
  EXPECT_EQ(failing(seen), clauses{});
  EXPECT_EQ(verdict_of(seen, "ENV-06"), verdict::pass);
  ASSERT_EQ(seen.clusters().size(), 3U);
  EXPECT_EQ(failing(audit({}, {of_cluster(" east")})), clauses{"ENV-06"}) << "not trimmed";
}

TEST(fleet, is_narrowed_to_clusters_by_name) {
  auto bad = of_cluster("east");
  bad.key = "east/team-a";
  const std::vector<recorded_message> messages{bad, of_cluster("west", 1)};
  EXPECT_EQ(failing(audit({}, messages)), clauses{"KAF-01"});
  audit_options west;
  west.clusters = {"west"};
  EXPECT_EQ(failing(audit(west, messages)), clauses{});
  west.clusters = {"north"};
  EXPECT_EQ(audit(west, messages).message_count(), 0U);
}

TEST(fleet, the_report_has_a_table_by_cluster) {
  auto bad = of_cluster("east");
  bad.key = "east/team-a";
  auto foreign = message("[]");
  foreign.value = "not ours";
  const audit seen({}, {bad, of_cluster("west", 1), foreign});
  run_report report;
  report.clusters = seen.clusters();
  for (const auto& clause : requirements)
    report.results.push_back(seen.judge(clause));
  std::ostringstream text;
  print_summary(text, report);
  EXPECT_NE(text.str().find("\neast "), std::string::npos) << text.str();
  for (const auto* line : {"KAF-01", "west", "no cluster label"})
    EXPECT_NE(text.str().find(line), std::string::npos) << text.str();
  EXPECT_NE(to_json(report).find(R"("cluster":"east","messages":1)"), std::string::npos);
  EXPECT_NE(to_json(report).find(R"("failing":["KAF-01"])"), std::string::npos);
  EXPECT_NE(to_html(report).find("<td>east"), std::string::npos);
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

TEST(foreign_messages, without_a_payload_break_env_02_alone) {
  auto foreign = message("[]");
  foreign.value = R"({ "order": 1.50, "path": "a\/b" })";
  foreign.key = "prod-west:team-a/all";
  foreign.partition = 3;
  EXPECT_EQ(failing(audit({}, {message(array(api_row)), foreign})), clauses{"ENV-02"});
}

TEST(foreign_messages, count_for_and_against_env_03_alone) {
  auto foreign = message("[]");
  foreign.value = with(foreign.value, "kollect.dev/v1alpha1", "kollect.dev/v2");
  foreign.key = "something else";
  foreign.headers.clear();
  foreign.partition = 3;
  const audit seen({}, {message(array(api_row)), foreign});
  EXPECT_EQ(failing(seen), clauses{"ENV-03"});
  EXPECT_EQ(verdict_of(seen, "DEL-02"), verdict::not_observed);
  EXPECT_EQ(verdict_of(audit({}, {message("[]")}), "DEL-02"), verdict::pass);
}

TEST(known_failures, of_some_configurations_may_hold_and_features_may_be_lacking) {
  const known_failing list{"ENV-07", "SIZE-01", "KAF-08", "KAF-01"};
  const auto made = [](std::string_view id, verdict result) {
    clause_result out;
    out.clause = find_requirement(id);
    out.result = result;
    return out;
  };
  EXPECT_EQ(apply_known_failing(made("ENV-07", verdict::pass), list, true).result, verdict::pass);
  EXPECT_EQ(apply_known_failing(made("SIZE-01", verdict::fail), list, true).result,
            verdict::expected_failure);
  EXPECT_EQ(apply_known_failing(made("KAF-08", verdict::not_applicable), list, true).result,
            verdict::not_applicable);
  EXPECT_EQ(apply_known_failing(made("KAF-01", verdict::pass), list, true).result, verdict::fail);
  const known_failing partitions{"KAF-02"};
  EXPECT_EQ(apply_known_failing(made("KAF-02", verdict::pass), partitions, false).result, verdict::pass)
      << "two messages may be in one partition by chance";
  EXPECT_EQ(apply_known_failing(made("KAF-02", verdict::pass), partitions, true).result, verdict::fail);
}

TEST(known_failures, are_read_as_editors_leave_them) {
  const auto list = parse_known_failing("\xef\xbb\xbf"
                                        "ENV-07   # why\r\n\r\n  KAF-01\r\n",
                                        "list.txt");
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ(*list, (known_failing{"ENV-07", "KAF-01"}));
  const auto wrong = parse_known_failing("KAF-01\nKAF-20\n", "list.txt");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().position->line, 2U);
}

TEST(profile, is_partial_where_a_filter_left_clauses_out) {
  run_report report;
  clause_result held;
  held.clause = find_requirement("ENV-01");
  held.result = verdict::pass;
  report.results = {held};
  EXPECT_EQ(report.verdict_of_all(), profile_result::success);
  report.is_narrowed = true;
  EXPECT_EQ(report.verdict_of_all(), profile_result::partial);
}

} // namespace
} // namespace kollect::conformance

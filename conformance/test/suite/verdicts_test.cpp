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

observed_export refused(observed_export one, const std::string& error) {
  one.messages.clear();
  one.answer.is_ok = false;
  one.answer.error = error;
  return one;
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

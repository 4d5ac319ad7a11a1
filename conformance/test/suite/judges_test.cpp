#include "sample.hpp"

#include <suite/audit.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace kollect::conformance {
namespace {

using namespace test;

const std::vector<std::string> one_row{row("api", R"({"replicas":2})")};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "nothing like " << from << " in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// A good message with one thing changed in its bytes, and the one clause that this breaks.
struct spoiled {
  const char* name;
  const char* from;
  const char* to;
  const char* clause;

  friend std::ostream& operator<<(std::ostream& out, const spoiled& one) { return out << one.name; }
};

class one_spoiled_message : public testing::TestWithParam<spoiled> {};

TEST_P(one_spoiled_message, breaks_its_clause_alone) {
  const auto& [name, from, to, clause] = GetParam();
  auto bad = message(array(one_row));
  bad.value = replaced(bad.value, from, to);
  EXPECT_EQ(broken(record({asked(one_row, {bad})})), clauses{clause});
}

INSTANTIATE_TEST_SUITE_P(
    envelope, one_spoiled_message,
    testing::Values(spoiled{"trailing_text", "}]}", "}]}x", "ENV-01"},
                    spoiled{"cut_off", "}]}", "}]", "ENV-01"},
                    spoiled{"unknown_field", ",\"payload\"", ",\"more\":1,\"payload\"", "ENV-02"},
                    spoiled{"order", R"("cluster":"prod-west","namespace":"team-a")",
                            R"("namespace":"team-a","cluster":"prod-west")", "ENV-02"},
                    spoiled{"other_version", "v1alpha1", "v1beta1", "ENV-03"},
                    spoiled{"empty_version", "kollect.dev/v1alpha1", "", "ENV-03"},
                    spoiled{"offset_instead_of_z", "12:00:00.5Z", "13:00:00.5+01:00", "ENV-05"},
                    spoiled{"trailing_zero", ".5Z", ".50Z", "ENV-05"},
                    spoiled{"kept_timestamp", "2026-01-15T12:00:00.5Z", "2026-01-15T11:59:59Z", "ENV-05"}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    rows_and_bytes, one_spoiled_message,
    testing::Values(
        spoiled{
            "payload_is_text",
            R"([{"targetNamespace":"team-a","targetName":"deployments","namespace":"team-a","name":"api","group":"apps","version":"v1","kind":"Deployment","uid":"uid-api","attributes":{"replicas":2}}])",
            R"("[]")", "PAY-01"},
        spoiled{"empty_group", R"("group":"apps")", R"("group":"")", "ROW-01"},
        spoiled{"no_kind", R"("kind":"Deployment",)", "", "ROW-01"},
        spoiled{"row_field_order", R"("version":"v1","kind":"Deployment")",
                R"("kind":"Deployment","version":"v1")", "ROW-01"},
        spoiled{"attributes_array", R"({"replicas":2})", "[]", "ROW-02"},
        spoiled{"lost_attribute", R"({"replicas":2})", "{}", "ROW-02"},
        spoiled{"white_space", R"("replicas":2)", R"("replicas": 2)", "BYT-01"},
        spoiled{"line_end", R"(","payload")", "\",\n\"payload\"", "BYT-01"},
        spoiled{"repeated_key", R"({"replicas":2})", R"({"replicas":2,"replicas":2})", "BYT-02"},
        spoiled{"needless_escape", "apps", "\\u0061pps", "BYT-03"},
        spoiled{"escaped_slash", "kollect.dev/", "kollect.dev\\/", "BYT-03"},
        spoiled{"needless_fraction", R"("replicas":2)", R"("replicas":2.0)", "BYT-04"},
        spoiled{"exponent", R"("replicas":2)", R"("replicas":2e0)", "BYT-04"}),
    [](const auto& one) { return one.param.name; });

TEST(judges, a_good_message_breaks_nothing) {
  EXPECT_EQ(broken(record({asked(one_row, {message(array(one_row))})})), clauses{});
  EXPECT_EQ(broken(record({asked(one_row, {message(export_envelope(array(one_row), 1))})})), clauses{});
}

TEST(judges, text_of_all_the_world_breaks_nothing) {
  const std::vector<std::string> rows{
      row("api", "{\"s\":\"\u00e9 \u6f22 \U0001F600 \x7f / \\u2028\\u003c\\ufffd\\u0000\\b\\\"\"}")};
  EXPECT_EQ(broken(record({asked(rows, {message(array(rows))})})), clauses{});
}

TEST(judges, a_redelivery_breaks_nothing) {
  const auto good = message(array(one_row));
  EXPECT_EQ(broken(record({asked(one_row, {good, good})})), clauses{});
}

/// An export envelope with one thing changed.
TEST(judges, each_field_of_an_export_envelope_has_its_clause) {
  const auto items = array(one_row);
  const auto good = export_envelope(items, 1);
  for (const auto& [from, to, clause] :
       {std::tuple{R"("itemCount":1)", R"("itemCount":2)", "PAY-03"},
        {R"("exportedAt":"2026-01-15T12:00:00.5Z")", R"("exportedAt":"2026-01-15T12:00:00.50Z")", "PAY-04"},
        {R"("exportedAt":"2026-01-15T12:00:00.5Z")", R"("exportedAt":"2026-01-15T12:00:01Z")", "PAY-04"},
        {R"("generation":3)", R"("generation":4)", "PAY-05"},
        {R"("generation":3,)", R"("generation":3,"cluster":"c",)", "PAY-01"},
        {R"("checksum":")", R"("checksum":"0)", "PAY-02"},
        {R"("itemCount")", R"("partIndex":1,"partTotal":1,"itemCount")", "MP-03"}})
    EXPECT_EQ(broken(record({asked(one_row, {message(replaced(good, from, to))})})), clauses{clause}) << to;
}

TEST(judges, labels_are_those_of_sink_and_inventory) {
  auto other_namespace = message(array(one_row), "team-b");
  other_namespace.key = "prod-west:team-b/all";
  EXPECT_EQ(broken(record({asked(one_row, {other_namespace})})), clauses{"ENV-07"});
  auto here = asked(one_row, {message(array(one_row))});
  here.cluster = "elsewhere";
  EXPECT_EQ(broken(record({here})), clauses{"ENV-06"});
}

TEST(judges, rows_are_all_there_once_and_sorted) {
  const std::vector<std::string> rows{row("a"), row("b")};
  EXPECT_EQ(broken(record({asked(rows, {message(array({rows[0]}))})})), clauses{"ENV-01"});
  EXPECT_EQ(broken(record({asked(rows, {message(array({rows[0], rows[0], rows[1]}))})})), clauses{"ROW-03"});
  EXPECT_EQ(broken(record({asked(rows, {message(array({rows[1], rows[0]}))})})), clauses{"ORD-01"});
  EXPECT_EQ(broken(record({asked(rows, {})})), (clauses{"ENV-01", "DED-01"}));
}

TEST(judges, an_export_without_payload_is_an_error_and_publishes_nothing) {
  auto nothing = asked({}, {});
  nothing.asked->items = "null";
  nothing.answer.is_ok = false;
  EXPECT_FALSE(broken(record({nothing})).contains("ENV-08"));
  nothing.answer.is_ok = true;
  EXPECT_TRUE(broken(record({nothing})).contains("ENV-08"));
  nothing.answer.is_ok = false;
  nothing.messages = {message("[]")};
  EXPECT_TRUE(broken(record({nothing})).contains("ENV-08"));
}

TEST(judges, kafka_key_partition_and_headers) {
  auto bad = message(array(one_row));
  bad.key = "prod-west/team-a";
  EXPECT_EQ(broken(record({asked(one_row, {bad})})), clauses{"KAF-01"});
  bad = message(array(one_row));
  bad.headers.pop_back();
  EXPECT_EQ(broken(record({asked(one_row, {bad})})), clauses{"KAF-04"});
  bad = message(array(one_row));
  bad.partition = 1;
  EXPECT_EQ(broken(record({asked(one_row, {message(array(one_row))}), asked(one_row, {bad})})),
            clauses{"KAF-02"});
}

TEST(judges, nats_message_id_and_flip) {
  auto good = message(array(one_row));
  good.key.reset();
  good.headers = {{"Nats-Msg-Id", to_string(sha256("prod-west/team-a/" + array(one_row)))}};
  auto seen = record({asked(one_row, {good})});
  seen.system = broker_system::nats;
  EXPECT_EQ(broken(seen), clauses{});
  seen.exports[0].messages[0].headers[0].value[0] ^= 1;
  EXPECT_EQ(broken(seen), clauses{"NAT-02"});
  // A, B, A: with an array the last must be swallowed.
  const std::vector<std::string> other{row("api", R"({"replicas":3})")};
  auto flip = record({asked(one_row, {good}), asked(other, {}), asked(one_row, {})});
  flip.system = broker_system::nats;
  EXPECT_FALSE(broken(flip).contains("NAT-06"));
  flip.exports[2].messages = {good};
  EXPECT_TRUE(broken(flip).contains("NAT-06"));
  // Of a sink with ids of its own the window swallows nothing, or something else.
  auto own_ids = record({asked(one_row, {good}), asked(other, {}), asked(one_row, {good})});
  own_ids.system = broker_system::nats;
  own_ids.exports[0].messages[0].headers[0].value = "first";
  own_ids.exports[2].messages[0].headers[0].value = "last";
  EXPECT_TRUE(broken(own_ids).contains("NAT-02"));
  EXPECT_FALSE(broken(own_ids).contains("NAT-06"));
}

TEST(judges, what_a_wrong_message_id_has_swallowed_is_nat_02_alone) {
  auto first = message(array(one_row));
  first.key.reset();
  first.headers = {{"Nats-Msg-Id", "the-only-one"}};
  auto large = asked({row("web")}, {});
  large.may_be_refused = large.is_large = true;
  auto seen = record({asked(one_row, {first}), asked({}, {}), asked(one_row, {}), large});
  seen.system = broker_system::nats;
  const auto found = broken(seen);
  for (const auto* other : {"DEL-02", "DEL-04", "NAT-06", "SIZE-01", "ENV-01"})
    EXPECT_FALSE(found.contains(other)) << other;
  EXPECT_TRUE(found.contains("NAT-02"));
}

TEST(judges, of_attributes_own_names_the_order_is_row_02s_alone) {
  const std::vector<std::string> backwards{row("api", R"({"b":{"y":1,"x":2},"a":1})")};
  const std::vector<std::string> wanted{row("api", R"({"a":1,"b":{"x":2,"y":1}})")};
  EXPECT_EQ(broken(record({asked(wanted, {message(array(backwards))})})), (clauses{"ROW-02", "BYT-02"}));
  const std::vector<std::string> top_alone{row("api", R"({"b":{"x":2,"y":1},"a":1})")};
  EXPECT_EQ(broken(record({asked(wanted, {message(array(top_alone))})})), clauses{"ROW-02"});
}

/// Rows over a limit in parts: the first part holds what fits.
class parts_test : public testing::Test {
protected:
  const std::vector<std::string> rows{row("a"), row("b"), row("c")};

  std::string part(const std::vector<std::string>& of, int index, int total,
                   const std::string& generation = "3") const {
    return export_envelope(array(of), of.size(),
                           "\"partIndex\":" + std::to_string(index) +
                               ",\"partTotal\":" + std::to_string(total) + ",",
                           generation);
  }
  observed_export limited(std::vector<std::string> payloads, std::size_t limit) const {
    std::vector<recorded_message> messages;
    for (const auto& payload : payloads)
      messages.push_back(message(payload));
    auto out = asked(rows, std::move(messages));
    out.asked->max_export_bytes = limit;
    return out;
  }
  std::size_t two_rows() const { return part({rows[0], rows[1]}, 1, 2).size(); }
};

TEST_F(parts_test, a_good_set_breaks_nothing) {
  EXPECT_EQ(broken(record({limited({part({rows[0], rows[1]}, 1, 2), part({rows[2]}, 2, 2)}, two_rows())})),
            clauses{});
}

TEST_F(parts_test, each_fault_of_a_set_has_its_clause) {
  EXPECT_EQ(broken(record({limited({part({rows[0]}, 1, 2), part({rows[1], rows[2]}, 2, 2)}, two_rows())})),
            clauses{"MP-01"});
  EXPECT_EQ(broken(record({limited({array(rows)}, array(rows).size() - 1)})), clauses{"MP-01"});
  EXPECT_EQ(broken(record({limited({part({rows[0], rows[1]}, 1, 2), part({rows[2]}, 1, 2)}, two_rows())})),
            clauses{"MP-04"});
  EXPECT_EQ(
      broken(record({limited({part({rows[0], rows[1]}, 1, 2), part({rows[2]}, 2, 2, "4")}, two_rows())})),
      clauses{"MP-05"});
  EXPECT_TRUE(
      broken(record({limited({part({rows[0], rows[1]}, 1, 2), part({rows[2]}, 2, 2)}, two_rows() - 1)}))
          .contains("MP-02"));
  EXPECT_TRUE(broken(record({limited({part({rows[0], rows[1]}, 1, 2), part({rows[2]}, 2, 2)}, 100'000)}))
                  .contains("MP-03"));
}

TEST_F(parts_test, a_row_that_alone_is_too_large_is_an_error_that_says_so) {
  auto refused = limited({}, 300);
  refused.may_be_refused = refused.is_large = true;
  refused.answer = {.is_ok = false,
                    .error = "single item export envelope exceeds maxExportBytes (300)",
                    .asked_at = {},
                    .answered_at = {}};
  EXPECT_EQ(broken(record({refused})), clauses{});
  // A sink that splits says so in those words; one that never splits answers an error of its own.
  refused.answer.error = "export payload 900 bytes exceeds cap 300";
  EXPECT_EQ(broken(record({refused})), clauses{});
  const auto split = limited({part({rows[0], rows[1]}, 1, 2), part({rows[2]}, 2, 2)}, two_rows());
  EXPECT_EQ(broken(record({split, refused})), clauses{"MP-02"});
  auto capped = limited({}, two_rows());
  capped.may_be_refused = capped.is_large = true;
  capped.answer.is_ok = false;
  EXPECT_EQ(broken(record({split, capped, refused})), clauses{}) << "it caps what it could split";
  refused = limited({array(rows)}, 300);
  refused.is_large = true;
  EXPECT_EQ(broken(record({refused})), clauses{"MP-02"});
}

TEST(judges, empty_and_unchanged_snapshots_are_published) {
  EXPECT_EQ(broken(record({asked({}, {message("[]")})})), clauses{});
  EXPECT_TRUE(broken(record({asked({}, {})})).contains("DEL-02"));
  EXPECT_TRUE(
      broken(record({asked(one_row, {message(array(one_row))}), asked(one_row, {})})).contains("DEL-04"));
}

TEST(judges, secrets_are_named_by_their_place_and_not_shown) {
  const std::vector<std::string> rows{row("api", R"({"spec":[{"dbPassword":"canary"}]})")};
  const auto seen = record({asked(rows, {message(array(rows))})});
  EXPECT_EQ(broken(seen), clauses{"SEC-01"});
  judgement judged;
  find_judge("SEC-01")(dissect(seen), judged);
  ASSERT_EQ(judged.findings.size(), 1U);
  EXPECT_NE(judged.findings[0].what.find("/attributes/spec/0/dbPassword"), std::string::npos);
  for (const auto& text : {judged.findings[0].what, judged.findings[0].found, judged.findings[0].excerpt})
    EXPECT_EQ(text.find("canary"), std::string::npos);
  const std::vector<std::string> redacted{
      row("api", R"({"token":{"reason":"sensitive-key","redacted":true}})")};
  EXPECT_EQ(broken(record({asked(redacted, {message(array(redacted))})})), clauses{});
}

TEST(judges, an_audit_reports_foreign_messages_and_goes_on) {
  auto foreign = message("[]");
  foreign.value = "\x01\x02 not ours";
  const audit seen({}, {foreign, message(array(one_row))});
  const auto one_envelope = seen.judge(*find_requirement("ENV-01"));
  EXPECT_EQ(one_envelope.result, verdict::fail);
  ASSERT_EQ(one_envelope.findings.size(), 1U);
  EXPECT_EQ(one_envelope.findings[0].place, "topic/0/0");
  EXPECT_NE(one_envelope.findings[0].excerpt.find("01 02 20 6e"), std::string::npos)
      << one_envelope.findings[0].excerpt;
  EXPECT_EQ(seen.judge(*find_requirement("ROW-01")).result, verdict::pass);
  EXPECT_EQ(seen.judge(*find_requirement("KAF-03")).result, verdict::not_observed);
}

} // namespace
} // namespace kollect::conformance

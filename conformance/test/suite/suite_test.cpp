#include <suite/known_failing.hpp>
#include <suite/report.hpp>
#include <suite/verdict.hpp>
#include <suite/wiretap.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace kollect::conformance {
namespace {

clause_result made(std::string_view id, verdict result) {
  clause_result out;
  out.clause = find_requirement(id);
  out.result = result;
  return out;
}

TEST(profile_result, counts_must_always_should_if_strict_and_info_never) {
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass)}, false), profile_result::success);
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("ENV-02", verdict::fail)}, false),
            profile_result::failure);
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("ENV-02", verdict::could_not_run)}, false),
            profile_result::failure);
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("KAF-04", verdict::fail)}, false),
            profile_result::success);
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("KAF-04", verdict::fail)}, true),
            profile_result::failure);
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("PAY-05", verdict::fail)}, true),
            profile_result::success);
}

TEST(profile_result, is_partial_where_a_required_clause_was_skipped) {
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("ENV-02", verdict::not_observed)}, false),
            profile_result::partial);
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("KAF-07", verdict::not_applicable)}, false),
            profile_result::partial);
  EXPECT_EQ(result_of({made("ENV-01", verdict::pass), made("DED-02", verdict::not_observed)}, false),
            profile_result::success)
      << "what no black box can see is not required of one";
  auto half = made("SEC-02", verdict::pass);
  half.skipped = {"encryption: the testee does not offer tls"};
  EXPECT_EQ(result_of({half}, false), profile_result::partial);
}

TEST(profile_result, is_nothing_where_nothing_was_judged) {
  EXPECT_EQ(result_of({}, false), profile_result::nothing);
  EXPECT_EQ(result_of({made("ENV-01", verdict::could_not_run)}, false), profile_result::nothing);
  EXPECT_EQ(result_of({made("ENV-01", verdict::not_observed)}, false), profile_result::nothing);
}

TEST(known_failing, is_read_with_its_comments) {
  const auto list = parse_known_failing("# why\n\n KAF-01  # the key has no inventory\r\nDEL-02\n", "list");
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ(*list, (known_failing{"DEL-02", "KAF-01"}));
}

TEST(known_failing, an_unknown_clause_is_named_with_the_nearest) {
  const auto list = parse_known_failing("KAF-01\nENV-5\n", "list");
  ASSERT_FALSE(list);
  const auto text = to_string(list.error());
  EXPECT_NE(text.find("list:2:"), std::string::npos) << text;
  EXPECT_NE(text.find("ENV-05"), std::string::npos) << text;
}

TEST(known_failing, a_listed_clause_must_fail) {
  const known_failing list{"KAF-01"};
  EXPECT_EQ(apply_known_failing(made("KAF-01", verdict::fail), list, true).result, verdict::expected_failure);
  EXPECT_EQ(apply_known_failing(made("KAF-01", verdict::pass), list, true).result, verdict::fail);
  EXPECT_EQ(apply_known_failing(made("KAF-01", verdict::not_observed), list, true).result, verdict::fail)
      << "an unused line";
  EXPECT_EQ(apply_known_failing(made("KAF-01", verdict::not_observed), list, false).result,
            verdict::not_observed)
      << "an audit cannot see everything";
  EXPECT_EQ(apply_known_failing(made("KAF-01", verdict::could_not_run), list, true).result,
            verdict::could_not_run);
  EXPECT_EQ(apply_known_failing(made("KAF-04", verdict::fail), list, true).result, verdict::fail);
}

run_report sample_report() {
  run_report report;
  report.implementation = "a <sink>";
  report.profile = "kafka";
  report.mode = "drive";
  auto bad = made("ENV-05", verdict::fail);
  bad.findings.push_back({.what = "it is <late>",
                          .place = "topic/0/7",
                          .expected = "early",
                          .found = "late",
                          .excerpt = "byte 0: 7b |{|"});
  report.results = {made("ENV-01", verdict::pass), bad};
  return report;
}

TEST(report, json_has_what_ci_needs) {
  const auto json = boost::json::parse(to_json(sample_report()));
  EXPECT_EQ(json.at("resultsVersion").as_int64(), results_version);
  EXPECT_EQ(json.at("outcome").as_string(), "failure");
  EXPECT_EQ(json.at("counts").at("fail").to_number<int>(), 1);
  const auto& one = json.at("cases").at(1);
  EXPECT_EQ(one.at("id").as_string(), "ENV-05");
  EXPECT_EQ(one.at("level").as_string(), "MUST");
  EXPECT_EQ(one.at("result").as_string(), "fail");
  EXPECT_EQ(one.at("findings").at(0).at("place").as_string(), "topic/0/7");
}

TEST(report, html_escapes_what_sinks_say_and_loads_nothing) {
  const auto page = to_html(sample_report());
  EXPECT_NE(page.find("a &lt;sink&gt;"), std::string::npos);
  EXPECT_NE(page.find("it is &lt;late&gt;"), std::string::npos);
  for (const auto* loading : {"<script", "http://", "https://", "src=", "url("})
    EXPECT_EQ(page.find(loading), std::string::npos) << loading;
}

TEST(report, a_failure_shows_sentence_bytes_and_place) {
  const auto text = describe(sample_report().results[1]);
  for (const auto* part :
       {"ENV-05 MUST: timestamp is RFC 3339", "topic/0/7", "expected: early", "found: late", "byte 0: 7b"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST(excerpt, shows_bytes_around_the_place) {
  EXPECT_EQ(hex_excerpt("abc\n", 2), "byte 0: 61 62 63 0a |abc.|");
  EXPECT_EQ(printable_excerpt("a\x1b[0m", 3), "a\\x1b[…");
}

/// A Produce request up to its acks: header, then what comes before them.
std::string produce_request(char version, const std::string& before_acks, std::int16_t acks) {
  std::string out("\0\0\0\0\0\0\0\7\0\1x", 11);
  out[3] = version;
  out += before_acks;
  out += static_cast<char>((acks >> 8) & 255);
  return out + static_cast<char>(acks & 255) + "rest";
}

TEST(wiretap, reads_acks_of_each_version_of_the_produce_request) {
  const std::string null_text("\xff\xff", 2), flexible(2, '\0');
  EXPECT_EQ(acks_of(produce_request(2, "", 1)), 1);
  EXPECT_EQ(acks_of(produce_request(7, null_text, -1)), -1);
  EXPECT_EQ(acks_of(produce_request(7, std::string("\0\2ab", 4), 0)), 0);
  EXPECT_EQ(acks_of(produce_request(9, flexible, -1)), -1);
  EXPECT_EQ(acks_of(produce_request(9, std::string("\0\3ab", 4), 1)), 1);
  auto metadata = produce_request(7, null_text, -1);
  metadata[1] = 3;
  EXPECT_EQ(acks_of(metadata), std::nullopt);
  for (std::size_t size = 0; size < 14; ++size)
    EXPECT_EQ(acks_of(produce_request(7, null_text, -1).substr(0, size)), std::nullopt) << size;
}

TEST(wiretap, sends_clients_back_to_itself) {
  std::string answer("xx127.0.0.1\0\0\x23\x84yy127.0.0.1\0\0\x11\x11", 30);
  const auto size = answer.size();
  redirect(answer, 0x2384, 0x1234);
  EXPECT_EQ(answer, std::string("xx127.0.0.1\0\0\x12\x34yy127.0.0.1\0\0\x11\x11", 30));
  EXPECT_EQ(answer.size(), size);
}

} // namespace
} // namespace kollect::conformance

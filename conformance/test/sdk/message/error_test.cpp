#include <support/failure_is.hpp>

#include <kollect/envelope.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/message.hpp>
#include <kollect/parse.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <boost/system/system_error.hpp>

#include <sstream>

namespace kollect::test {

namespace {

/// Every error there is: those whose name is known.
std::vector<error> all_errors() {
  std::vector<error> out;
  for (int value = 1; error_name(static_cast<error>(value)) != "unknown"; ++value)
    out.push_back(static_cast<error>(value));
  return out;
}

} // namespace

TEST(errors, each_has_a_name_a_sentence_and_a_condition_of_its_own) {
  const auto all = all_errors();
  ASSERT_EQ(all.back(), error::internal);
  std::set<std::string> names, sentences;
  for (const auto value : all) {
    const boost::system::error_code code = value;
    EXPECT_EQ(code.category(), error_category());
    EXPECT_STREQ(code.category().name(), "kollect");
    EXPECT_TRUE(code.failed());
    EXPECT_TRUE(names.insert(std::string(error_name(value))).second) << error_name(value);
    EXPECT_TRUE(sentences.insert(code.message()).second) << code.message();
    EXPECT_EQ(error_name(value).find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"),
              std::string_view::npos);
    int conditions = 0;
    for (const auto kind : {condition::bad_data, condition::bad_configuration, condition::unavailable,
                            condition::authentication, condition::cannot_store, condition::lost_ownership,
                            condition::out_of_resources, condition::internal})
      conditions += code == kind ? 1 : 0;
    EXPECT_EQ(conditions, 1) << error_name(value);
  }
}

TEST(errors, compare_with_conditions_whichever_comes_first) {
  const boost::system::error_code code = error::checksum_mismatch;
  EXPECT_TRUE(code == condition::bad_data);
  EXPECT_TRUE(condition::bad_data == code);
  EXPECT_FALSE(code == condition::unavailable);
  EXPECT_TRUE(code != condition::unavailable);
  EXPECT_TRUE(code == error::checksum_mismatch);
  EXPECT_TRUE(make_error_code(error::broker_timeout) == condition::unavailable);
  EXPECT_TRUE(make_error_code(error::authentication_failed) == condition::authentication);
  EXPECT_TRUE(make_error_code(error::store_full) == condition::cannot_store);
  EXPECT_TRUE(make_error_code(error::fenced) == condition::lost_ownership);
  EXPECT_TRUE(make_error_code(error::unknown_key) == condition::bad_configuration);
  EXPECT_TRUE(make_error_code(error::internal) == condition::internal);
  const boost::system::error_code foreign(static_cast<int>(error::syntax), boost::system::generic_category());
  EXPECT_FALSE(foreign == condition::bad_data);
  EXPECT_FALSE(foreign == error::syntax);
}

TEST(errors, numbers_that_are_no_error_are_internal) {
  for (const int value : {0, -1, 1'000'000}) {
    EXPECT_EQ(error_name(static_cast<error>(value)), "unknown");
    EXPECT_FALSE(error_category().message(value).empty());
  }
  EXPECT_FALSE(make_error_condition(condition::bad_data).message().empty());
  EXPECT_STREQ(make_error_condition(condition::bad_data).category().name(), "kollect.condition");
}

TEST(failures, are_printed_as_one_line_with_all_that_is_known) {
  auto reason = make_failure(error::unknown_key, "there is no key brokrs", "KAF-05", text_position{40, 3, 7});
  EXPECT_EQ(to_string(reason), "3:7: there is no key brokrs [KAF-05]");
  reason.source = "sink.yaml";
  EXPECT_EQ(to_string(reason), "sink.yaml:3:7: there is no key brokrs [KAF-05]");
  reason.position = text_position{40, 0, 0};
  reason.clause = {};
  EXPECT_EQ(to_string(reason), "sink.yaml: there is no key brokrs at byte 40");
  EXPECT_EQ(to_string(make_failure(error::syntax, "")), "the text is not valid JSON");
  std::ostringstream out;
  out << reason;
  EXPECT_EQ(out.str(), to_string(reason));
}

TEST(failures, know_their_reason_and_where_they_were_made) {
  const auto reason = make_failure(error::torn_set, "x");
  EXPECT_EQ(reason.reason(), error::torn_set);
  EXPECT_EQ(reason.location.line(), static_cast<unsigned>(__LINE__ - 2));
  EXPECT_NE(std::string_view(reason.location.file_name()).find("error_test.cpp"), std::string_view::npos);
}

TEST(failures, are_thrown_as_a_system_error_by_value) {
  const auto read = parse_value("[1,]");
  try {
    read.value();
    FAIL() << "nothing was thrown";
  } catch (const boost::system::system_error& thrown) {
    EXPECT_EQ(thrown.code(), error::syntax);
    EXPECT_NE(std::string_view(thrown.what()).find("1:4: the text is not valid JSON"), std::string_view::npos)
        << thrown.what();
  }
}

TEST(received_message, is_acknowledged_once_however_often_it_is_asked_to_be) {
  int times = 0;
  received_message message;
  message.acknowledge(); // nobody listens
  message.on_acknowledge = [&times] { ++times; };
  received_message moved = std::move(message);
  moved.acknowledge();
  moved.acknowledge();
  EXPECT_EQ(times, 1);
  static_assert(!std::is_copy_constructible_v<received_message>);
}

TEST(failure, stays_one_harmless_line_whatever_it_quotes) { // S13, S33
  const std::string hostile = "a\nb\r\tc\x1b[31m\x7F\xC2\x9B"
                              "d\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8E\xD8\x9C\xE2\x80\xA8\xFF\xE2\x80é漢🚀\\";
  const std::string shown = R"(a\nb\r\tc\x1b[31m\x7f\x9bd\u202e\u2066\u200e\u061c\u2028\xff\xe2\x80é漢🚀\)";
  EXPECT_EQ(make_failure(error::syntax, hostile).message, shown);
  failure by_hand;
  by_hand.code = make_error_code(error::syntax);
  by_hand.message = hostile;
  by_hand.source = hostile;
  EXPECT_EQ(to_string(by_hand), shown + ": " + shown);
  std::ostringstream out;
  out << by_hand;
  EXPECT_EQ(out.str(), to_string(by_hand));
  // Twice is once.
  EXPECT_EQ(make_failure(error::syntax, shown).message, shown);
}

TEST(failure, quotes_what_came_from_elsewhere_cut_between_characters) {
  for (std::size_t before = 60; before <= 64; ++before) {
    const auto text = R"({"schemaVersion":")" + std::string(before, 'x') + "éééé" +
                      R"(","timestamp":"2026-01-15T12:00:00Z","cluster":"c","namespace":"n","payload":[]})";
    const auto read = parse_envelope(text);
    ASSERT_FALSE(read);
    const std::string whole = "é", quote = "\"" + std::string(before, 'x');
    std::string expected = quote;
    for (std::size_t bytes = before; bytes + 2 <= 64; bytes += 2)
      expected += whole;
    EXPECT_NE(read.error().message.find(expected + "…\""), std::string::npos) << read.error();
  }
  const std::string forged =
      R"({"schemaVersion":"v9\n2026-01-01 INFO accepted all\u001b[31m","timestamp":"2026-01-15T12:00:00Z","cluster":"c","namespace":"n","payload":[]})";
  const auto read = parse_envelope(forged);
  EXPECT_NE(to_string(read.error()).find(R"("v9\n2026-01-01 INFO accepted all\x1b[31m")"), std::string::npos);
  const auto instant = parse_timestamp("x\nERROR forged line, more text here\x1b[2J");
  EXPECT_EQ(to_string(instant.error()).find_first_of("\n\x1b"), std::string::npos);
}

TEST(condition, each_has_a_name_of_its_own) {
  const std::vector<std::pair<condition, std::string>> names{
      {condition::bad_data, "bad data"},
      {condition::bad_configuration, "bad configuration"},
      {condition::unavailable, "unavailable"},
      {condition::authentication, "authentication failed"},
      {condition::cannot_store, "cannot store"},
      {condition::lost_ownership, "lost ownership"},
      {condition::out_of_resources, "out of resources"},
      {condition::internal, "internal error"}};
  for (const auto& [which, name] : names)
    EXPECT_EQ(make_error_condition(which).message(), name);
}

TEST(printing, of_what_came_from_elsewhere_is_harmless) {
  std::ostringstream out;
  out << scope{"a\n", "b", "c\x1b"} << row_identity{"a", "b", "c", "\xE2\x80\xAE", "\xFF"}
      << json_string(R"(\u000a\u202e)", false);
  EXPECT_EQ(out.str(), R"(a\n:b/c\x1ba/b/c/\u202e/\xff\n\u202e)");
}

} // namespace kollect::test

#include "test/support/producer.hpp"

#include <kollect/parse.hpp>
#include <kollect/redact.hpp>
#include <kollect/serialize.hpp>

#include <gtest/gtest.h>

#include <cctype>

namespace kollect::test {
namespace {

item row_with(std::string_view attributes) {
  return parse_items("[" + row_json("api", attributes) + "]").value().front();
}

constexpr std::string_view redacted = R"({"reason":"sensitive-key","redacted":true})";

TEST(redact, finds_every_sensitive_name_whole_or_at_the_end_in_any_case) {
  for (const auto name : sensitive_keys) {
    std::string upper(name);
    for (char& letter : upper)
      letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    for (const auto& key : {std::string(name), upper, "db" + upper, "x." + std::string(name)}) {
      const auto row = row_with("{\"" + key + "\":\"hunter2\"}");
      EXPECT_EQ(find_secrets(row), std::vector<std::string>{"/attributes/" + key});
    }
  }
}

TEST(redact, leaves_other_names_alone) {
  const auto row = row_with(R"({"passwords":1,"secretName":2,"tokenizer":3,"author":4,"":5,"pass":6})");
  EXPECT_TRUE(find_secrets(row).empty());
}

TEST(redact, looks_into_objects_and_lists_and_names_the_place) {
  const auto row =
      row_with(R"({"spec":{"env":[{"name":"a"},{"a/b~c":{"token":"x"}}]},"auth":{"password":"y"}})");
  EXPECT_EQ(find_secrets(row),
            (std::vector<std::string>{"/attributes/spec/env/1/a~1b~0c/token", "/attributes/auth"}));
}

TEST(redact, accepts_only_the_exact_stand_in) {
  EXPECT_TRUE(find_secrets(row_with(R"({"token":{"reason":"sensitive-key","redacted":true}})")).empty());
  for (const auto* value :
       {"null", "\"\"", "{}", R"({"redacted":true})", R"({"redacted":false,"reason":"sensitive-key"})",
        R"({"redacted":true,"reason":"sensitive-key","was":"x"})", R"({"redacted":true,"reason":"x"})"})
    EXPECT_EQ(find_secrets(row_with(std::string("{\"token\":") + value + "}")).size(), 1U) << value;
}

TEST(redact, replaces_what_it_finds) {
  auto row = row_with(R"({"a":[{"token":"x"}],"password":{"b":1},"keep":"y"})");
  EXPECT_EQ(redact(row), 2U);
  EXPECT_EQ(serialize(row.attributes).value(), R"({"a":[{"token":)" + std::string(redacted) +
                                                   R"(}],"keep":"y","password":)" + std::string(redacted) +
                                                   "}");
  EXPECT_EQ(redact(row), 0U);
}

TEST(redact, has_nothing_to_do_without_attributes) {
  auto row = row_with("null");
  EXPECT_TRUE(find_secrets(row).empty());
  EXPECT_EQ(redact(row), 0U);
}

/// What export says and prints of one row.
servers::command_outcome export_row(std::string_view attributes, std::vector<std::string> more = {}) {
  const workspace place;
  std::vector<std::string> arguments{
      "export",      "--manifest", place.write("sink.yaml", kafka_manifest("127.0.0.1:1", "t")),
      "--namespace", "team-a",     "--inventory",
      "all",         "--dry-run",  "-o",
      "raw",         "-"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_producer(arguments, "[" + row_json("api", attributes) + "]");
}

TEST(redact, export_warns_of_secrets_without_repeating_them) {
  const auto outcome = export_row(R"({"data":{"dbPassword":"hunter2"}})");
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_NE(outcome.errors.find("SEC-01"), std::string::npos) << outcome;
  EXPECT_NE(outcome.errors.find("\"path\":\"/attributes/data/dbPassword\""), std::string::npos) << outcome;
  EXPECT_NE(outcome.errors.find("\"name\":\"api\""), std::string::npos) << outcome;
  EXPECT_EQ(outcome.errors.find("hunter2"), std::string::npos) << outcome;
  EXPECT_NE(outcome.output.find("hunter2"), std::string::npos) << "the producer refuses nothing";
}

TEST(redact, export_redacts_if_it_is_told_to) {
  const auto outcome = export_row(R"({"data":{"dbPassword":"hunter2"}})", {"--redact"});
  EXPECT_EQ(outcome.status.code, 0) << outcome;
  EXPECT_EQ((outcome.output + outcome.errors).find("hunter2"), std::string::npos) << outcome;
  EXPECT_NE(outcome.output.find("\"dbPassword\":" + std::string(redacted)), std::string::npos) << outcome;
}

TEST(redact, export_is_silent_where_all_is_well) {
  EXPECT_EQ(export_row(R"({"token":{"redacted":true,"reason":"sensitive-key"}})").errors, "");
}

TEST(redact, export_warns_of_the_first_few_of_many) {
  std::string attributes = "{\"x\":0";
  for (int index = 0; index < 50; ++index)
    attributes += ",\"" + std::to_string(index) + "token\":\"x\"";
  const auto outcome = export_row(attributes + "}");
  EXPECT_EQ(lines_of(outcome.errors).size(), 21U) << outcome;
  EXPECT_NE(outcome.errors.find("\"count\":50"), std::string::npos) << outcome;
}

} // namespace
} // namespace kollect::test

#include "manifest_text.hpp"

#include <string>

namespace kollect::test {
namespace {

using namespace std::string_literals;

TEST(secret, decodes_data_and_takes_string_data_verbatim) {
  const auto file = read(secret_document("type: Opaque\n"
                                         "immutable: true\n"
                                         "data: {token: AAH/, password: b2xk, empty: '', none: }\n"
                                         "stringData: {username: ' kollect ', password: \"new\\n\"}\n"));
  ASSERT_TRUE(file) << file.error();
  ASSERT_EQ(file->secrets.size(), 1U);
  const auto& values = file->secrets.front().values;
  EXPECT_TRUE(values.at("token") == "\x00\x01\xFF"s);
  EXPECT_TRUE(values.at("username") == " kollect ");
  EXPECT_TRUE(values.at("password") == "new\n"); // stringData wins, as in Kubernetes
  EXPECT_TRUE(values.at("empty").empty());
  EXPECT_TRUE(values.at("none").empty());
}

TEST(secret, takes_base64_in_several_lines) {
  const auto file = read(secret_document("data:\n  token: |\n    aGVs\n    bG8=\n"));
  ASSERT_TRUE(file) << file.error();
  EXPECT_TRUE(file->secrets.front().values.at("token") == "hello");
}

TEST(secret, names_the_place_of_invalid_base64_and_not_the_value) {
  EXPECT_EQ(refusal(secret_document("data:\n  username: a29sbGVjdA==\n  password: canary-hunter2\n")),
            "file.yaml:7:13: data.password must be base64; put plain text into stringData instead");
  EXPECT_EQ(refusal(secret_document("data: {other: canary}\n")),
            "file.yaml:5:15: data must be base64; put plain text into stringData instead");
}

TEST(secret, is_read_strictly) {
  EXPECT_EQ(refusal(secret_document("strinData: {}\n")),
            "file.yaml:5:1: strinData is not a known key; did you mean \"stringData\"?");
  EXPECT_EQ(refusal(secret_document("stringData: {password: 5}\n")),
            "file.yaml:5:24: stringData.password must be a string, not a number; put it in quotes");
  EXPECT_EQ(refusal(secret_document("stringData: [a]\n")),
            "file.yaml:5:13: stringData must be a mapping, not a list");
  EXPECT_EQ(refusal(secret_document("type: 5\n")),
            "file.yaml:5:7: type must be a string, not a number; put it in quotes");
  EXPECT_EQ(
      refusal(secret_document("stringData: {password: a, password: b}\n")),
      "file.yaml:5:27: stringData.password: this key is there twice, first at 5:14; remove one of them");
  EXPECT_EQ(refusal("apiVersion: kollect.dev/v1alpha1\nkind: Secret\nmetadata: {name: a}\n"),
            "file.yaml:1:13: apiVersion must be v1, not \"kollect.dev/v1alpha1\"");
  EXPECT_EQ(refusal(secret_document("") + secret_document("")),
            "file.yaml:8:18: metadata.name names an object that this file has already, at line 4");
}

TEST(secret, may_follow_its_sink_in_one_file) {
  const auto file =
      read("---\n" + kafka_sink() + secret_document("data: {}\n") + "---\n# nothing here\n---\n");
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->sinks.size(), 1U);
  EXPECT_EQ(file->secrets.size(), 1U);
  EXPECT_EQ(file->source, "file.yaml");
}

} // namespace
} // namespace kollect::test

#include "manifest_text.hpp"

#include <kollect/manifest/decode.hpp>
#include <kollect/manifest/document_json.hpp>
#include <kollect/yaml/read.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace kollect::test {
namespace {

std::string json_refusal(std::string_view text, const document_limits& bounds = {}) {
  const auto read = read_document_json(text, "file.json", bounds);
  return read ? "accepted" : to_string(read.error());
}

TEST(json_document, has_the_kinds_texts_and_places_of_its_values) {
  const auto read =
      read_document_json("{\"a\": [1.50, true,\n null], \"\\u0062\": {\"c\": \"d\"}}", "file.json");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->source, "file.json");
  const auto& root = read->root;
  EXPECT_EQ(root.kind, node_kind::mapping);
  EXPECT_EQ(root.position, (text_position{0, 1, 1}));
  ASSERT_EQ(root.entries.size(), 2U);
  const auto& list = root.entries[0].value;
  ASSERT_EQ(list.elements.size(), 3U);
  EXPECT_EQ(list.elements[0].kind, node_kind::number);
  EXPECT_EQ(list.elements[0].text, "1.50");
  EXPECT_EQ(list.elements[0].position, (text_position{7, 1, 8}));
  EXPECT_EQ(list.elements[1].kind, node_kind::boolean);
  EXPECT_EQ(list.elements[1].text, "true");
  EXPECT_EQ(list.elements[2].kind, node_kind::null);
  EXPECT_EQ(list.elements[2].position, (text_position{20, 2, 2}));
  EXPECT_EQ(root.entries[1].key, "b");
  EXPECT_EQ(root.entries[1].key_position, (text_position{27, 2, 9}));
  const auto& text = root.entries[1].value.entries[0].value;
  EXPECT_EQ(text.kind, node_kind::string);
  EXPECT_TRUE(text.is_quoted);
  EXPECT_EQ(text.position, (text_position{43, 2, 25}));
}

TEST(json_document, decodes_escapes_and_surrogate_pairs) {
  const auto read =
      read_document_json(R"(["\ud83d\ude00", "\"\\\/\b\f\n\r\t\u00e9\u0000", "\\ud83d", "é"])", "file.json");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->root.elements[0].text, "\xF0\x9F\x98\x80");
  EXPECT_EQ(read->root.elements[1].text, std::string("\"\\/\b\f\n\r\t\xC3\xA9\0", 11));
  EXPECT_EQ(read->root.elements[2].text, "\\ud83d");
  EXPECT_EQ(read->root.elements[3].text, "\xC3\xA9");
}

TEST(json_document, is_refused_with_line_and_column) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{\"a\": 1,\n \"b\": {\"c\": 1, \"\\u0063\": 2}}",
       "2:16: b.c: this key is there twice, first at 2:8; remove one of them"},
      {"{\"a\": \"\\ud83d\"}", "1:7: a: half a surrogate pair is not a character"},
      {"{\"a\": \"\\ude00\"}", "1:7: a: half a surrogate pair is not a character"},
      {"{\"a\": \"\\ud83d\\ud83d\\ude00\"}", "1:7: a: half a surrogate pair is not a character"},
      {"{\"\\ud83dx\": 1}", "1:2: half a surrogate pair is not a character"},
      {"{\"a\": 1} {}", "1:10: there is more text after the JSON value"},
      {"{a: 1}", "1:2: the text is not valid JSON"},
      {"{\"a\": 1,}", "1:9: the text is not valid JSON"},
      {"{\"a\": 01}", "1:8: the text is not valid JSON"},
      {"{\"a\": tru}", "1:10: a: the text is not valid JSON"},
      {"{\"a\":\n", "2:1: a: the JSON text ends too early"},
      {"", "1:1: the JSON text ends too early"},
      {"{\"a\": \"\n\"}", "1:8: a: the text is not valid JSON"},
      {"{\"a\": \"\xFF\"}", "1:8: a: a string is not valid UTF-8"},
      {"{\"a\": 1e999}", "1:7: a: a number does not fit a double"}};
  for (const auto& [text, message] : cases) {
    auto refused = json_refusal(text);
    EXPECT_EQ(refused, "file.json:" + std::string(message)) << text;
  }
}

TEST(json_document, keeps_to_its_limits_exactly) {
  document_limits bounds;
  bounds.max_depth = 2;
  EXPECT_EQ(json_refusal("[[1]]", bounds), "accepted");
  EXPECT_EQ(json_refusal("[[1, []]]", bounds), "file.json:1:6: [0][1]: nested deeper than 2 levels");
  bounds = {};
  bounds.max_nodes = 3;
  EXPECT_EQ(json_refusal("[1,2]", bounds), "accepted");
  EXPECT_EQ(json_refusal("[1,2,3]", bounds), "file.json:1:6: [2]: more than 3 values in one document");
  bounds = {};
  bounds.max_bytes = 2;
  EXPECT_EQ(json_refusal("[]", bounds), "accepted");
  EXPECT_EQ(json_refusal("[] ", bounds),
            "file.json: the text is longer than 2 bytes; a manifest is much smaller");
}

TEST(json_document, is_a_manifest_without_any_yaml) {
  const auto read = read_document_json(R"({"apiVersion": "kollect.dev/v1alpha1", "kind": "KollectEventSink",
    "metadata": {"name": "demo"},
    "spec": {"type": "nats", "connectionTest": false, "cluster": "\ud83d\ude00",
             "nats": {"url": "nats://a:4222", "subject": "b"}}})",
                                       "file.json");
  ASSERT_TRUE(read) << read.error();
  const auto file = decode_manifest(*read);
  ASSERT_TRUE(file) << file.error();
  ASSERT_EQ(file->sinks.size(), 1U);
  EXPECT_EQ(file->source, "file.json");
  EXPECT_EQ(file->sinks[0].cluster, "\xF0\x9F\x98\x80");
  EXPECT_FALSE(file->sinks[0].connection_test);
}

TEST(json_document, is_recognised_by_how_it_begins) {
  const auto documents = yaml::read("\xEF\xBB\xBF \n {\"a\": \"\\ud83d\\ude00\"}\n", "file.json");
  ASSERT_TRUE(documents) << documents.error();
  ASSERT_EQ(documents->size(), 1U);
  EXPECT_EQ(documents->front().root.find("a")->text, "\xF0\x9F\x98\x80");
  EXPECT_EQ(refusal("{\"a\": v1}"),
            "file.yaml:1:7: a: the text is not valid JSON (a text that begins with {\" is read as JSON)");
  EXPECT_EQ(refusal("{\"spec\": {\"a\": 1, \"a\": 2}}"),
            "file.yaml:1:19: spec.a: this key is there twice, first at 1:11; remove one of them");
  EXPECT_EQ(refusal("{\"kind\": \"KollectEventSink\",\n \"zzz\": 1}"),
            "file.yaml:2:2: zzz is not a known key; use one of apiVersion, kind, metadata, spec, status");
}

TEST(json_document, is_not_yaml_in_flow_style) {
  const auto file = yaml::read_manifest_text(
      "{apiVersion: kollect.dev/v1alpha1, kind: KollectEventSink, metadata: {name: demo},\n"
      " spec: {type: kafka, kafka: {brokers: ['a:9092'], topic: t}}}\n",
      "file.yaml");
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->sinks.size(), 1U);
}

} // namespace
} // namespace kollect::test

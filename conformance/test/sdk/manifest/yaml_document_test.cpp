#include "manifest_text.hpp"

#include <kollect/yaml/read.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace kollect::test {
namespace {

std::string yaml_refusal(std::string_view text, const document_limits& bounds = {}) {
  const auto documents = yaml::read(text, "file.yaml", bounds);
  return documents ? "accepted" : to_string(documents.error());
}

TEST(yaml_document, tells_scalars_apart_by_the_core_schema) {
  constexpr std::pair<std::string_view, node_kind> cases[] = {
      {"true", node_kind::boolean},  {"FALSE", node_kind::boolean}, {"True", node_kind::boolean},
      {"yes", node_kind::string},    {"on", node_kind::string},     {"tRUE", node_kind::string},
      {"null", node_kind::null},     {"~", node_kind::null},        {"", node_kind::null},
      {"nULL", node_kind::string},   {"0", node_kind::number},      {"-12", node_kind::number},
      {"+5", node_kind::number},     {"0o17", node_kind::number},   {"0o8", node_kind::string},
      {"0x1F", node_kind::number},   {"0x", node_kind::string},     {"1.", node_kind::number},
      {".5", node_kind::number},     {"1e3", node_kind::number},    {"1e", node_kind::string},
      {"-.inf", node_kind::number},  {".NaN", node_kind::number},   {"-.nan", node_kind::string},
      {"+", node_kind::string},      {".", node_kind::string},      {"1_000", node_kind::string},
      {"12:30", node_kind::string},  {"1.2.3", node_kind::string},  {"2026-01-15", node_kind::string},
      {"1.5e-7", node_kind::number}, {"0123", node_kind::number},   {"kafka:9092", node_kind::string}};
  for (const auto& [text, kind] : cases) {
    const auto documents = yaml::read("a: " + std::string(text) + "\n", "file.yaml");
    ASSERT_TRUE(documents) << text << ": " << documents.error();
    const auto& value = *documents->front().root.find("a");
    EXPECT_EQ(value.kind, kind) << text;
    EXPECT_EQ(yaml::detail::plain_scalar_kind(text), kind) << text;
    EXPECT_FALSE(value.is_quoted) << text;
  }
}

TEST(yaml_document, takes_every_quoted_or_block_scalar_for_a_string) {
  const auto documents = yaml::read("a: 'true'\nb: \"5\"\nc: |\n  null\nd: >-\n  1\n", "file.yaml");
  ASSERT_TRUE(documents) << documents.error();
  for (const auto& entry : documents->front().root.entries) {
    EXPECT_EQ(entry.value.kind, node_kind::string) << entry.key;
    EXPECT_TRUE(entry.value.is_quoted) << entry.key;
  }
}

TEST(yaml_document, keeps_places_of_keys_and_values) {
  const auto documents = yaml::read("# note\r\na: x\r\n\xC3\xBC: [1,\r\n  {b: c}]\r\n", "file.yaml");
  ASSERT_TRUE(documents) << documents.error();
  const auto& root = documents->front().root;
  EXPECT_EQ(documents->front().source, "file.yaml");
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.entries[0].value.position, (text_position{11, 2, 4}));
  EXPECT_EQ(root.entries[1].key_position, (text_position{14, 3, 1}));
  EXPECT_EQ(root.entries[1].value.position, (text_position{18, 3, 5})); // columns count bytes
  ASSERT_EQ(root.entries[1].value.elements.size(), 2U);
  const auto& inner = root.entries[1].value.elements[1];
  EXPECT_EQ(inner.position, (text_position{25, 4, 3}));
  EXPECT_EQ(inner.entries[0].value.position, (text_position{29, 4, 7}));
}

TEST(yaml_document, reads_several_documents_and_empty_ones) {
  const auto documents = yaml::read("---\na: 1\n...\n---\n---\nb: 2\n", "file.yaml");
  ASSERT_TRUE(documents) << documents.error();
  ASSERT_EQ(documents->size(), 3U);
  EXPECT_NE((*documents)[0].root.find("a"), nullptr);
  EXPECT_EQ((*documents)[1].root.kind, node_kind::null);
  EXPECT_NE((*documents)[2].root.find("b"), nullptr);
  EXPECT_TRUE(yaml::read("", "file.yaml")->empty());
  EXPECT_TRUE(yaml::read("# just a note\n", "file.yaml")->empty());
}

TEST(yaml_document, takes_no_offence_at_a_byte_order_mark) {
  const auto documents = yaml::read("\xEF\xBB\xBF"
                                    "a: 1\n",
                                    "file.yaml");
  ASSERT_TRUE(documents) << documents.error();
  EXPECT_EQ(documents->front().root.entries[0].key, "a");
}

TEST(yaml_document, refuses_what_a_manifest_does_not_need) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a: 1\nb:\n  c: 1\n  'c': 2\n", "4:3: b.c: this key is there twice, first at 3:3; remove one of them"},
      {"a: [{b: 1}, {c: {d: 1, d: 2}}]\n",
       "1:24: a[1].c.d: this key is there twice, first at 1:18; remove one of them"},
      {"a: &x 1\n", "1:4: a: an anchor (&name) is not allowed; write the value out"},
      {"a: &x {b: 1}\n", "1:4: a: an anchor (&name) is not allowed; write the value out"},
      {"a: &x\n", "1:4: a: an anchor (&name) is not allowed; write the value out"},
      {"a: *x\n", "1:4: not valid YAML: the referenced anchor is not defined"},
      {"<<: {a: 1}\n", "1:1: a merge key (<<) is not allowed; write the keys out"},
      {"a: !!str 5\n", "1:4: a: a tag (!name) is not allowed; remove it"},
      {"a: !custom {b: 1}\n", "1:4: a: a tag (!name) is not allowed; remove it"},
      {"a: !!binary aGVsbG8=\n", "1:4: a: a tag (!name) is not allowed; remove it"},
      {"a: !x\n", "1:4: a: a tag (!name) is not allowed; remove it"},
      {"- !x [a]\n", "1:3: [0]: a tag (!name) is not allowed; remove it"},
      {"? [a]\n: b\n", "1:3: a key must be a plain scalar; {{ }} of a template is to be filled in before"},
      {"? {a: b}\n: c\n", "1:3: a key must be a plain scalar; {{ }} of a template is to be filled in before"},
      {"~: b\n", "1:1: a key is missing"},
      {": b\n", "1:1: a key is missing"},
      {"'a' b\n", "1:5: there is more text after the document; a new one begins with ---"},
      {", \n", "1:1: there is more text after the document; a new one begins with ---"},
      {"a: 1\n...\nb: 2\n", "3:1: there is more text after the document; a new one begins with ---"}};
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(yaml_refusal(text), "file.yaml:" + std::string(message)) << text;
  }
}

TEST(yaml_document, refuses_aliases_of_known_anchors_too) {
  // The anchor comes first and is refused first; a second document has anchors of its own.
  EXPECT_EQ(yaml_refusal("a: 1\nb: &x 2\nc: *x\n"),
            "file.yaml:2:4: b: an anchor (&name) is not allowed; write the value out");
}

// What yaml-cpp says differs from version to version; that it is passed on, and where, does not.
TEST(yaml_document, passes_syntax_errors_on_with_their_place) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a:\n\t- b\n", "file.yaml:2:"},
      {"a: [b\n", "file.yaml:2:1: not valid YAML: "},
      {"a: b: c\n", "file.yaml:1:5: not valid YAML: "},
      {"a: 1\n}\n", "file.yaml:2:1: not valid YAML: "},
      {"a:\n  b: 1\n\tc: 2\n", "file.yaml:3:1: a tab in the indentation; use "},
      {"a:\n  \tb:\n    c: d: e\n", "file.yaml:2:3: a tab in the indentation; use "},
      {"a: \"x\\qz\"\n", "file.yaml:1:8: not valid YAML: "},
      {"%YAML 9.0\n---\na: 1\n", "file.yaml:1:1: not valid YAML: "}};
  for (const auto& [text, beginning] : cases) {
    const auto refused = yaml_refusal(text);
    EXPECT_EQ(refused.substr(0, beginning.size()), beginning) << refused;
    EXPECT_GT(refused.size(), beginning.size()) << refused;
  }
}

TEST(yaml_document, refuses_bytes_that_are_no_text) {
  using namespace std::string_view_literals;
  constexpr auto control = "a control character is not allowed here; use an escape within double quotes";
  EXPECT_EQ(yaml_refusal("a: b\nc: \xFF\n"), "file.yaml:2:4: the text is not UTF-8");
  EXPECT_EQ(yaml_refusal("a: \xC0\x80\n"), "file.yaml:1:4: the text is not UTF-8");
  EXPECT_EQ(yaml_refusal("a: \xED\xA0\x80\n"), "file.yaml:1:4: the text is not UTF-8");
  EXPECT_EQ(yaml_refusal("\xFF\xFE"
                         "a\0:\0"sv),
            "file.yaml:1:1: the text is not UTF-8");
  EXPECT_EQ(yaml_refusal("a\0:\0 \0b\0"sv), "file.yaml:1:2: " + std::string(control));
  EXPECT_EQ(yaml_refusal("a: 1\n\x04"
                         "b: 2\n"),
            "file.yaml:2:1: " + std::string(control));
  EXPECT_EQ(yaml_refusal("a: \x1B[31m\n"), "file.yaml:1:4: " + std::string(control));
  EXPECT_EQ(yaml_refusal("a: 1\rb: 2\n"), "file.yaml:1:5: " + std::string(control));
  EXPECT_EQ(yaml_refusal("a: \x7F\n"), "file.yaml:1:4: " + std::string(control));
  EXPECT_EQ(yaml_refusal("a: \"\\x7F\\x04\"\n"), "accepted");
}

TEST(yaml_document, keeps_to_its_limits_exactly) {
  document_limits bounds;
  bounds.max_depth = 3;
  EXPECT_EQ(yaml_refusal("a: {b: [c]}\n", bounds), "accepted");
  EXPECT_EQ(yaml_refusal("a: {b: [[c]]}\n", bounds), "file.yaml:1:9: a.b[0]: nested deeper than 3 levels");
  bounds = {};
  bounds.max_nodes = 3;
  EXPECT_EQ(yaml_refusal("a: 1\nb: 2\n", bounds), "accepted");
  EXPECT_EQ(yaml_refusal("a: 1\nb: 2\nc: 3\n", bounds),
            "file.yaml:3:4: c: more than 3 values in one document");
  bounds = {};
  bounds.max_documents = 2;
  EXPECT_EQ(yaml_refusal("a: 1\n---\nb: 1\n", bounds), "accepted");
  EXPECT_EQ(yaml_refusal("a: 1\n---\nb: 1\n---\n", bounds), "file.yaml:4:1: there are more than 2 documents");
  bounds = {};
  bounds.max_bytes = 5;
  EXPECT_EQ(yaml_refusal("a: 1\n", bounds), "accepted");
  EXPECT_EQ(yaml_refusal("a: 12\n", bounds), "file.yaml: the text is longer than the limit of 5 bytes");
}

} // namespace
} // namespace kollect::test

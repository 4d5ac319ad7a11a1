// What questions about items say, and for which items they hold: on literals alone.
#include "query/filter_parameters.hpp"
#include "query/item_column.hpp"

#include "support/hostile_texts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace kollect::consumer::test {
namespace {

/// `name=value` as a query string has it, decoded.
parameter given(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return {std::string(text), {}, false};
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)), true};
}

result<item_filter> read(const std::vector<std::string>& texts, empty_value empty = empty_value::is_empty) {
  std::vector<parameter> all;
  for (const auto& text : texts)
    all.push_back(given(text));
  return read_filter(all, empty);
}

constexpr std::string_view deployment =
    R"({"targetNamespace":"team-a","targetName":"deployments","namespace":"shop","name":"api-1","group":"apps",)"
    R"("version":"v1","kind":"Deployment","uid":"u-1","attributes":{"metadata":{"annotations":{"note":"see \"wiki\""},)"
    R"("labels":{"app":"api","app.kubernetes.io/name":"api","tier":"back","weight":"12"},)"
    R"("ownerReferences":[{"kind":"Application","name":"shop","uid":"o-1"}]},)"
    R"("spec":{"paused":false,"replicas":3,"ratio":0.5,"strategy":null,"template":{"spec":{"containers":[)"
    R"({"image":"registry/nginx:1.25","name":"web"},{"image":"registry/side\u0063ar:2","name":"Log-Shipper"}]}}},)"
    R"("since":"2026-01-15T12:00:00Z","size":"12"}})";

bool fits(const std::vector<std::string>& texts, std::string_view row = deployment) {
  const auto filter = read(texts);
  EXPECT_TRUE(filter) << filter.error().message;
  const auto view = view_row(row);
  EXPECT_TRUE(view);
  return filter && view && holds(*filter, *view);
}

TEST(filter, fields_take_any_of_several_values_and_none_of_others) {
  for (const auto& texts : std::vector<std::vector<std::string>>{{},
                                                                 {"kind=Deployment"},
                                                                 {"kind=dePLOYment"},
                                                                 {"kind=Pod", "kind=Deployment"},
                                                                 {"kind!=Pod"},
                                                                 {"kind!=Pod", "kind!=Service"},
                                                                 {"name=api-1", "group=apps", "version=v1"},
                                                                 {"name=api-*"},
                                                                 {"name=*-1"},
                                                                 {"name=*pi*"},
                                                                 {"name=a*i*1"},
                                                                 {"uid=u-2", "uid=u-1"},
                                                                 {"itemNamespace=shop"},
                                                                 {"target=deployments"}})
    EXPECT_TRUE(fits(texts)) << testing::PrintToString(texts);
  for (const auto& texts : std::vector<std::vector<std::string>>{{"kind=Pod"},
                                                                 {"kind!=deployment"},
                                                                 {"kind=Deployment", "kind!=Deployment"},
                                                                 {"name=API-1"},
                                                                 {"name=api-1", "group=batch"},
                                                                 {"name=api-*2"},
                                                                 {"name=api\\*"},
                                                                 {"name=api-1*1"},
                                                                 {"itemNamespace="},
                                                                 {"group="}})
    EXPECT_FALSE(fits(texts)) << testing::PrintToString(texts);
}

TEST(filter, empty_values_are_absent_or_the_empty_text_as_is_said) {
  EXPECT_EQ(read({"kind=", "group=", "labels=", "attr.spec.replicas="}, empty_value::is_absent).value(),
            item_filter{});
  const auto filter = read({"cluster="}).value();
  EXPECT_TRUE(holds(filter, scope{"", "team-a", "web"}));
  EXPECT_FALSE(holds(filter, scope{"prod", "team-a", "web"}));
}

TEST(filter, attributes_are_compared_by_path_operator_and_pattern) {
  for (const std::string text : {"attr.spec.replicas=3",
                                 "attr.spec.replicas=3.0",
                                 "attr.spec.replicas>2",
                                 "attr.spec.replicas>=3",
                                 "attr.spec.replicas<4",
                                 "attr.spec.replicas<=3",
                                 "attr.spec.replicas!=4",
                                 "attr.spec.ratio<1",
                                 "attr.spec.paused=false",
                                 "attr.spec.strategy=null",
                                 "attr.spec.*=3",
                                 "attr.nothing!=x",
                                 "attr.spec.template.spec.containers.*.image=registry/nginx*",
                                 "attr.spec.template.spec.containers.*.image=*sidecar:2",
                                 "attr.spec.template.spec.containers.1.name=Log-Shipper",
                                 "attr.spec.template.spec.containers.*.image=*",
                                 "attr.metadata.labels.app\\.kubernetes\\.io/name=api",
                                 "attr.since>2026-01-15T11",
                                 "attr.since<2026-01-16",
                                 "attr.size>9",
                                 "attr.size=12"})
    EXPECT_TRUE(fits({text})) << text;
  for (const std::string text :
       {"attr.spec.replicas=4", "attr.spec.replicas>3", "attr.spec.replicas!=3", "attr.spec.replicas!=3.0",
        "attr.spec.paused=true", "attr.nothing=*", "attr.nothing>0", "attr.spec=*", "attr.spec.template=*",
        "attr.spec.template.spec.containers.*.image=nginx*", "attr.spec.template.spec.containers.image=*",
        "attr.spec.template.spec.containers.2.name=*", "attr.metadata.labels.app.kubernetes.io/name=api",
        "attr.spec.paused>0", "attr.since>3", "attr.size=12.0", "attr.spec.strategy<z"})
    EXPECT_FALSE(fits({text})) << text;
  EXPECT_TRUE(fits({"attr.spec.replicas=7", "attr.spec.replicas=3"}));
  EXPECT_TRUE(fits({"attr.spec.replicas>=2", "attr.spec.replicas<4"}));
  EXPECT_FALSE(fits({"attr.spec.replicas>=2", "attr.spec.replicas<3"}));
}

TEST(filter, operators_are_told_however_a_client_encodes_them) {
  const auto expected = read({"attr.a>=3"}).value();
  EXPECT_EQ(read_filter(std::vector{parameter{"attr.a>=3", {}, false}}, empty_value::is_empty).value(),
            expected);
  EXPECT_EQ(read({"attr.a>3"}).value().attributes.front().bounds,
            (std::vector<attribute_bound>{{comparison::greater, "3"}}));
  EXPECT_EQ(read({"attr.a>b=c"}).value().attributes.front().bounds,
            (std::vector<attribute_bound>{{comparison::greater, "b=c"}}));
  EXPECT_EQ(read({"attr.a\\>b=c"}).value().attributes.front().path.front().name, "a>b");
}

TEST(filter, labels_annotations_and_owners) {
  for (const std::string text :
       {"labels=app=api", "labels=app==api,tier=back", "labels=app in (web, api),!canary",
        "labels=tier!=front", "labels=nothing!=x", "labels=tier notin (front)", "labels=weight>11,weight<13",
        "labels=app", "labels=", "annotations=note", "owner=o-1", "owner=shop", "owner=application/shop",
        "owner=APPLICATION/shop", "owner=sh*", "owner!=other"})
    EXPECT_TRUE(fits({text})) << text;
  for (const std::string text :
       {"labels=app=API", "labels=app in (web)", "labels=!app", "labels=tier!=back",
        "labels=tier notin (back,x)", "labels=weight>12", "labels=app>1", "labels=canary", "annotations=app",
        "owner=u-1", "owner=app/shop", "owner!=o-1", "owner=*/other"})
    EXPECT_FALSE(fits({text})) << text;
  EXPECT_TRUE(fits(
      {"labels=a=b"},
      R"({"targetNamespace":"t","targetName":"t","namespace":"","name":"n","version":"v1","kind":"K","uid":"u",)"
      R"("attributes":{"labels":{"a":"b"}}})"));
}

TEST(filter, words_are_found_in_names_and_values_and_not_in_the_names_of_members) {
  for (const std::string text : {"search=API", "search=nginx", "search=  log-shipper\tDEPLOY ",
                                 "search=\"wiki\"", "search=sidecar", "search=0.5", "search="})
    EXPECT_TRUE(fits({text})) << text;
  for (const std::string text : {"search=replicas", "search=nginx nowhere", "search=containers"})
    EXPECT_FALSE(fits({text})) << text;
}

TEST(filter, what_cannot_be_read_is_said_with_its_place) {
  const std::tuple<std::string, std::string> cases[] = {
      {"labels=app in web", "expected an opening parenthesis at position 8"},
      {"labels=a=b,", "expected the name of a label at position 5"},
      {"labels=a in (b", "expected a comma or a closing parenthesis at position 8"},
      {"labels=a b", "expected one of =, ==, !=, in, notin, >, <, a comma or the end at position 3"},
      {"labels=a>x", "expected a whole number at position 3"},
      {"labels=a=b c=d", "expected a comma or the end at position 5"},
      {"annotations==", "expected the name of a label at position 1"},
      {"attr.a..b=c", "at position 3"},
      {"attr.=c", "at position 1"},
      {"attr.a\\=c", "backslash"},
      {"attr.a", "lacks a value"},
      {"kind==Pod", "second operator"},
      {"kind=!Pod", "write NAME=VALUE, NAME!=VALUE"},
      {"cluster!==prod", "second operator"},
      {"attr.spec.replicas==3", "second operator"},
      {"attr.spec.replicas=>=3", "NAME>=VALUE"},
      {"attr.spec.replicas>>3", "second operator"},
      {"labels!=a", "have !="},
      {"search!=a", "have !="}};
  for (const auto& [text, expected] : cases) {
    const auto filter = read({text});
    ASSERT_FALSE(filter) << text;
    EXPECT_EQ(filter.error().reason(), error::invalid_value);
    EXPECT_NE(filter.error().message.find(expected), std::string::npos) << filter.error().message;
    EXPECT_NE(filter.error().message.find("the parameter "), std::string::npos);
  }
}

TEST(filter, has_a_bound) {
  const std::vector<parameter> few(500, parameter{"kind", "a"}), many(501, parameter{"kind", "a"});
  EXPECT_TRUE(read_filter(few, empty_value::is_empty));
  const auto refused = read_filter(many, empty_value::is_empty);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("--max-filter-terms"), std::string::npos);
  EXPECT_TRUE(read_filter(many, empty_value::is_empty, {.terms = 501}));
  std::string path = "attr.a", words = "search=", labels = "labels=a in (b";
  for (int count = 0; count < 600; ++count)
    path += ".a", words += " a", labels += ",b";
  for (const auto& text : {path + "=b", words, labels + ")"})
    EXPECT_FALSE(read({text})) << text.substr(0, 20);
}

TEST(filter, hostile_texts_are_texts) { // S11
  for (const auto& text : hostile_texts()) {
    if (text.find('*') != std::string::npos || text.find('\\') != std::string::npos)
      continue; // these mean something
    const bool looks_like_an_operator =
        !text.empty() && std::string_view("=!<>").find(text.front()) != std::string_view::npos;
    const std::string escape = looks_like_an_operator ? "\\" : "";
    EXPECT_EQ(static_cast<bool>(read({"name=" + text})), !looks_like_an_operator) << text;
    const auto filter = read({"name=" + escape + text}).value();
    EXPECT_EQ(filter.name.wanted, std::vector{exactly(text)});
    EXPECT_TRUE(holds(filter.name, std::string_view(text)));
    EXPECT_FALSE(holds(filter.name, std::string_view(text + "x")));
    EXPECT_TRUE(
        holds(read({"name=" + escape + text.substr(0, 1) + "*"}).value().name, std::string_view(text)));
  }
}

TEST(filter, patterns_cost_no_more_than_the_text_is_long) {
  const std::string text(4'000'000, 'a');
  std::string pattern = "*";
  for (int count = 0; count < 400; ++count)
    pattern += std::string(20, 'a') + "*";
  const auto begun = std::chrono::steady_clock::now();
  for (const auto& one :
       {pattern + "b*", "*" + std::string(8'000, 'a') + "b*", std::string("a*a*a*a*a*a*a*b")})
    EXPECT_FALSE(holds(parse_pattern(one), text));
  EXPECT_LT(std::chrono::steady_clock::now() - begun,
            std::chrono::seconds(5)); // by trial and error: for ever
}

TEST(filter, has_one_text_for_each) {
  const std::vector<std::vector<std::string>> all{{},
                                                  {"kind=a"},
                                                  {"kind!=a"},
                                                  {"name=a"},
                                                  {"kind=a", "kind=b"},
                                                  {"kind=a1:b"},
                                                  {"kind=a*"},
                                                  {"kind=a\\*"},
                                                  {"labels=a"},
                                                  {"labels=!a"},
                                                  {"annotations=a"},
                                                  {"labels=a=b"},
                                                  {"search=a"},
                                                  {"attr.a=b"},
                                                  {"attr.a!=b"},
                                                  {"attr.a<b"},
                                                  {"attr.a<=b"},
                                                  {"attr.a.b=c"},
                                                  {"attr.a=b.c"},
                                                  {"cluster="},
                                                  {"labels=a in (b,c)"},
                                                  {"labels=a in (c,b)"}};
  std::set<std::string> texts;
  for (const auto& one : all)
    EXPECT_TRUE(texts.insert(text_of(read(one).value())).second) << testing::PrintToString(one);
}

// Columns.

std::vector<std::string> values(std::string_view column) {
  const auto read = parse_column(column);
  EXPECT_TRUE(read) << column;
  const auto view = view_row(deployment);
  const scope from{"prod", "team-a", "web"};
  const timestamp at{};
  return values_of(*read, {from, at, *view});
}

TEST(column, tells_fields_labels_and_attributes_as_json) {
  using texts = std::vector<std::string>;
  EXPECT_EQ(values("cluster"), texts{"\"prod\""});
  EXPECT_EQ(values("kind"), texts{"\"Deployment\""});
  EXPECT_EQ(values("itemNamespace"), texts{"\"shop\""});
  EXPECT_EQ(values("label:app.kubernetes.io/name"), texts{"\"api\""});
  EXPECT_EQ(values("label:nothing"), texts{});
  EXPECT_EQ(values("annotation:note"), texts{R"("see \"wiki\"")"});
  EXPECT_EQ(values("attr.spec.replicas"), texts{"3"});
  EXPECT_EQ(values("attr.spec.template.spec.containers.*.image"),
            (texts{"\"registry/nginx:1.25\"", "\"registry/sidecar:2\""}));
  EXPECT_EQ(values("attr.spec.paused"), texts{"false"});
}

TEST(column, that_there_is_none_of_is_said_with_the_nearest_name) {
  const auto refused = parse_column("knid");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("did you mean \"kind\"?"), std::string::npos)
      << refused.error().message;
  for (const auto* const text : {"", "attr.", "label:", "attr.a..b"})
    EXPECT_FALSE(parse_column(text)) << text;
  EXPECT_FALSE(parse_columns("kind,,name"));
  const auto columns = parse_columns("kind,attr.a\\,b.c\\.d").value();
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[1].path, (attribute_path{{false, "a,b", {}}, {false, "c.d", {}}}));
}

TEST(column, values_are_in_an_order) {
  const std::vector<std::string> in_order{"false",
                                          "true",
                                          "-1e300",
                                          "-3",
                                          "-0.5",
                                          "0",
                                          "0.25",
                                          "1",
                                          "2",
                                          "10",
                                          "9007199254740992",
                                          "9007199254740993",
                                          "1e300",
                                          "\"\"",
                                          "\"A\"",
                                          "\"a\"",
                                          "\"b\"",
                                          "null"};
  for (std::size_t left = 0; left < in_order.size(); ++left)
    for (std::size_t right = 0; right < in_order.size(); ++right)
      EXPECT_EQ(order_text(in_order[left]) < order_text(in_order[right]), left < right)
          << in_order[left] << " " << in_order[right];
}

} // namespace
} // namespace kollect::consumer::test

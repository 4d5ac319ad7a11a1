// What an index is kept of, and what of it a filter needs: no row that fits may be left out.
#include "query/index_terms.hpp"

#include "query/filter_parameters.hpp"

#include <test/sdk/support/seeded_random.hpp>

#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using kollect::test::seeded_random;
using kollect::test::test_seed;

index_paths paths_of(std::string_view list) {
  auto read = parse_index_paths(list);
  EXPECT_TRUE(read) << list;
  return read ? *read : index_paths{};
}

item_filter filter_of(const std::vector<std::string>& texts) {
  std::vector<parameter> given;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    given.push_back(equals == text.npos ? parameter{text, {}, false}
                                        : parameter{text.substr(0, equals), text.substr(equals + 1)});
  }
  auto read = read_filter(given, empty_value::is_empty);
  EXPECT_TRUE(read) << testing::PrintToString(texts);
  return read ? std::move(*read) : item_filter{};
}

bool has_all(const std::vector<index_term>& terms, const needed_terms& needed) {
  return std::all_of(needed.begin(), needed.end(), [&](const term_choice& choice) {
    return std::any_of(choice.begin(), choice.end(), [&](const term_set& set) {
      return std::all_of(set.begin(), set.end(), [&](index_term one) {
        return std::find(terms.begin(), terms.end(), one) != terms.end();
      });
    });
  });
}

TEST(index, paths_are_read_and_told_again) {
  EXPECT_EQ(text_of(paths_of("none")), "none");
  EXPECT_TRUE(paths_of("none").empty());
  EXPECT_EQ(text_of(paths_of(usual_index)), usual_index);
  EXPECT_EQ(text_of(paths_of("uid,attr.b,kind,attr.a\\,b.c,attr.b")), "kind,uid,attr.a\\,b.c,attr.b");
  EXPECT_EQ(paths_of(text_of(paths_of("attr.a\\.b.*,labels"))), paths_of("labels,attr.a\\.b.*"));
  for (const auto* const list : {"kinds", "kind,", "attr.", "attr.a..b", "annotations", "kind name"})
    EXPECT_FALSE(parse_index_paths(list)) << list;
  EXPECT_NE(
      parse_index_paths("colour").error().message.find("\"colour\" cannot be indexed: name some of kind"),
      std::string::npos);
}

TEST(index, a_path_covers_those_that_have_its_steps) {
  const auto covered = [](std::string_view asked, std::string_view indexed) {
    return is_covered(parse_attribute_path(asked).value(), parse_attribute_path(indexed).value());
  };
  EXPECT_TRUE(covered("a.b", "a.b"));
  EXPECT_TRUE(covered("a.0.b", "a.*.b"));
  EXPECT_TRUE(covered("a.*.b", "a.*.b"));
  EXPECT_FALSE(covered("a.*.b", "a.0.b"));
  EXPECT_FALSE(covered("a.b", "a.b.c"));
  EXPECT_FALSE(covered("a.\\*", "a.b"));
}

TEST(index, filters_need_terms_of_what_is_indexed_only) {
  const auto usual = paths_of(usual_index);
  for (const auto& texts : std::vector<std::vector<std::string>>{{"kind=Pod"},
                                                                 {"kind=Pod", "kind=Job"},
                                                                 {"name=a"},
                                                                 {"name=api-*"},
                                                                 {"uid=u"},
                                                                 {"itemNamespace="},
                                                                 {"labels=a"},
                                                                 {"labels=a in (b,c)"},
                                                                 {"labels=a>3"},
                                                                 {"owner=x"},
                                                                 {"owner=Job/x"},
                                                                 {"attr.spec.containers.*.image=*nginx*"},
                                                                 {"attr.spec.containers.0.image=nginx"}})
    EXPECT_EQ(terms_needed(filter_of(texts), usual).size(), 1U) << testing::PrintToString(texts);
  for (const auto& texts : std::vector<std::vector<std::string>>{{},
                                                                 {"kind!=Pod"},
                                                                 {"kind=P*"},
                                                                 {"kind=Pod", "kind=J*"},
                                                                 {"name=a*"},
                                                                 {"labels=!a"},
                                                                 {"labels=a!=b"},
                                                                 {"annotations=a"},
                                                                 {"attr.spec.replicas=3"},
                                                                 {"search=nginx"},
                                                                 {"cluster=c"},
                                                                 {"attr.spec.*.0.image=nginx"}})
    EXPECT_TRUE(terms_needed(filter_of(texts), usual).empty()) << testing::PrintToString(texts);
  EXPECT_TRUE(terms_needed(filter_of({"kind=Pod"}), paths_of("name")).empty());
  EXPECT_EQ(unindexed_path(filter_of({"attr.image=x", "attr.spec.replicas>3"}), usual), "spec.replicas");
  EXPECT_EQ(unindexed_path(filter_of({"attr.spec.replicas>3"}), paths_of("attr.spec.*")), "");
}

TEST(index, rows_that_lack_a_text_need_not_be_read) {
  const auto texts = [](const std::vector<std::string>& given) { return texts_needed(filter_of(given)); };
  using list = std::vector<std::string>;
  EXPECT_EQ(texts({"name=api", "labels=app in (x),tier,!no,n!=m"}), (list{"api", "app", "x", "tier"}));
  EXPECT_EQ(texts({"attr.a=*nginx*:1", "uid=a", "uid=b"}), list{"nginx"});
  EXPECT_EQ(texts({"attr.a=3", "kind=Pod", "owner=x", "name=\u00e4", "uid=a\"b", "attr.b>3", "name!=y"}),
            list{});
  EXPECT_TRUE(may_fit(R"({"name":"api"})", {"api"}));
  EXPECT_FALSE(may_fit(R"({"name":"apo"})", {"api"}));
  EXPECT_TRUE(may_fit(R"({"name":"\u0061pi"})", {"api"})) << "who knows";
  EXPECT_TRUE(may_fit(R"({"name":"a\/pi"})", {"a/pi"}));
  EXPECT_FALSE(may_fit(R"({"name":"\"\\\n\u003c\u003e\u0026\u2028"})", {"api"}))
      << "no letter of it is hidden";
}

/// Texts that have much in common, and some that are hard to read.
const std::vector<std::string> hard_values{"",
                                           "a",
                                           "api",
                                           "api-1",
                                           "api-2.x",
                                           "web-api",
                                           "3",
                                           "3.0",
                                           "-0",
                                           "0",
                                           "1e2",
                                           "100",
                                           "true",
                                           "null",
                                           "NaN",
                                           "nginx:1.25",
                                           "Job",
                                           "job",
                                           "a\"b\\",
                                           "\u00e4\u00f6",
                                           std::string("n\0l", 3),
                                           std::string(300, 'x') + "nginx"};

std::string quoted(const std::string& text) {
  return boost::json::serialize(boost::json::string(text));
}

std::string json_of(seeded_random& random, int depth) {
  switch (random.below(depth == 0 ? 5 : 8)) {
  case 0:
    return random.pick(std::vector<std::string>{"3", "3.0", "30e-1", "-0.0", "0", "100", "1e2", "0.5"});
  case 1:
    return random.pick(std::vector<std::string>{"true", "false", "null"});
  case 2:
  case 3:
  case 4:
    return quoted(random.pick(hard_values));
  case 5: {
    std::string out = "[";
    for (auto left = random.below(3); left > 0; --left)
      out += json_of(random, depth - 1) + (left > 1 ? "," : "");
    return out + "]";
  }
  default: {
    std::string out = "{";
    for (auto left = random.below(4); left > 0; --left)
      out += quoted(random.pick(std::vector<std::string>{"a", "b", "image", "0", "api", "x.y"})) + ":" +
             json_of(random, depth - 1) + (left > 1 ? "," : "");
    return out + "}";
  }
  }
}

std::string row_of(seeded_random& random) {
  const auto text = [&] { return quoted(random.pick(hard_values)); };
  std::string attributes = R"({"a":)" + json_of(random, 3) + R"(,"image":)" + json_of(random, 1);
  if (random.once_in(2))
    attributes += R"(,"labels":)" + json_of(random, 2);
  attributes += R"(,"metadata":{"labels":{"a":)" + text() + R"(,"b":)" + json_of(random, 1) +
                R"(},"ownerReferences":[{"kind":)" + text() + R"(,"name":)" + text() + R"(,"uid":)" + text() +
                "}]}";
  attributes += R"(,"spec":{"containers":[{"image":)" + text() + "}," + json_of(random, 2) + "]}}";
  return R"({"targetNamespace":"t","targetName":"n","namespace":)" + text() + R"(,"name":)" + text() +
         R"(,"version":"v1","kind":)" + text() + R"(,"uid":)" + text() + R"(,"attributes":)" + attributes +
         "}";
}

std::string pattern_of(seeded_random& random) {
  auto text = random.pick(hard_values);
  if (text.size() > 20 && random.once_in(2))
    text = text.substr(text.size() - 8);
  switch (random.below(5)) {
  case 0:
    return text.substr(0, random.below(text.size() + 1)) + "*";
  case 1:
    return "*" + text.substr(text.size() / 2);
  case 2:
    return "*" + text.substr(text.size() / 4, text.size() / 2 + 1) + "*";
  default:
    return text;
  }
}

std::vector<std::string> random_filter(seeded_random& random) {
  static const std::vector<std::string> fields{"kind", "name", "uid", "itemNamespace", "owner"};
  static const std::vector<std::string> asked_paths{"a",
                                                    "a.*",
                                                    "a.b",
                                                    "a.*.image",
                                                    "image",
                                                    "image.*",
                                                    "spec.containers.*.image",
                                                    "spec.containers.0.image",
                                                    "spec.containers.*.*",
                                                    "metadata.labels.a"};
  std::vector<std::string> out;
  for (auto left = 1 + random.below(2); left > 0; --left)
    switch (random.below(4)) {
    case 0:
    case 1:
      out.push_back(random.pick(fields) + (random.once_in(6) ? "!=" : "=") + pattern_of(random));
      break;
    case 2:
      out.push_back("labels=" + random.pick(std::vector<std::string>{
                                    "a", "!a", "b=3", "a=api", "a in (api,3)", "b>1", "b!=3", "a=", "x.y"}));
      break;
    default:
      out.push_back("attr." + random.pick(asked_paths) +
                    random.pick(std::vector<std::string>{"=", "=", "=", "!=", ">=", "<"}) +
                    pattern_of(random));
    }
  return out;
}

TEST(index, no_row_that_fits_lacks_what_its_filter_needs) {
  seeded_random random(test_seed(27));
  const std::vector<index_paths> kept{
      paths_of(usual_index), paths_of("kind,attr.a,attr.a.*,attr.a.b,attr.metadata.labels.a,attr.image.*"),
      paths_of("images,owners,attr.a.*.image,attr.spec.containers.*.*,labels")};
  std::size_t fitting = 0, refused = 0;
  for (int turn = 0; turn < 20'000; ++turn) {
    const auto texts = random_filter(random);
    const auto filter = filter_of(texts);
    const auto row = row_of(random);
    const auto view = view_row(row);
    if (!view) // a name came twice in an object
      continue;
    const auto& paths = random.pick(kept);
    const auto needed = terms_needed(filter, paths);
    const bool is_proposed = has_all(term_maker(paths).terms_of(row), needed);
    const bool is_fitting = holds(filter, *view);
    ASSERT_TRUE(is_proposed || !is_fitting) << testing::PrintToString(texts) << "\n" << row;
    ASSERT_TRUE(may_fit(row, texts_needed(filter)) || !is_fitting) << testing::PrintToString(texts) << "\n"
                                                                   << row;
    fitting += is_fitting && !needed.empty() ? 1 : 0;
    refused += is_proposed ? 0 : 1;
  }
  EXPECT_GT(fitting, 300U);
  EXPECT_GT(refused, 3'000U);
}

} // namespace
} // namespace kollect::consumer::test

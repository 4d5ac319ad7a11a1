#include <support/failure_is.hpp>
#include <support/messages.hpp>
#include <support/random_rows.hpp>
#include <support/random_text.hpp>

#include <kollect/order.hpp>
#include <kollect/scope.hpp>
#include <kollect/snapshot_message.hpp>

#include <sstream>
#include <unordered_set>

namespace kollect::test {

namespace {

message_head head_of(std::string_view cluster, std::string_view name_space,
                     std::optional<std::string_view> key) {
  static std::vector<std::string> kept;
  kept.push_back(R"({"timestamp":"2026-01-15T12:00:00Z","cluster":")" + std::string(cluster) +
                 R"(","namespace":")" + std::string(name_space) + R"(","payload":[]})");
  return read_head(kept.back(), key).value();
}

template <class Value>
std::string printed(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

} // namespace

TEST(scope, comes_from_the_labels_and_the_key) {
  struct {
    std::string_view cluster, name_space;
    std::optional<std::string_view> key;
    std::string_view inventory;
  } const cases[] = {
      {"c", "n", "c:n/all", "all"},
      {"c", "n", "c:n/", ""},
      {"c", "n", {}, ""},
      {"c", "n", "", ""},
      {"c", "n", "c/n", ""},     // as the operator sends it
      {"c", "n", "C:n/all", ""}, // of another cluster
      {"c", "n", "c:m/all", ""},
      {"c", "n", "c:n", ""},
      {"c", "n", "xc:n/all", ""},
      {"", "", ":/all", "all"},
      {"", "n", ":n/all", "all"},
      {"a:b", "n", "a:b:n/all", "all"},
      {"a", "b/c", "a:b/c/all", "all"},
      {"a:b/c", "d:e/f", "a:b/c:d:e/f/x:y/z", "x:y/z"},
      {"a", "b", "a:b/c/all", "c/all"},
      {"c", "n", "c:n/\u00E9 \n", "\u00E9 \n"},
      {"c\\u0062", "n", "cb:n/all", "all"},
  };
  for (const auto& one : cases) {
    const auto head = head_of(one.cluster, one.name_space, one.key);
    EXPECT_EQ(head.scope.inventory, one.inventory) << one.key.value_or("no key");
  }
}

TEST(scope, is_told_by_its_own_key_whatever_its_labels) {
  seeded_random random(test_seed(41));
  for (int round = 0; round < 5'000; ++round) {
    const scope where{random_string(random), random_string(random), random_string(random)};
    ASSERT_EQ(inventory_from_key(std::string_view(message_key(where)), where.cluster, where.namespace_),
              where.inventory)
        << where;
  }
}

TEST(scope, is_printed_ordered_and_hashed_by_every_part) {
  const scope base{"b", "b", "b"};
  EXPECT_EQ(printed(base), "b:b/b");
  EXPECT_EQ(message_key(base), "b:b/b");
  std::unordered_set<scope> seen{base};
  for (auto scope::*part : {&scope::cluster, &scope::namespace_, &scope::inventory}) {
    auto other = base;
    other.*part = "c";
    EXPECT_LT(base, other);
    EXPECT_TRUE(seen.insert(other).second);
    EXPECT_NE(std::hash<scope>{}(base), std::hash<scope>{}(other));
  }
  EXPECT_LT((scope{"a", "z", "z"}), (scope{"b", "a", "a"}));
  EXPECT_NE(std::hash<scope>{}(scope{"ab", "", ""}), std::hash<scope>{}(scope{"a", "b", ""}));
  EXPECT_NE(std::hash<scope>{}(scope{"", "a", ""}), std::hash<scope>{}(scope{"", "", "a"}));
}

TEST(row_identity, is_printed_ordered_and_hashed_by_every_part) {
  const row_identity base{"b", "b", "b", "b", "b"};
  EXPECT_EQ(printed(row_identity{"a", "b", "c", "d", "e"}), "a/b/c/d/e");
  std::unordered_set<row_identity> seen{base};
  for (auto row_identity::*part : {&row_identity::target_namespace, &row_identity::target_name,
                                   &row_identity::namespace_, &row_identity::name, &row_identity::uid}) {
    auto other = base;
    other.*part = "c";
    EXPECT_LT(base, other);
    EXPECT_TRUE(seen.insert(other).second);
    EXPECT_NE(std::hash<row_identity>{}(base), std::hash<row_identity>{}(other));
  }
  EXPECT_LT((row_identity{"a", "z", "z", "z", "z"}), (row_identity{"b", "a", "a", "a", "a"}));
}

TEST(snapshot_order, is_by_instant_then_generation_then_digest) {
  const snapshot_order early{{100, 0}, 9, sha256("z")}, later{{100, 100'000'000}, 1, sha256("a")};
  EXPECT_LT(early, later);
  EXPECT_LT((snapshot_order{{100, 0}, 1, sha256("a")}), (snapshot_order{{100, 0}, 2, sha256("b")}));
  const auto one = snapshot_order{{100, 0}, 1, sha256("a")}, other = snapshot_order{{100, 0}, 1, sha256("b")};
  EXPECT_NE(one, other);
  EXPECT_EQ(one < other, sha256("a") < sha256("b"));
  EXPECT_EQ(printed(one), "1970-01-01T00:01:40Z#1#" + to_string(sha256("a")));
}

TEST(snapshot_order, is_that_of_exported_at_where_there_is_one_else_of_the_timestamp) {
  const auto array = message_with("[]");
  const auto head = read_head(array).value();
  const auto view = parse_snapshot(head.envelope).value();
  EXPECT_EQ(order_of(head, view),
            (snapshot_order{parse_timestamp("2026-01-15T12:00:00Z").value(), 0, sha256("[]")}));
  EXPECT_EQ(items_digest_of(head, view), sha256("[]"));

  const auto payload = export_envelope_text("[]", 0, R"(,"generation":4,"partIndex":1,"partTotal":2)");
  const auto text = message_with(payload);
  const auto other = read_head(text, "prod-west:team-a/all").value();
  const auto part = parse_snapshot(other.envelope).value();
  const auto instant = parse_timestamp("2026-01-15T12:00:00.5Z").value();
  EXPECT_EQ(order_of(other, part), (snapshot_order{instant, 4, sha256(payload)}));
  EXPECT_EQ(part_set_of(other, part), (part_set{{"prod-west", "team-a", "all"}, instant, 4, 2}));
  EXPECT_EQ(items_digest_of(other, part), sha256("[]"));
}

TEST(canonical_order, is_bytewise_over_the_fields_joined_by_nul) {
  item row;
  row.target_namespace = "1", row.target_name = "2", row.namespace_ = "3", row.name = "4", row.uid = "5";
  row.group = "6", row.version = "7", row.kind = "8";
  EXPECT_EQ(canonical_sort_key(row), std::string("1\0002\0003\0004\0005\0006\0007\0008", 15));
  item longer = row, other = row;
  longer.target_namespace = "1-", other.target_namespace = "\u00E9";
  EXPECT_LT(canonical_sort_key(row), canonical_sort_key(longer));
  EXPECT_LT(canonical_sort_key(longer), canonical_sort_key(other));
}

TEST(digests, are_those_of_sha_256_and_xxh3) {
  EXPECT_EQ(printed(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(printed(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
  EXPECT_EQ(sha256(std::string_view()), sha256(""));
  EXPECT_EQ(nats_message_id("c", "n", "[]"), to_string(sha256("c/n/[]")));
  EXPECT_EQ(fingerprint_of(""), (fingerprint{0x99AA06D3014798D8U, 0x6001C324468D497FU}));
  EXPECT_NE(fingerprint_of("a"), fingerprint_of("b"));
  std::string text;
  for (std::size_t size = 0; size < 5000; size += 1 + size / 8) {
    text.resize(size, static_cast<char>('a' + size % 26));
    const auto inlined =
        XXH3_128bits(text.data(), text.size()); // whatever libxxhash chooses for this machine
    EXPECT_EQ(fingerprint_of(text), (fingerprint{inlined.high64, inlined.low64})) << size;
  }
  EXPECT_EQ(
      (std::unordered_set<fingerprint>{fingerprint_of("a"), fingerprint_of("b"), fingerprint_of("a")}).size(),
      2U);
  EXPECT_EQ((std::unordered_set<sha256_digest>{sha256("a"), sha256("b"), sha256("a")}).size(), 2U);
}

TEST(canonical_sort_key, need_not_be_made_to_compare_two_rows) {
  seeded_random random(test_seed(20261107));
  const auto text = [&random] {
    std::string out;
    for (std::size_t size = random.below(3); size > 0; --size)
      out += random.pick(std::string_view("\0a\xFF", 3));
    return out;
  };
  std::size_t less = 0;
  for (int round = 0; round < 100'000; ++round) {
    item one{text(), text(), text(), text(), text(), text(), text(), text(), {}}, other = one;
    for (const auto field : detail::sort_fields)
      if (random.once_in(4))
        other.*field = text();
    const bool expected = canonical_sort_key(one) < canonical_sort_key(other);
    ASSERT_EQ(detail::is_before(one, other), expected);
    less += expected ? 1 : 0;
  }
  EXPECT_GT(less, 10'000U);
}

} // namespace kollect::test

#include <support/failure_is.hpp>
#include <support/messages.hpp>
#include <support/random_text.hpp>

#include <kollect/dedup_key.hpp>
#include <kollect/dedup_window.hpp>
#include <kollect/snapshot_message.hpp>

#include <sstream>
#include <unordered_set>

namespace kollect::test {

namespace {

dedup_key key_of(std::string_view message) {
  return read_head(message).value().key;
}

dedup_key numbered(int number) {
  return {"c", "n", "2026-01-15T12:00:00Z", sha256(std::to_string(number))};
}

std::string with_label(std::string_view cluster, std::string_view timestamp = "2026-01-15T12:00:00Z") {
  return R"({"timestamp":")" + std::string(timestamp) + R"(","cluster":")" + std::string(cluster) +
         R"(","namespace":"team-a","payload":[]})";
}

std::string decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%')
      out += text[at];
    else
      out += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16)), at += 2;
  }
  return out;
}

} // namespace

TEST(dedup_key, is_over_the_labels_and_the_raw_bytes_of_the_payload) {
  const auto key = key_of(message_with("[ ]"));
  EXPECT_EQ(key, (dedup_key{"prod-west", "team-a", "2026-01-15T12:00:00Z", sha256("[ ]")}));
  EXPECT_EQ(key, key_of(" " + message_with(" [ ] ") + "\n")); // the same value's bytes, in another setting
  EXPECT_NE(key, key_of(message_with("[]")));
  EXPECT_EQ(key_of(with_label("a\\u0062")), key_of(with_label("ab"))); // labels are decoded
  EXPECT_NE(key_of(with_label("ab")), key_of(with_label("aB")));
  EXPECT_NE(key_of(with_label("a", "2026-01-15T12:00:00Z")),
            key_of(with_label("a", "2026-01-15T12:00:00.0Z")));
}

TEST(message_head, is_the_same_hashed_later) {
  for (const auto& value :
       {message_with("[]"), message_with("{}"), message_with("[ 1 ]"), with_label("b\\u0061d"), std::string(),
        std::string("no envelope"), with_label("a", "not a time")})
    for (const auto key :
         {std::optional<std::string_view>("prod-west:team-a/all"), std::optional<std::string_view>()}) {
      auto head = read_unhashed_head(value, key);
      const auto expected = read_head(value, key);
      ASSERT_EQ(head.has_value(), expected.has_value()) << value;
      if (!expected) {
        EXPECT_EQ(to_string(head.error()), to_string(expected.error()));
        continue;
      }
      EXPECT_EQ(head->key.payload, sha256_digest());
      head->key.payload = sha256(head->envelope.payload);
      EXPECT_EQ(head->key, expected->key);
      EXPECT_EQ(head->scope, expected->scope);
      EXPECT_EQ(head->envelope.payload, expected->envelope.payload);
    }
  limits bounds;
  bounds.max_message_bytes = 10;
  EXPECT_TRUE(failure_is(read_unhashed_head(message_with("[]"), {}, bounds), error::too_large));
}

TEST(dedup_key, is_the_same_when_made_with_the_header) {
  sha256_hasher hasher;
  dedup_key key{"left", "over", "from before", sha256("before")};
  for (const std::string payload :
       {"[]", "{}", R"([{"a":"]}"}])", "null", "\"text\"", "12", R"(["\\"])", "[ 1 ]"})
    for (const std::string after :
         {"}", " } ", R"(,"more":{"payload":[1]}})", R"(,"payload":[1]})", "", "}}", R"(\]})"}) {
      const auto whole = message_with(payload);
      const auto message = whole.substr(0, whole.size() - 1) + after;
      const auto expected = parse_envelope(message);
      const auto envelope = parse_envelope(message, hasher, key);
      ASSERT_EQ(envelope.has_value(), expected.has_value()) << message;
      if (!expected) {
        EXPECT_EQ(to_string(envelope.error()), to_string(expected.error())) << message;
        continue;
      }
      EXPECT_EQ(envelope->payload, expected->payload) << message;
      EXPECT_EQ(key, make_dedup_key(*expected)) << message;
    }
  limits bounds;
  bounds.max_message_bytes = 10;
  EXPECT_TRUE(failure_is(parse_envelope(std::string_view(message_with("[]")), hasher, key, bounds),
                         error::too_large));
  EXPECT_TRUE(failure_is(parse_envelope("", hasher, key), error::empty_message));
}

TEST(dedup_key, is_printed_with_its_parts_percent_encoded) {
  const auto digest = std::string("sha256:") + to_string(sha256(""));
  const auto printed = [](const dedup_key& key) {
    std::ostringstream out;
    out << key;
    EXPECT_EQ(out.str(), to_string(key));
    return out.str();
  };
  EXPECT_EQ(printed({"prod-west", "team-a", "2026-01-15T12:00:00Z", sha256("")}),
            "prod-west/team-a/2026-01-15T12:00:00Z/" + digest);
  EXPECT_EQ(printed({"", "", "", sha256("")}), "///" + digest);
  EXPECT_EQ(printed({"a/b", "c d%", "\u00E9\n?#", sha256("")}), "a%2Fb/c%20d%25/%C3%A9%0A%3F%23/" + digest);
  EXPECT_EQ(printed({"-._~!$&'()*+,;=:@", "\"<>[]\\^`{|}", std::string("\0\x7F", 2), sha256("")}),
            "-._~!$&'()*+,;=:@/%22%3C%3E%5B%5D%5C%5E%60%7B%7C%7D/%00%7F/" + digest);
}

TEST(dedup_key, texts_of_different_keys_differ) {
  seeded_random random(test_seed(37));
  for (int round = 0; round < 2'000; ++round) {
    const dedup_key key{random_string(random), random_string(random), random_string(random), sha256("")};
    const auto text = to_string(key);
    ASSERT_EQ(std::count(text.begin(), text.end(), '/'), 3);
    std::istringstream parts(text);
    for (const auto* const expected : {&key.cluster, &key.namespace_, &key.timestamp}) {
      std::string part;
      std::getline(parts, part, '/');
      ASSERT_EQ(decode_percent(part), *expected) << text;
    }
  }
}

TEST(dedup_key, is_ordered_and_hashed_by_every_part) {
  const dedup_key base{"b", "b", "b", sha256("b")};
  std::unordered_set<dedup_key> seen{base};
  for (auto dedup_key::*part : {&dedup_key::cluster, &dedup_key::namespace_, &dedup_key::timestamp}) {
    auto other = base;
    other.*part = "c";
    EXPECT_LT(base, other);
    EXPECT_TRUE(seen.insert(other).second);
    EXPECT_NE(std::hash<dedup_key>{}(base), std::hash<dedup_key>{}(other));
  }
  auto other = base;
  other.payload.bytes.back() ^= 1U;
  EXPECT_NE(base, other);
  EXPECT_NE(std::hash<dedup_key>{}(base), std::hash<dedup_key>{}(other));
  EXPECT_EQ(std::hash<dedup_key>{}(base), std::hash<dedup_key>{}(dedup_key(base)));
  const dedup_key shifted_left{"ab", "", "", sha256("")}, shifted_right{"a", "b", "", sha256("")};
  EXPECT_NE(std::hash<dedup_key>{}(shifted_left), std::hash<dedup_key>{}(shifted_right));
}

namespace {

const scope where{"c", "n", "all"};

/// Remembers a key if it is new, and answers whether it was.
bool take(dedup_window& window, const dedup_key& key, dedup_window::clock::time_point now = {}) {
  const bool is_new = !window.contains(where, key);
  window.remember(where, key, now);
  return is_new;
}

} // namespace

TEST(dedup_window, tells_new_keys_from_known_ones) {
  dedup_window window;
  EXPECT_TRUE(take(window, numbered(1)));
  EXPECT_FALSE(take(window, numbered(1)));
  EXPECT_TRUE(take(window, numbered(2)));
  EXPECT_TRUE(window.contains(where, numbered(1)));
  EXPECT_FALSE(window.contains(where, numbered(3)));
  EXPECT_EQ(window.size(), 2U);
}

TEST(dedup_window, keeps_keys_by_scope) {
  dedup_window window;
  window.remember({"c", "n", "pods"}, numbered(1));
  EXPECT_FALSE(window.contains({"c", "n", "nodes"}, numbered(1)));
  EXPECT_FALSE(window.contains({"c", "n", ""}, numbered(1)));
  EXPECT_TRUE(window.contains({"c", "n", "pods"}, numbered(1)));
}

TEST(dedup_window, remembers_nothing_by_being_asked) {
  const dedup_window window;
  EXPECT_FALSE(window.contains(where, numbered(1)));
  EXPECT_FALSE(window.contains(where, numbered(1)));
}

TEST(dedup_window, forgets_the_oldest_key_over_its_size) {
  dedup_window window({.max_keys = 3});
  for (int number = 1; number <= 3; ++number)
    EXPECT_TRUE(take(window, numbered(number)));
  EXPECT_FALSE(take(window, numbered(1))); // does not renew its age
  EXPECT_TRUE(take(window, numbered(4)));
  EXPECT_EQ(window.size(), 3U);
  EXPECT_FALSE(window.contains(where, numbered(1)));
  EXPECT_TRUE(window.contains(where, numbered(2)));
  EXPECT_TRUE(take(window, numbered(1)));
  EXPECT_FALSE(window.contains(where, numbered(2)));
}

TEST(dedup_window, forgets_keys_that_are_older_than_its_age) {
  const auto start = dedup_window::clock::time_point{} + std::chrono::hours(1);
  dedup_window window({.max_age = std::chrono::seconds(10)});
  EXPECT_TRUE(take(window, numbered(1), start));
  EXPECT_FALSE(take(window, numbered(1), start + std::chrono::seconds(6))); // does not renew its age
  EXPECT_TRUE(take(window, numbered(2), start + std::chrono::seconds(10)));
  EXPECT_TRUE(window.contains(where, numbered(1)));
  EXPECT_TRUE(take(window, numbered(3), start + std::chrono::nanoseconds(10'000'000'001)));
  EXPECT_FALSE(window.contains(where, numbered(1)));
  EXPECT_EQ(window.size(), 2U);
}

TEST(dedup_window, a_clock_that_goes_back_makes_nothing_stay) {
  const auto start = dedup_window::clock::time_point{} + std::chrono::hours(1);
  dedup_window window({.max_age = std::chrono::seconds(10)});
  window.remember(where, numbered(1), start);
  window.remember(where, numbered(2), start - std::chrono::minutes(30));
  window.remember(where, numbered(3), start + std::chrono::seconds(11));
  EXPECT_EQ(window.size(), 1U);
}

TEST(dedup_window, stays_within_its_size_over_many_keys) {
  dedup_window window({.max_keys = 100});
  for (int number = 0; number < 20'000; ++number) {
    ASSERT_TRUE(take(window, numbered(number)));
    ASSERT_FALSE(take(window, numbered(std::max(0, number - 99))));
    ASSERT_LE(window.size(), 100U);
  }
}

TEST(dedup_window, of_no_size_remembers_nothing) {
  dedup_window window({.max_keys = 0});
  EXPECT_TRUE(take(window, numbered(1)));
  EXPECT_TRUE(take(window, numbered(1)));
  EXPECT_EQ(window.size(), 0U);
}

TEST(dedup_window, can_be_moved_and_is_empty_then) {
  static_assert(!std::is_copy_constructible_v<dedup_window> && !std::is_copy_assignable_v<dedup_window>);
  dedup_window first({.max_keys = 2});
  EXPECT_TRUE(take(first, numbered(1)));
  dedup_window second = std::move(first);
  EXPECT_FALSE(take(second, numbered(1)));
  EXPECT_EQ(first.size(), 0U); // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(take(first, numbered(1)));
  dedup_window third;
  EXPECT_TRUE(take(third, numbered(9)));
  third = std::move(second);
  EXPECT_TRUE(take(third, numbered(2)));
  EXPECT_TRUE(take(third, numbered(3)));
  EXPECT_FALSE(third.contains(where, numbered(1)));
  EXPECT_FALSE(third.contains(where, numbered(9)));
}

} // namespace kollect::test

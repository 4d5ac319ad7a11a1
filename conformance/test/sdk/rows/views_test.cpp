#include <support/failure_is.hpp>
#include <support/messages.hpp>

#include <kollect/message.hpp>
#include <kollect/views.hpp>

#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/range/primitives.hpp>
#include <range/v3/view/getlines.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <ranges>
#include <span>
#include <sstream>

namespace kollect::test {

namespace {

/// What became of each message: the payload's digest, or the failure's name.
template <class Range>
std::vector<std::string> outcomes(Range&& heads) {
  std::vector<std::string> out;
  for (const auto& head : heads)
    out.push_back(head ? std::string(head->envelope.payload)
                       : std::string(error_name(head.error().reason())));
  return out;
}

using texts = std::vector<std::string>;

struct record {
  std::string key;
  std::string value;
};

} // namespace

TEST(views, a_range_of_bytes_is_parsed_and_rid_of_what_the_window_contains) {
  const texts messages{message_with("[]"),   "",  message_with("[]"),
                       message_with("[{}]"), "x", message_with("[]")};
  dedup_window window;
  texts seen;
  for (const auto& head : messages | views::parse | views::dedup(window)) {
    seen.push_back(head ? std::string(head->envelope.payload)
                        : std::string(error_name(head.error().reason())));
    if (head)
      window.remember(head->scope, head->key);
  }
  EXPECT_EQ(seen, (texts{"[]", "empty_message", "[{}]", "syntax"}));
  EXPECT_EQ(outcomes(messages | views::parse | views::dedup(window)), (texts{"empty_message", "syntax"}));
  EXPECT_EQ(outcomes(messages | views::parse).size(), messages.size());
}

TEST(views, asking_remembers_nothing_so_that_a_second_pass_sees_the_same) {
  std::vector<std::string> messages;
  for (int index = 0; index < 5; ++index)
    messages.push_back(message_with("[" + std::to_string(index) + "]"));
  std::vector<result<message_head>> heads;
  for (const auto& message : messages)
    heads.push_back(read_head(message));
  const dedup_window window;
  auto fresh = heads | views::dedup(window);
  EXPECT_EQ(ranges::distance(fresh), 5);
  EXPECT_EQ(outcomes(fresh).size(), 5U);
}

TEST(views, inventories_of_one_namespace_are_not_each_others_duplicates) {
  const std::vector<record> messages{{"prod-west:team-a/pods", message_with("[]")},
                                     {"prod-west:team-a/nodes", message_with("[]")},
                                     {"prod-west:team-a/pods", message_with("[]")}};
  dedup_window window;
  texts inventories;
  for (const auto& head : messages | views::parse | views::dedup(window)) {
    inventories.push_back(head->scope.inventory);
    window.remember(head->scope, head->key);
  }
  EXPECT_EQ(inventories, (texts{"pods", "nodes"}));
}

TEST(views, what_failed_before_it_was_remembered_comes_again) {
  const texts messages{message_with("[]"), message_with("[]")};
  dedup_window window;
  int attempts = 0;
  for (const auto& head : messages | views::parse | views::dedup(window))
    if (++attempts == 2) // the first effect has failed
      window.remember(head->scope, head->key);
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(window.size(), 1U);
}

TEST(views, views_of_bytes_and_bytes_of_other_types_work_too) {
  const auto first = message_with("[]");
  EXPECT_EQ(outcomes(std::vector<std::string_view>{first, first} | views::parse), (texts{"[]", "[]"}));
  EXPECT_EQ(outcomes(std::vector<const char*>{first.c_str()} | views::parse), texts{"[]"});
  const std::vector<unsigned char> octets(first.begin(), first.end());
  EXPECT_EQ(outcomes(std::vector<std::vector<unsigned char>>{octets} | views::parse), texts{"[]"});
  struct library_message {
    std::span<const std::byte> value;
  };
  const std::vector<library_message> messages{{std::as_bytes(std::span(octets))}};
  EXPECT_EQ(outcomes(messages | views::parse), texts{"[]"});
}

TEST(views, lines_of_a_stream_are_messages) {
  std::istringstream in(message_with("[]") + "\n" + message_with("[{}]") + "\n");
  EXPECT_EQ(outcomes(ranges::getlines(in) | views::parse), (texts{"[]", "[{}]"}));
}

TEST(views, go_together_with_the_standards_adaptors_and_range_v3s) {
  const texts messages{message_with("[]"), "x", message_with("[{}]")};
  EXPECT_EQ(outcomes(messages | std::views::take(2) | views::parse), (texts{"[]", "syntax"}));
  EXPECT_EQ(outcomes(messages | views::parse | std::views::drop(1)), (texts{"syntax", "[{}]"}));
  EXPECT_EQ(outcomes(messages | ranges::views::take(2) | views::parse), (texts{"[]", "syntax"}));
  EXPECT_EQ(outcomes(messages | views::parse | ranges::views::take(2)), (texts{"[]", "syntax"}));
  auto heads = messages | views::parse;
  static_assert(std::ranges::view<decltype(heads)> && ranges::view_<decltype(heads)>);
  EXPECT_EQ(std::ranges::count_if(heads, [](const auto& head) { return head.has_value(); }), 2);
  EXPECT_EQ(ranges::count_if(heads, [](const auto& head) { return head.has_value(); }), 2);
  const auto make = [&] { return texts(messages); };
  EXPECT_EQ(outcomes(make() | views::parse).size(), 3U); // it keeps a temporary range
}

TEST(views, received_messages_give_their_key_to_the_scope) {
  const auto value = message_with("[]");
  std::vector<received_message> messages(2);
  messages[0].value = value;
  messages[0].key = "prod-west:team-a/all";
  messages[1].value = value;
  texts inventories;
  for (const auto& head : messages | views::parse)
    inventories.push_back(head->scope.inventory);
  EXPECT_EQ(inventories, (texts{"all", ""}));
}

TEST(views, a_plain_key_counts_as_well) {
  const std::vector<record> messages{{"prod-west:team-a/all", message_with("[]")}, {"", message_with("[]")}};
  texts inventories;
  for (const auto& head : messages | views::parse)
    inventories.push_back(head->scope.inventory);
  EXPECT_EQ(inventories, (texts{"all", ""}));
}

TEST(views, each_message_is_parsed_once) {
  int read = 0;
  const texts messages{message_with("[]"), message_with("[{}]"), "x"};
  const auto count = [&read](const std::string& text) -> const std::string& {
    ++read;
    return text;
  };
  const dedup_window window;
  auto heads = messages | ranges::views::transform(count) | views::parse | views::dedup(window);
  for (const auto& head : heads)
    EXPECT_TRUE(!head || head->envelope.payload.size() >= 2);
  EXPECT_EQ(read, 3);
}

TEST(views, what_is_no_message_is_none) {
  static_assert(views::message_like<std::string> && views::message_like<std::string_view> &&
                views::message_like<const char*>);
  static_assert(views::message_like<received_message> && views::message_like<outgoing_message> &&
                views::message_like<record>);
  static_assert(!views::message_like<int> && !views::message_like<header*> && !views::message_like<scope>);
}

} // namespace kollect::test

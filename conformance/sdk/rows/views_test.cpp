#include <support/failure_is.hpp>
#include <support/messages.hpp>

#include <kollect/message.hpp>
#include <kollect/views.hpp>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/getlines.hpp>
#include <range/v3/view/transform.hpp>

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

TEST(views, a_range_of_bytes_is_parsed_and_rid_of_duplicates) {
  const texts messages{message_with("[]"), "", message_with("[]"), message_with("[{}]"), "x", "x",
                       message_with("[]")};
  dedup_window window;
  EXPECT_EQ(outcomes(messages | views::parse | views::dedup(window)),
            (texts{"[]", "empty_message", "[{}]", "syntax", "syntax"}));
  EXPECT_EQ(window.size(), 2U);
  EXPECT_EQ(outcomes(messages | views::parse | views::dedup(window)),
            (texts{"empty_message", "syntax", "syntax"}));
  EXPECT_EQ(outcomes(messages | views::parse).size(), messages.size());
}

TEST(views, views_of_bytes_work_too) {
  const auto first = message_with("[]");
  const std::vector<std::string_view> messages{first, first};
  dedup_window window;
  EXPECT_EQ(outcomes(messages | views::parse | views::dedup(window)), texts{"[]"});
}

TEST(views, lines_of_a_stream_are_messages) {
  std::istringstream in(message_with("[]") + "\n" + message_with("[{}]") + "\n" + message_with("[]") + "\n");
  dedup_window window;
  EXPECT_EQ(outcomes(ranges::getlines(in) | views::parse | views::dedup(window)), (texts{"[]", "[{}]"}));
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
  dedup_window window;
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

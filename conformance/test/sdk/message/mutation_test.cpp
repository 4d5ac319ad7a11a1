#include <support/exact_bytes.hpp>
#include <support/failure_is.hpp>
#include <support/messages.hpp>

#include <kollect/parse.hpp>
#include <kollect/snapshot_message.hpp>

#include <boost/json/parse.hpp>

namespace kollect::test {

namespace {

/// Everything a consumer does with a message. Answers what refused it, if anything did.
std::optional<failure> consume(std::string_view text) {
  const auto head = read_head(text, "prod-west:team-a/all");
  if (!head)
    return head.error();
  const auto view = parse_snapshot(head->envelope);
  if (!view)
    return view.error();
  row_map rows;
  collect_rows(*view, rows);
  for (const auto& row : view->rows())
    if (const auto owning = to_item(row); !owning)
      return owning.error();
  return {};
}

bool is_json(std::string_view text) {
  boost::json::error_code code;
  boost::json::parse({text.data(), text.size()}, code);
  return !code;
}

std::vector<std::string> valid_messages() {
  const auto items = "[" + row_text("a", "{\"b\":[1,-2.5e3,null],\"\u00E9\":\"\\u00e9\\n\"}") + "]";
  return {
      message_with(items),
      message_with(export_envelope_text(items, 1, R"(,"generation":3,"partIndex":1,"partTotal":2)")),
      R"({"payload":[],"timestamp":"2026-01-15T12:00:00.25Z","namespace":"n","cluster":"","x":{"y":[true]}})"};
}

} // namespace

TEST(mutation, the_messages_themselves_are_good) {
  for (const auto& text : valid_messages()) {
    const auto refused = consume(text);
    EXPECT_FALSE(refused) << refused.value();
  }
}

TEST(mutation, every_truncation_is_an_error_with_an_offset) {
  for (const auto& text : valid_messages())
    for (std::size_t size = 0; size < text.size(); ++size) {
      const exact_bytes part(std::string_view(text).substr(0, size));
      const auto refused = consume(part.view());
      ASSERT_TRUE(refused) << part.view();
      if (size == 0) {
        EXPECT_EQ(refused->reason(), error::empty_message);
        continue;
      }
      ASSERT_TRUE(refused->position) << part.view();
      ASSERT_LE(refused->position->offset, size);
      ASSERT_TRUE(refused->reason() == error::truncated || refused->reason() == error::invalid_utf8)
          << *refused;
    }
}

TEST(mutation, a_changed_byte_is_accepted_only_if_it_leaves_json) {
  constexpr char likely[] = "{}[]\",:\\/ \n09+-.eEtfnau\x1F\x7F\x80\xC3\xED\xFF"; // and the NUL at its end
  for (const auto& text : valid_messages()) {
    exact_bytes bytes(text);
    auto* const letters = const_cast<char*>(bytes.view().data());
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (const char letter : likely) {
        letters[at] = letter;
        const auto refused = consume(bytes.view());
        if (!refused) {
          ASSERT_TRUE(is_json(bytes.view())) << bytes.view();
          continue;
        }
        ASSERT_TRUE(refused->position) << bytes.view();
        ASSERT_LE(refused->position->offset, text.size()) << bytes.view();
        const bool is_text_error =
            refused->reason() == error::syntax || refused->reason() == error::truncated ||
            refused->reason() == error::trailing_data || refused->reason() == error::invalid_utf8;
        ASSERT_TRUE(!is_text_error || !is_json(bytes.view())) << *refused << bytes.view();
      }
      letters[at] = text[at];
    }
  }
}

TEST(mutation, every_byte_taken_out_or_doubled_is_survived) {
  for (const auto& text : valid_messages())
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (const auto& changed :
           {text.substr(0, at) + text.substr(at + 1), text.substr(0, at) + text[at] + text.substr(at)}) {
        const exact_bytes bytes(changed);
        const auto refused = consume(bytes.view());
        ASSERT_TRUE(refused || is_json(changed)) << changed;
      }
    }
}

} // namespace kollect::test

#include <kollect/nats/detail/outgoing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace kollect::nats::detail {
namespace {

outgoing_message message(std::string value, std::vector<header> headers = {}) {
  return {"a.b", {}, std::move(headers), std::move(value)};
}

TEST(outgoing, size_counts_the_headers_as_sent) {
  EXPECT_EQ(sent_size(message("12345")), 5U);
  const std::string sent = "NATS/1.0\r\nNats-Msg-Id: abc\r\nx: \r\n\r\n12345";
  EXPECT_EQ(sent_size(message("12345", {{"Nats-Msg-Id", "abc"}, {"x", ""}})), sent.size());
}

TEST(outgoing, limit_is_inclusive) {
  const std::vector<header> id{{"Nats-Msg-Id", "abc"}};
  const auto limit = sent_size(message("12345", id));
  EXPECT_TRUE(check_outgoing(message("12345", id), limit));
  const auto refused = check_outgoing(message("123456", id), limit);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), error::message_exceeds_limit);
  EXPECT_EQ(refused.error().clause, "SIZE-01");
}

TEST(outgoing, headers_cannot_smuggle_in_others) {
  for (const header& field : {header{"", "x"},
                              {"a b", "x"},
                              {"a:b", "x"},
                              {"a\r\nb", "x"},
                              {"a", "x\r\ny: z"},
                              {"a", "x\n"},
                              {"a", std::string("x\0y", 3)},
                              {"\xc3\xa4", "x"}})
    EXPECT_EQ(check_outgoing(message("x", {field}), 100).error().clause, "NAT-02") << field.name;
  EXPECT_TRUE(check_outgoing(message("x", {{"Nats-Msg-Id", "any thing: else"}}), 100));
}

TEST(outgoing, is_a_message_that_was_made_for_nats) { // NAT-02
  EXPECT_EQ(check_outgoing(message("x"), 100).error().reason(), error::invalid_value);
  auto of_kafka = message("x", {{"Nats-Msg-Id", "abc"}});
  EXPECT_TRUE(check_outgoing(of_kafka, 100));
  of_kafka.key = "c:n/i";
  EXPECT_EQ(check_outgoing(of_kafka, 100).error().reason(), error::invalid_value);
}

TEST(outgoing, subject_must_be_one) {
  outgoing_message wildcard{"a.*", {}, {{"Nats-Msg-Id", "abc"}}, "x"};
  EXPECT_EQ(check_outgoing(wildcard, 100).error().clause, "NAT-01");
}

TEST(outgoing, becomes_a_message_of_cnats) {
  ASSERT_EQ(nats_Open(-1), NATS_OK); // its messages are freed by a collector that this starts
  const auto made = to_message(message(std::string("v\0w", 3), {{"Nats-Msg-Id", "abc"}}), "_INBOX.x.1");
  ASSERT_TRUE(made);
  EXPECT_STREQ(natsMsg_GetSubject(made->get()), "a.b");
  EXPECT_STREQ(natsMsg_GetReply(made->get()), "_INBOX.x.1");
  EXPECT_EQ(data_of(made->get()), std::string_view("v\0w", 3));
  const char* id = nullptr;
  ASSERT_EQ(natsMsgHeader_Get(made->get(), "Nats-Msg-Id", &id), NATS_OK);
  EXPECT_STREQ(id, "abc");
}

TEST(receipt, is_read_from_the_answer) {
  const auto stored = read_receipt(R"({"stream":"events","seq":42})");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->offset, 42);
  EXPECT_FALSE(stored->duplicate);
  EXPECT_TRUE(read_receipt(R"({"stream":"events","seq":42,"duplicate":true})")->duplicate);
}

TEST(receipt, is_none_for_an_error) {
  const auto full =
      read_receipt(R"({"error":{"code":400,"err_code":10077,"description":"maximum messages exceeded"}})");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().reason(), error::not_acknowledged);
  EXPECT_NE(full.error().message.find("maximum messages exceeded"), std::string::npos);
  const auto large =
      read_receipt(R"({"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum"}})");
  EXPECT_EQ(large.error().reason(), error::message_exceeds_limit);
  EXPECT_EQ(read_receipt("what?").error().reason(), error::not_acknowledged);
}

} // namespace
} // namespace kollect::nats::detail

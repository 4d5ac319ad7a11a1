#include <kollect/kafka/publisher.hpp>
#include <kollect/kafka/subscriber.hpp>

#include <kafka/member.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

namespace kollect::kafka {
namespace {

using namespace std::chrono_literals;
using test::failure_is;

connection with_login(std::string password) {
  auto target = test::connection_to("127.0.0.1:1", "topic");
  target.secret = credentials{"canary-user", std::move(password), ""};
  return target;
}

TEST(kafka_secrecy, a_login_that_cannot_be_set_up_says_only_that) {
  using namespace std::string_literals;
  for (const auto& password : {""s, "canary\0password"s}) {
    const auto made = create_publisher(with_login(password));
    ASSERT_TRUE(failure_is(made, error::authentication_failed));
    EXPECT_EQ(made.error().message, "kafka SASL: authentication configuration failed");
    EXPECT_EQ(made.error().clause, "SEC-02");
  }
}

TEST(kafka_secrecy, neither_log_nor_failure_has_the_password) {
  std::string heard;
  client_options client{.connect_timeout = 300ms, .properties = {{"debug", "all"}}};
  client.log = [&](std::string_view line) { heard.append(line).append("\n"); };
  const auto target = with_login("canary-password");

  auto publisher = create_publisher(target, {.client = client});
  ASSERT_TRUE(publisher);
  const auto checked = (*publisher)->check(300ms);
  ASSERT_TRUE(failure_is(checked, error::broker_unavailable));
  const auto subscriber = create_subscriber(target, {.client = client}, {});
  ASSERT_TRUE(failure_is(subscriber, error::broker_unavailable));

  EXPECT_NE(heard.find("sasl.mechanisms"), std::string::npos) << "debug=all should list the settings";
  heard += to_string(checked.error()) + to_string(subscriber.error());
  EXPECT_EQ(heard.find("canary-password"), std::string::npos);
  EXPECT_EQ(heard.find("canary-user"), std::string::npos);
}

TEST(kafka_secrecy, a_doubt_about_the_secret_is_told_where_its_values_were_refused) {
  constexpr std::string_view doubt = "; the password of the secret ends with a newline";
  EXPECT_TRUE(detail::refused_login("Authentication failed", doubt).ends_with(doubt));
  for (const auto* const reason : {"Request not valid in current SASL state: broker's supported mechanisms: ",
                                   "Unsupported SASL mechanism: broker's supported mechanisms: PLAIN"})
    EXPECT_EQ(detail::refused_login(reason, doubt).find(doubt), std::string::npos) << reason;
}

TEST(kafka_secrecy, a_password_is_blotted_out_wherever_it_stands) {
  EXPECT_EQ(detail::without_password("a secret, asecreta", "secret"), "a ***, a***a");
  EXPECT_EQ(detail::without_password("sasl_plaintext", "x"), "sasl_plaintext")
      << "a blot would tell the letter";
  EXPECT_EQ(detail::without_password("text", ""), "text");
}

} // namespace
} // namespace kollect::kafka

#include <support/failure_is.hpp>

#include <kollect/connection.hpp>
#include <kollect/message.hpp>

#include <gtest/gtest.h>

namespace kollect::test {

TEST(connection, to_one_broker_is_none_to_the_other) {
  for (const auto system : {broker_system::kafka, broker_system::nats}) {
    connection target;
    target.system = system;
    EXPECT_TRUE(has_value(detail::check_system(target, system)));
    const auto other = system == broker_system::kafka ? broker_system::nats : broker_system::kafka;
    const auto refused = detail::check_system(target, other);
    ASSERT_TRUE(failure_is(refused, error::invalid_value));
    EXPECT_NE(refused.error().message.find("kollect/" + std::string(to_string(system))), std::string::npos)
        << refused.error();
  }
}

TEST(outgoing_message, made_for_one_broker_is_refused_by_the_other) { // KAF-01, NAT-02
  const header id{"Nats-Msg-Id", "x"}, label{"kollect.dev/cluster", "c"};
  struct {
    outgoing_message message;
    bool is_for_kafka, is_for_nats;
  } const cases[] = {
      {{"t", "c:n/i", {label}, "v"}, true, false}, {{"t", {}, {id}, "v"}, false, true},
      {{"t", {}, {label, id}, "v"}, false, true},  {{"t", "k", {id}, "v"}, false, false},
      {{"t", {}, {}, "v"}, true, false},           {{"t", "", {}, "v"}, true, false},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(detail::check_made_for(broker_system::kafka, one.message).has_value(), one.is_for_kafka);
    EXPECT_EQ(detail::check_made_for(broker_system::nats, one.message).has_value(), one.is_for_nats);
  }
}

} // namespace kollect::test

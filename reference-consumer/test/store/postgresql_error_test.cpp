#include "store/postgresql_error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kollect::consumer::postgresql {
namespace {

TEST(postgresql_error, a_setting_that_the_server_refuses_at_the_start_is_no_defect_of_ours) {
  for (const auto* const state : {"42704", "22023", "42601"}) {
    EXPECT_EQ(judge_refused_connection(state).reason, error::invalid_value) << state;
    EXPECT_NE(judge_refused_connection(state).advice.find("PG..."), std::string_view::npos) << state;
    EXPECT_EQ(judge_state(state).reason, error::internal) << state; // of a statement of ours, it would be
  }
  EXPECT_EQ(judge_refused_connection("42501").reason, error::authentication_failed);
  EXPECT_EQ(judge_refused_connection("28P01").reason, error::authentication_failed);
  EXPECT_EQ(judge_refused_connection("3D000").reason, error::invalid_value);
  EXPECT_EQ(judge_refused_connection("53300").reason, error::store_unavailable);
  EXPECT_EQ(judge_refused_connection("57P03").reason, error::store_unavailable);
}

TEST(postgresql_error, what_a_url_asks_for_in_vain_is_not_tried_again) {
  const std::string at = "connection to server at \"db\", port 5432 failed: ";
  for (const auto& message :
       {at + "GSSAPI encryption required but was impossible (possibly no credential cache)",
        at + "session is not read-only", at + "server is not in hot standby mode",
        at + "server does not support SSL, but SSL was required",
        std::string("invalid sslmode value: \"bad\""),
        std::string("definition of service \"nope\" not found")})
    EXPECT_EQ(judge_message(message).reason, error::invalid_value) << message;
  // A primary may come back as one.
  EXPECT_EQ(judge_message(at + "session is read-only").reason, error::store_unavailable);
  EXPECT_EQ(judge_message(at + "Connection refused").reason, error::store_unavailable);
}

} // namespace
} // namespace kollect::consumer::postgresql

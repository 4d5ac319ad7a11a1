#include <kollect/releaser.hpp>
#include <servers/postgresql_server.hpp>

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <memory>
#include <string>

namespace kollect::servers::test {
namespace {

/// The only value that a statement answers; what is wrong where there is none.
std::string ask(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, releaser<PQfinish>> session(PQconnectdb(url.c_str()));
  const std::unique_ptr<PGresult, releaser<PQclear>> answer(PQexec(session.get(), sql.c_str()));
  return PQntuples(answer.get()) == 1 ? PQgetvalue(answer.get(), 0, 0) : PQerrorMessage(session.get());
}

std::string with_password(std::string url, const std::string& password) {
  return url.insert(url.find('@'), ":" + password);
}

TEST(postgresql_server, keeps_its_data_when_it_is_stopped_or_killed) {
  auto server = postgresql_server::start();
  ASSERT_TRUE(server) << server.error();
  EXPECT_EQ(ask(server->url(), "SHOW server_encoding"), "UTF8");
  ask(server->url(), "CREATE TABLE kept AS SELECT 7 AS value");
  ASSERT_TRUE(server->restart());
  EXPECT_EQ(ask(server->url(), "SELECT value FROM kept"), "7");
  server->kill();
  EXPECT_FALSE(server->child().running());
  const auto restarted = server->restart();
  ASSERT_TRUE(restarted) << restarted.error();
  EXPECT_EQ(ask(server->url(), "SELECT value FROM kept"), "7");
  ASSERT_TRUE(server->stop());
  EXPECT_NE(ask(server->url(), "SELECT 1"), "1");
}

TEST(postgresql_server, asks_for_the_password_that_it_was_given) {
  auto server = postgresql_server::start({.password = "right"});
  ASSERT_TRUE(server) << server.error();
  EXPECT_EQ(ask(with_password(server->url(), "right"), "SELECT 1"), "1");
  EXPECT_NE(ask(with_password(server->url(), "wrong"), "SELECT 1"), "1");
}

TEST(postgresql_server, says_why_it_does_not_start) {
  const auto server = postgresql_server::start({.settings = {"no_such_setting=1"}});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().reason(), error::store_unavailable);
  EXPECT_NE(server.error().message.find("no_such_setting"), std::string::npos) << server.error();
}

} // namespace
} // namespace kollect::servers::test

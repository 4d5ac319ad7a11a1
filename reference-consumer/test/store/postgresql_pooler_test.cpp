// F50: a store behind a connection pooler.
#include "store/postgresql_store.hpp"

#include "support/assertions.hpp"
#include "support/postgresql_place.hpp"

#include <servers/files.hpp>
#include <servers/free_port.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace kollect::consumer::test {
namespace {

/// A real pgbouncer before the tests' server.
class postgresql_behind_pooler : public testing::Test {
protected:
  void start(const std::string& mode) {
    const auto port = servers::free_port().value();
    const auto file = folder_.path() / "pgbouncer.ini";
    const auto server = shared_postgresql_server().port();
    ASSERT_TRUE(servers::write_file(
        file, "[databases]\nportal = host=127.0.0.1 port=" + std::to_string(server) +
                  " dbname=postgres user=kollect\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " +
                  std::to_string(port) + "\nunix_socket_dir =\nauth_type = any\npool_mode = " + mode +
                  "\ndefault_pool_size = 4\n"));
    std::vector<std::string> words{servers::find_program("pgbouncer").value().string(), file.string()};
    if (::geteuid() == 0) { // it does not run as root
      using std::filesystem::perms;
      std::filesystem::permissions(folder_.path(),
                                   perms::owner_all | perms::others_read | perms::others_exec);
      std::filesystem::permissions(file, perms::owner_all | perms::others_read);
      words.insert(words.begin(),
                   {servers::find_program("runuser").value().string(), "-u", "postgres", "--"});
    }
    pooler_ = servers::process::start({.arguments = words, .log = folder_.path() / ("log-" + mode)}).value();
    ASSERT_TRUE(
        servers::wait_until([this] { return pooler_->output().find("process up") != std::string::npos; },
                            std::chrono::seconds(30)))
        << pooler_->output();
    settings_.url = "postgresql://kollect@127.0.0.1:" + std::to_string(port) + "/portal";
    settings_.schema = "behind_" + mode;
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-pooler-").value();
  std::optional<servers::process> pooler_;
  postgresql_settings settings_;
};

TEST_F(postgresql_behind_pooler, a_session_of_its_own_works) {
  start("session");
  for (int time = 0; time < 2; ++time) {
    const auto opened = open_postgresql_store(settings_);
    ASSERT_TRUE(succeeds(opened));
    EXPECT_EQ((*opened)->contradictions().value(), std::vector<std::string>());
  }
}

/// Whether it would fail in the first run or in a later one, it is told before anything is written.
TEST_F(postgresql_behind_pooler, sessions_given_out_by_transaction_or_statement_are_refused) {
  for (const std::string mode : {"transaction", "statement"}) {
    pooler_.reset();
    start(mode);
    for (int time = 0; time < 3; ++time) {
      const auto refused = open_postgresql_store(settings_);
      ASSERT_TRUE(fails_with(refused, error::invalid_value)) << mode;
      EXPECT_NE(refused.error().message.find("pooler"), std::string::npos) << refused.error();
      EXPECT_TRUE(fails_with(open_postgresql_reader(settings_), error::invalid_value)) << mode;
    }
  }
}

} // namespace
} // namespace kollect::consumer::test

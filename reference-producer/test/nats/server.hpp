#ifndef KOLLECT_PRODUCER_TEST_NATS_SERVER_HPP
#define KOLLECT_PRODUCER_TEST_NATS_SERVER_HPP

#include "test/support/producer.hpp"

#include <nats/member.hpp>
#include <servers/nats_server.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace kollect::test {

/// A nats-server without security, one for all tests of the program; each has a stream and a subject of
/// its own.
class nats_server_test : public testing::Test {
protected:
  static void SetUpTestSuite() {
    if (server_)
      return;
    auto started = servers::nats_server::start();
    ASSERT_TRUE(has_value(started));
    server_.emplace(std::move(*started));
  }

  void SetUp() override {
    ASSERT_TRUE(server_.has_value()) << "there is no server";
    name_ = testing::UnitTest::GetInstance()->current_test_info()->name();
    manifest_ = place_.write("sink.yaml",
                             nats_manifest(server_->url(), subject(), "", "    stream: " + name_ + "\n"));
  }

  std::string subject() const { return "events." + name_; }

  connection target() const {
    connection made;
    made.system = broker_system::nats;
    made.addresses = {server_->url()};
    made.destination = subject();
    made.stream = name_;
    return made;
  }

  servers::command_outcome export_rows(const std::string& rows, const std::vector<std::string>& more = {}) {
    return run_export(manifest_, rows, more);
  }

  /// The first `count` messages of the subject.
  void read_into(member& reader, std::size_t count) {
    ASSERT_TRUE(has_value(reader.join(target(), {.durable = name_})));
    ASSERT_TRUE(reader.poll_until_has(count)) << reader.messages.size() << " of " << count;
  }

  static inline std::optional<servers::nats_server> server_;
  workspace place_;
  std::string name_;
  std::string manifest_;
};

} // namespace kollect::test

#endif

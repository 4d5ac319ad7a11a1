#ifndef KOLLECT_SDK_TEST_NATS_CONFIGURED_SERVER_HPP
#define KOLLECT_SDK_TEST_NATS_CONFIGURED_SERVER_HPP

#include <servers/files.hpp>
#include <servers/free_port.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace kollect::test {

/// A nats-server with any configuration, for what servers::nats_server has no option for.
class configured_server {
public:
  configured_server() {
    auto port = servers::free_port();
    auto directory = servers::temporary_directory::create("kollect-nats-");
    EXPECT_TRUE(port && directory);
    if (!port || !directory)
      return;
    port_ = *port;
    directory_.emplace(std::move(*directory));
  }

  /// A line of configuration that turns JetStream on.
  std::string jetstream() const {
    return "jetstream { store_dir: \"" + (directory_->path() / "store").string() + "\" }\n";
  }

  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  std::string log() const {
    auto text = servers::read_file(log_file());
    return text ? *text : std::string();
  }

  /// Starts it, ending the one that ran before, and waits until it listens.
  void start(const std::string& configuration) {
    child_.reset();
    ++starts_;
    const auto file = directory_->path() / "nats-server.conf";
    ASSERT_TRUE(
        servers::write_file(file, "listen: \"127.0.0.1:" + std::to_string(port_) + "\"\n" + configuration));
    auto started =
        servers::process::start({.arguments = {"nats-server", "-c", file.string()}, .log = log_file()});
    ASSERT_TRUE(started) << started.error();
    child_.emplace(std::move(*started));
    ASSERT_TRUE(servers::wait_until([this] { return log().find("Server is ready") != std::string::npos; },
                                    std::chrono::seconds(30)))
        << log();
  }

private:
  std::filesystem::path log_file() const { return directory_->path() / ("log-" + std::to_string(starts_)); }

  std::uint16_t port_ = 0;
  int starts_ = 0;
  std::optional<servers::temporary_directory> directory_;
  std::optional<servers::process> child_;
};

} // namespace kollect::test

#endif

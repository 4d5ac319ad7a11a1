#include "http/server.hpp"

#include "operations/file_reload.hpp"
#include "support/assertions.hpp"

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/tls_files.hpp>
#include <servers/wait_until.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

namespace kollect::consumer::test {
namespace {

namespace asio = boost::asio;
using tls_stream = asio::ssl::stream<asio::ip::tcp::socket>;

/// What a client that trusts `ca` gets of `/`; the reason why not, where it gets nothing.
std::string ask_over_tls(const std::string& address, const std::string& ca, long newest = TLS1_3_VERSION) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_max_proto_version(context.native_handle(), newest);
  context.set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code problem;
  context.add_certificate_authority(asio::buffer(ca), problem);
  asio::io_context io;
  tls_stream stream(io, context);
  const auto colon = address.rfind(':');
  stream.lowest_layer().connect({asio::ip::make_address(address.substr(0, colon)),
                                 static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1))},
                                problem);
  stream.set_verify_callback(asio::ssl::host_name_verification("localhost"), problem);
  stream.handshake(tls_stream::client, problem);
  if (problem)
    return problem.message();
  asio::write(stream,
              asio::buffer(std::string("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")),
              problem);
  std::string answer;
  asio::read(stream, asio::dynamic_buffer(answer), problem); // to the end
  return answer;
}

class http_server_with_tls : public testing::Test {
protected:
  http_server_with_tls() {
    use(files_.server);
    auto started = http_server::start(
        {.address = ":0", .tls = certificate_files{certificate_, key_}},
        [](const http_request&) -> http_reply { return http_response{.body = "secret answer"}; });
    EXPECT_TRUE(succeeds(started));
    server_ = std::move(*started);
  }

  /// What the server is given; takes effect when it reads it.
  void use(const servers::server_certificate& which) {
    EXPECT_TRUE(servers::write_file(certificate_, which.certificate_pem));
    EXPECT_TRUE(servers::write_file(key_, which.key_pem));
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-tls-").value();
  servers::tls_files files_ = servers::make_tls_files(folder_.path()).value();
  std::string certificate_ = folder_.path() / "served.crt";
  std::string key_ = folder_.path() / "served.key";
  std::unique_ptr<http_server> server_;
};

TEST_F(http_server_with_tls, answers_who_trusts_it) {
  EXPECT_TRUE(ask_over_tls(server_->address(), files_.ca_pem).ends_with("secret answer"));
  EXPECT_TRUE(ask_over_tls(server_->address(), files_.ca_pem, TLS1_2_VERSION).ends_with("secret answer"));
  EXPECT_EQ(ask_over_tls(server_->address(), files_.untrusted_ca_pem).find("secret"), std::string::npos);
  EXPECT_EQ(ask_over_tls(server_->address(), files_.ca_pem, TLS1_1_VERSION).find("secret"),
            std::string::npos);
}

TEST_F(http_server_with_tls, uses_another_certificate_once_it_has_read_it) {
  use(files_.wrong_host);
  EXPECT_TRUE(ask_over_tls(server_->address(), files_.ca_pem).ends_with("secret answer"));
  EXPECT_TRUE(succeeds(server_->reload_tls()));
  EXPECT_EQ(ask_over_tls(server_->address(), files_.ca_pem).find("secret"), std::string::npos);
  use(files_.server);
  EXPECT_TRUE(succeeds(server_->reload_tls()));
  EXPECT_TRUE(ask_over_tls(server_->address(), files_.ca_pem).ends_with("secret answer"));
}

TEST_F(http_server_with_tls, keeps_what_it_has_where_the_new_one_is_of_no_use) {
  ASSERT_TRUE(servers::write_file(key_, files_.expired.key_pem)); // of another certificate
  EXPECT_TRUE(fails_with(server_->reload_tls(), error::invalid_value));
  ASSERT_TRUE(servers::write_file(certificate_, "no certificate"));
  EXPECT_TRUE(fails_with(server_->reload_tls(), error::invalid_value));
  std::filesystem::remove(certificate_);
  EXPECT_TRUE(fails_with(server_->reload_tls(), error::invalid_value));
  EXPECT_TRUE(ask_over_tls(server_->address(), files_.ca_pem).ends_with("secret answer"));
}

// When files are read again.

TEST(file_reload_of, files_that_change_or_are_replaced_and_on_sighup) {
  const auto folder = servers::temporary_directory::create("kollect-reload-").value();
  const auto file = folder.path() / "token", other = folder.path() / "other", link = folder.path() / "link";
  ASSERT_TRUE(servers::write_file(file, "one"));
  ASSERT_TRUE(servers::write_file(other, "two"));
  std::filesystem::create_symlink(file, link);
  const hangup_signal hangup;
  std::atomic<int> reloads{0};
  const file_reload watching(
      hangup, {link, folder.path() / "missing"}, [&] { ++reloads; }, std::chrono::milliseconds(10));
  const auto has_reloaded = [&](int times) { return servers::wait_until([&] { return reloads >= times; }); };
  // It may look for the first time after the first change; a change more is one that it sees.
  EXPECT_TRUE(servers::wait_until([&, count = 0]() mutable {
    EXPECT_TRUE(servers::write_file(file, std::string(static_cast<std::size_t>(++count), 'x')));
    return reloads > 0;
  }));
  auto before = reloads.load();
  std::filesystem::create_symlink(other, folder.path() / "new");
  std::filesystem::rename(folder.path() / "new", link); // as Kubernetes replaces a Secret
  EXPECT_TRUE(has_reloaded(before + 1));
  before = reloads;
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  EXPECT_TRUE(has_reloaded(before + 1));
}

} // namespace
} // namespace kollect::consumer::test

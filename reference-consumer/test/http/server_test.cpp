#include "http/server.hpp"

#include "support/http_client.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer::test {
namespace {

using namespace std::chrono_literals;

class http_server_of : public testing::Test {
protected:
  void start(http_limits limits = {}) {
    auto started = http_server::start(
        {.address = ":0", .limits = limits}, [this](const http_request& request) -> http_reply {
          asked_ = request.method + " " + request.path + " ? " + request.query;
          host_ = request.host;
          if (request.path == "/job")
            return http_job([] { return http_outcome(http_response{.body = "answer"}); });
          if (request.path == "/large")
            return http_response{.body = std::string(large_bytes, 'x') + "answer"};
          if (request.path == "/stream")
            return http_job([] { return http_outcome(http_stream{[](bool) { return stream_part{}; }}); });
          return http_response{.body = "answer"};
        });
    ASSERT_TRUE(started) << started.error();
    server_ = std::move(*started);
  }
  std::string address() const { return server_->address(); }

  /// More than the kernel holds for a client that does not read.
  static constexpr std::size_t large_bytes = std::size_t{32} << 20U;

  /// A client that asked for a large answer, of which the first bytes have come.
  std::unique_ptr<http_client> ask_for_large() const {
    auto client = std::make_unique<http_client>(address());
    EXPECT_TRUE(client->send("GET /large HTTP/1.1\r\nHost: t\r\n\r\n"));
    EXPECT_TRUE(client->read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    return client;
  }

  std::string asked_;
  std::string host_;
  std::unique_ptr<http_server> server_;
};

TEST_F(http_server_of, answers_on_loopback_where_nothing_else_is_said) {
  start();
  EXPECT_TRUE(address().starts_with("127.0.0.1:"));
  const auto answer = http_get(address(), "/a/path?with=query&more");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nanswer")) << answer;
  EXPECT_EQ(asked_, "GET /a/path ? with=query&more");
}

TEST_F(http_server_of, jobs_answer_too_and_after_each_other) {
  start({.workers = 2});
  const http_client client(address());
  const std::string one = "GET /job HTTP/1.1\r\nHost: t\r\n\r\n";
  for (int time = 0; time < 50; ++time) {
    ASSERT_TRUE(client.send(one + one));
    EXPECT_TRUE(client.read_until("answer").ends_with("answer"));
    EXPECT_TRUE(client.read_until("answer").ends_with("answer"));
  }
}

TEST_F(http_server_of, one_connection_serves_many_requests_even_in_one_packet) {
  start();
  const http_client client(address());
  const std::string one = "GET /x HTTP/1.1\r\nHost: t\r\n\r\n";
  ASSERT_TRUE(client.send(one + one));
  EXPECT_TRUE(client.read_until("answer").ends_with("answer"));
  EXPECT_TRUE(client.read_until("answer").ends_with("answer"));
  ASSERT_TRUE(client.send(one));
  EXPECT_TRUE(client.read_until("answer").ends_with("answer"));
}

TEST_F(http_server_of, a_head_request_gets_the_header_alone) {
  start();
  const http_client client(address());
  ASSERT_TRUE(client.send("HEAD /x HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
  const auto answer = client.read_all();
  EXPECT_NE(answer.find("Content-Length: 6\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(http_server_of, what_it_does_not_serve_is_said) { // S22, S23
  start({.header_bytes = 1024});
  const std::pair<std::string, std::string> cases[] = {
      {"POST / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "HTTP/1.1 405"},
      {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 405"},
      {"BREW / HTTP/1.1\r\nHost: t\r\n\r\n", "HTTP/1.1 405"},
      {"TRACE / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "HTTP/1.1 405"},
      {"GET / HTTP/1.1\r\nX: " + std::string(4096, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
      {"GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 10000000000\r\n\r\n", "HTTP/1.1 413"},
      {"nonsense\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "HTTP/1.1 4"},
  };
  for (const auto& [request, status] : cases) {
    const http_client client(address());
    client.send(request);
    EXPECT_TRUE(client.read_all().starts_with(status)) << request.substr(0, 60);
  }
}

TEST_F(http_server_of, a_client_that_says_nothing_is_let_go) { // slowloris, S22
  start({.idle = 1s});
  const http_client silent(address());
  EXPECT_EQ(silent.read_all(), "");
  const http_client slow(address());
  ASSERT_TRUE(slow.send("GET / HT"));
  EXPECT_EQ(slow.read_all(), "");
}

TEST_F(http_server_of, connections_are_bounded_and_come_free_again) {
  start({.connections = 2});
  {
    const http_client first(address()), second(address());
    for (const auto* const client : {&first, &second}) {
      ASSERT_TRUE(client->send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n"));
      EXPECT_TRUE(client->read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    }
    EXPECT_EQ(http_get(address(), "/x"), "");
  }
  std::string answer;
  for (int turn = 0; turn < 1000 && answer.empty(); ++turn)
    answer = http_get(address(), "/x"); // as soon as the server has seen that they went
  EXPECT_TRUE(answer.ends_with("answer"));
}

TEST_F(http_server_of, a_request_takes_the_place_of_one_that_never_ends) { // slowloris, S22
  start({.connections = 3});
  const http_client slow(address()), slower(address()), honest(address());
  ASSERT_TRUE(slow.send("GET / HT"));
  ASSERT_TRUE(honest.send("GET /x HTTP/1.1\r\nHost: t\r\n\r\n"));
  EXPECT_TRUE(honest.read_until("answer").ends_with("answer"));
  EXPECT_TRUE(http_get(address(), "/x").ends_with("answer"));
  EXPECT_EQ(slow.read_all(), "") << "the oldest went";
  ASSERT_TRUE(honest.send("GET /x HTTP/1.1\r\nHost: t\r\n\r\n"));
  EXPECT_TRUE(honest.read_until("answer").ends_with("answer"));
}

TEST_F(http_server_of, answers_that_are_not_taken_are_given_up_for_others) { // S22
  start({.untaken_bytes = 2 * large_bytes, .patience = 0ms});
  const auto first = ask_for_large(), second = ask_for_large();
  EXPECT_TRUE(http_get(address(), "/large").ends_with("answer"));
  EXPECT_LT(first->read_all().size(), large_bytes);
}

TEST_F(http_server_of, answers_that_are_being_taken_are_not_given_up) {
  start({.untaken_bytes = 2 * large_bytes, .patience = 1h});
  const auto first = ask_for_large();
  const auto refused = http_get(address(), "/large");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503")) << refused.substr(0, 200);
  EXPECT_NE(refused.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_TRUE(http_get(address(), "/x").ends_with("answer")) << "probes are always answered";
  EXPECT_TRUE(first->read_until("answer").ends_with("answer"));
  EXPECT_TRUE(http_get(address(), "/large").ends_with("answer"));
}

TEST_F(http_server_of, one_answer_alone_is_given_whatever_its_size) {
  start({.untaken_bytes = 1024, .patience = 1h});
  EXPECT_TRUE(http_get(address(), "/large").ends_with("answer"));
}

// Else a server's thread that is busy sending would have any number of made answers behind it.
TEST(http_server_workers, make_no_answer_while_another_waits_to_be_placed) { // S22
  constexpr int clients = 3;
  std::mutex mutex;
  std::condition_variable changed;
  int asked = 0, begun = 0, made = 0, placed = 0, begun_while_placing = 0;
  const auto make = [&] {
    std::unique_lock lock(mutex);
    ++begun;
    begun_while_placing += made != placed;
    changed.notify_all();
    changed.wait_for(lock, 10s, [&] { return asked == clients; });
    ++made;
    return http_outcome(http_response{.body = "answer"});
  };
  auto server =
      http_server::start({.address = ":0",
                          .limits = {.workers = 1},
                          .events = {.answered =
                                         [&](int, auto) {
                                           std::unique_lock lock(mutex);
                                           const int before = begun;
                                           changed.wait_for(lock, 100ms, [&] { return begun != before; });
                                           ++placed;
                                         }}},
                         [&](const http_request&) -> http_reply {
                           const std::scoped_lock lock(mutex);
                           ++asked;
                           changed.notify_all();
                           return http_job(make);
                         });
  ASSERT_TRUE(server) << server.error();
  std::vector<std::unique_ptr<http_client>> all;
  for (int one = 0; one < clients; ++one) {
    all.push_back(std::make_unique<http_client>((*server)->address()));
    ASSERT_TRUE(all.back()->send("GET /x HTTP/1.1\r\nHost: t\r\n\r\n"));
  }
  for (const auto& one : all)
    EXPECT_TRUE(one->read_until("answer").ends_with("answer"));
  EXPECT_EQ(begun, clients);
  EXPECT_EQ(begun_while_placing, 0);
}

// S34: what a proxy before us has looked at must be what we look at.
TEST_F(http_server_of, a_request_that_does_not_name_one_host_is_refused) {
  start();
  for (const std::string hosts :
       {"Host: 127.0.0.1\r\nHost: evil.example\r\n", "Host: t\r\nHost: t\r\n", ""}) {
    const http_client client(address());
    ASSERT_TRUE(client.send("GET /x HTTP/1.1\r\n" + hosts + "\r\n"));
    const auto answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_EQ(asked_, "") << hosts;
  }
  const http_client old(address());
  ASSERT_TRUE(old.send("GET /x HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(old.read_all().ends_with("answer"));
}

TEST_F(http_server_of, the_absolute_form_of_a_target_is_taken_with_its_host) {
  start();
  const http_client client(address());
  const std::pair<const char*, const char*> targets[] = {
      {"http://there:8080/a/path?q", "GET /a/path ? q @ there:8080"},
      {"HTTPS://there", "GET / ?  @ there"},
      {"http://there?q", "GET / ? q @ there"},
      {"/plain?q=http://x", "GET /plain ? q=http://x @ here"}};
  for (const auto& [target, asked] : targets) {
    ASSERT_TRUE(client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: here\r\n\r\n"));
    EXPECT_TRUE(client.read_until("answer").ends_with("answer")) << target;
    EXPECT_EQ(asked_ + " @ " + host_, asked);
  }
}

TEST_F(http_server_of, an_answer_has_its_date) {
  start();
  const auto answer = http_get(address(), "/x");
  const auto at = answer.find("\r\nDate: ");
  ASSERT_NE(at, std::string::npos) << answer;
  std::tm parts{};
  const char* const rest = ::strptime(answer.c_str() + at + 8, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  ASSERT_NE(rest, nullptr) << answer;
  EXPECT_EQ(std::string_view(rest).substr(0, 2), "\r\n");
  EXPECT_LE(std::abs(::timegm(&parts) - std::time(nullptr)), 60);
}

TEST_F(http_server_of, it_ends_with_clients_still_connected) {
  start();
  const http_client client(address());
  ASSERT_TRUE(client.send("GET /x HTTP/1.1\r\nHost: t\r\n\r\n"));
  EXPECT_TRUE(client.read_until("answer").ends_with("answer"));
  server_.reset();
  EXPECT_EQ(client.read_all(), "");
}

TEST(http_server_address, must_be_one_that_can_be_listened_on) {
  const auto handler = [](const http_request&) -> http_reply { return http_response{}; };
  for (const auto* const address :
       {"", "localhost", "host:80", "127.0.0.1:65536", ":http", "1.2.3:80", ":80x"}) {
    const auto started = http_server::start({.address = address}, handler);
    ASSERT_FALSE(started) << address;
    EXPECT_EQ(started.error().reason(), error::invalid_value);
    EXPECT_NE(to_string(started.error()).find("--listen"), std::string::npos) << started.error();
  }
  const auto first = http_server::start({.address = "127.0.0.1:0"}, handler);
  ASSERT_TRUE(first);
  const auto second = http_server::start({.address = (*first)->address()}, handler);
  ASSERT_FALSE(second);
  EXPECT_NE(to_string(second.error()).find((*first)->address()), std::string::npos) << second.error();
}

} // namespace
} // namespace kollect::consumer::test

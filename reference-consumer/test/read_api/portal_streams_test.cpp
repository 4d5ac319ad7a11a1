// Streams of events: changes, watches, and how many of them there may be.
#include "read_api/portal_fixture.hpp"

namespace kollect::consumer::test {
namespace {

TEST_F(served, changes_are_told_from_a_place_on_and_as_they_come) {
  write(make_rows(2), 1);
  start();
  stream_client all(portal_->address(), "/v1alpha1/changes?since=0");
  ASSERT_TRUE(all.is_open()) << all.head();
  EXPECT_NE(all.head().find("Content-Type: text/event-stream\r\n"), std::string::npos);
  const auto first = all.next();
  EXPECT_EQ(first.type, "added");
  EXPECT_EQ(first.id, place(1));
  EXPECT_EQ(boost::json::parse(first.data).at("after").at("name").as_string(), "row-0");
  EXPECT_EQ(all.take(2), (std::vector<std::string>{"added", "snapshot"}));

  stream_client from_now(portal_->address(), "/v1alpha1/changes");
  stream_client from_second(portal_->address(), "/v1alpha1/changes?since=0",
                            "Last-Event-ID: " + place(2) + "\r\n");
  ASSERT_TRUE(from_now.is_open() && from_second.is_open());
  EXPECT_EQ(from_second.next().type, "snapshot");
  write(make_rows(1, 2), 2);
  for (auto* const client : {&all, &from_now, &from_second}) {
    auto types = client->take(3);
    std::sort(types.begin(), types.end());
    EXPECT_EQ(types, (std::vector<std::string>{"changed", "removed", "snapshot"}));
    EXPECT_EQ(client->last_id, place(6));
  }
}

TEST_F(served, changes_can_be_filtered_and_silence_moves_the_place_on) {
  start();
  stream_client east(portal_->address(), "/v1alpha1/changes?cluster=prod-east&name=row-1");
  ASSERT_TRUE(east.is_open());
  write(make_rows(3), 1);
  write(make_rows(3), 2, {"prod-east", "team-a", "web"});
  const auto only = east.next();
  EXPECT_EQ(boost::json::parse(only.data).at("after").at("name").as_string(), "row-1");
  EXPECT_EQ(east.next().type, "snapshot");
  write(make_rows(9), 3);
  write(make_rows(2), 4, {"prod-east", "team-a", "web"});
  EXPECT_EQ(east.next().type, "snapshot");
  EXPECT_GE(consumer_->last_cursor().value(), 16);
}

TEST_F(served, a_place_that_is_gone_means_to_start_over) {
  write(make_rows(4), 1);
  start();
  EXPECT_TRUE(stream_client(portal_->address(), "/v1alpha1/changes?since=" + place(5)).is_open());
  auto in = consumer_->begin().value();
  ASSERT_TRUE(succeeds(in->prune({.changes = 2})));
  ASSERT_TRUE(succeeds(in->commit()));
  in.reset();
  EXPECT_TRUE(stream_client(portal_->address(), "/v1alpha1/changes?since=3").is_open());
  for (const auto* const since : {"2", "6", "anotherstore-4"}) {
    const auto answer = get(std::string("/v1alpha1/changes?since=") + since);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 410 ")) << answer;
    EXPECT_NE(body_of(answer).find("resync required"), std::string::npos);
  }
}

TEST_F(served, a_silent_stream_shows_that_it_lives) {
  start();
  stream_client client(portal_->address(), "/v1alpha1/changes");
  ASSERT_TRUE(client.is_open());
  EXPECT_TRUE(
      servers::wait_until([&] { return monitor_.metrics().find("http_streams 1") != std::string::npos; }));
  const http_client raw(portal_->address());
  raw.send("GET /v1alpha1/changes HTTP/1.1\r\nHost: localhost\r\n\r\n");
  raw.read_until("\r\n\r\n");
  EXPECT_EQ(raw.read_until("\n\n"), ": heartbeat\nid: " + place(0) + "\n\n");
}

TEST_F(served, a_watch_tells_the_page_again_when_it_has_changed) {
  write(make_rows(2), 1);
  start();
  stream_client client(portal_->address(), "/v1alpha1/inventory/watch?cluster=prod-west");
  ASSERT_TRUE(client.is_open()) << client.head();
  auto told = client.next();
  EXPECT_EQ(told.type, "inventory");
  EXPECT_EQ(boost::json::parse(told.data).at("itemCount").as_int64(), 2);
  write(make_rows(9), 2, {"prod-east", "team-a", "web"}); // not for this client
  write(make_rows(1), 3);
  told = client.next();
  EXPECT_EQ(told.type, "inventory");
  EXPECT_EQ(boost::json::parse(told.data).at("itemCount").as_int64(), 1);
}

TEST_F(served, streams_are_bounded_and_come_free_again) { // S22
  settings_.http.limits.streams = 2;
  start();
  {
    const stream_client first(portal_->address(), "/v1alpha1/changes"),
        second(portal_->address(), "/v1alpha1/changes");
    EXPECT_TRUE(first.is_open() && second.is_open());
    EXPECT_TRUE(get("/v1alpha1/changes").starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(get("/v1alpha1/clusters").starts_with("HTTP/1.1 200 "));
  }
  EXPECT_TRUE(
      servers::wait_until([&] { return stream_client(portal_->address(), "/v1alpha1/changes").is_open(); }));
}

TEST_F(served, a_client_that_takes_nothing_is_dropped_and_slows_nobody) {
  settings_.http.limits.idle = 1s;
  settings_.feed_bytes = 64 * 1024;
  std::vector<item> rows;
  for (int index = 0; index < 200; ++index) {
    rows.push_back(make_row("row-" + std::to_string(index)));
    rows.back().attributes = {{"text", std::string(100'000, 'x')}};
  }
  write(rows, 1);
  start();
  const http_client slow(portal_->address()); // never reads the 20 MB
  slow.send("GET /v1alpha1/changes?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  stream_client quick(portal_->address(), "/v1alpha1/changes?since=0");
  EXPECT_EQ(quick.take(201).back(), "snapshot");
  EXPECT_TRUE(servers::wait_until([&] {
    return monitor_.metrics().find("kollect_consumer_http_dropped_streams_total{reason=\"slow\"} 1") !=
           std::string::npos;
  }));
}

/// Resident memory of this process in KiB.
std::int64_t resident() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      std::int64_t size = 0;
      status >> size;
      return size;
    }
  return 0;
}

TEST_F(served, a_thousand_idle_streams_cost_less_than_100_megabytes) {
  settings_.http.limits.heartbeat = 60s;
  rlimit descriptors{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &descriptors), 0);
  descriptors.rlim_cur = std::min<rlim_t>(4'096, descriptors.rlim_max); // both ends are of this process
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &descriptors), 0);
  start();
  const auto before = resident();
  std::vector<std::unique_ptr<http_client>> clients;
  for (int index = 0; index < 1'000; ++index) {
    clients.push_back(std::make_unique<http_client>(portal_->address()));
    ASSERT_TRUE(clients.back()->send("GET /v1alpha1/changes HTTP/1.1\r\nHost: localhost\r\n\r\n")) << index;
    ASSERT_TRUE(clients.back()->read_until("\r\n\r\n").starts_with("HTTP/1.1 200")) << index;
  }
  EXPECT_LT(resident() - before, 100 * 1024);
  write(make_rows(1), 1);
  for (const auto& client : clients)
    ASSERT_NE(client->read_until("\n\n").find("event: added\n"), std::string::npos);
  EXPECT_LT(resident() - before, 100 * 1024);
}

} // namespace
} // namespace kollect::consumer::test

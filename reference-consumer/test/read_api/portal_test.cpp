// What is served over HTTP, asked as clients ask it.
#include "read_api/portal.hpp"

#include "support/consumer.hpp"
#include "support/http_client.hpp"

#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace kollect::consumer::test {
namespace {

using namespace std::chrono_literals;

/// The value after `Name: ` in an answer.
std::string header_of(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos)
    return {};
  const auto begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

/// One Server-Sent Event as it came.
struct event {
  std::string id, type, data;
};

/// A client of a stream.
class stream_client {
public:
  stream_client(const std::string& address, const std::string& path, const std::string& header = {})
      : client_(address) {
    client_.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n");
    head_ = client_.read_until("\r\n\r\n");
  }

  const std::string& head() const { return head_; }
  bool is_open() const { return head_.starts_with("HTTP/1.1 200"); }

  /// The next event, heartbeats passed over; an empty type when the stream has ended.
  event next() {
    for (;;) {
      const auto block = client_.read_until("\n\n");
      if (!block.ends_with("\n\n"))
        return {};
      event out;
      std::istringstream lines(block);
      for (std::string line; std::getline(lines, line);) {
        const auto value = line.substr(std::min(line.find(": ") + 2, line.size()));
        if (line.starts_with("id: "))
          out.id = value;
        else if (line.starts_with("event: "))
          out.type = value;
        else if (line.starts_with("data: "))
          out.data += value;
        else if (line.starts_with(": heartbeat"))
          ++heartbeats;
      }
      if (!out.id.empty())
        last_id = out.id;
      if (!out.type.empty())
        return out;
    }
  }

  /// The types of the next events.
  std::vector<std::string> take(std::size_t count) {
    std::vector<std::string> types;
    while (types.size() < count) {
      types.push_back(next().type);
      if (types.back().empty())
        break;
    }
    return types;
  }

  int heartbeats = 0;
  std::string last_id;

private:
  http_client client_;
  std::string head_;
};

class served : public testing::Test {
protected:
  served() {
    settings_.http.address = ":0";
    settings_.version = "1.2.3";
    settings_.http.limits.heartbeat = 200ms;
    settings_.watch_pause = 50ms;
    settings_.stale_after = std::chrono::seconds(1'000'000'000);
  }

  void start() {
    auto started = portal::start(
        settings_, [this] { return consumer_.place().open_reader(); }, monitor_, log_);
    ASSERT_TRUE(succeeds(started));
    portal_ = std::move(*started);
  }

  void write(const std::vector<item>& rows, std::int64_t seconds, const scope& which = web_scope()) {
    consumer_.take(deliver(make_array(rows, noon(seconds), which), next_++));
  }

  void catch_up() {
    const std::array<std::int32_t, 1> partitions{0};
    ASSERT_TRUE(succeeds(consumer_->note_caught_up(consumer_.settings.log.name, partitions)));
  }

  std::string get(const std::string& path, const std::string& headers = {}) const {
    const http_client client(portal_->address());
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n");
    return client.read_all();
  }

  boost::json::object json(const std::string& path) const {
    const auto answer = get(path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    return boost::json::parse(body_of(answer)).as_object();
  }

  std::string place(std::int64_t cursor) {
    return consumer_->store_id().value() + "-" + std::to_string(cursor);
  }

  test_consumer consumer_;
  std::int64_t next_ = 0;
  monitor monitor_{"1.2.3"};
  program::log log_{"test"};
  portal_settings settings_;
  std::unique_ptr<portal> portal_;
};

TEST_F(served, an_inventory_has_upstreams_shape_field_by_field) {
  write(make_rows(2), 1);
  catch_up();
  start();
  const auto items = serialize_items(make_rows(2)).value();
  const auto answer = get("/v1alpha1/inventory/team-a/web?limit=5");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(header_of(answer, "Content-Type"), "application/json");
  EXPECT_EQ(
      body_of(answer),
      R"({"schemaVersion":"kollect.dev/v1alpha1","itemCount":2,"namespace":"team-a","inventory":"web","items":)" +
          items + R"(,"updatedAt":"2026-01-15T12:00:01Z","pagination":{"limit":5,"offset":0,"total":2,)" +
          R"("hasMore":false},"checksum":")" + to_string(sha256(items)) +
          R"(","stale":false,"rebuilding":false,"changeCursor":")" + place(3) + "\"}");
}

TEST_F(served, an_unknown_inventory_is_an_empty_page) {
  write(make_rows(2), 1);
  catch_up();
  start();
  EXPECT_EQ(
      body_of(get("/v1alpha1/inventory/team-a/unknown")),
      R"({"schemaVersion":"kollect.dev/v1alpha1","itemCount":0,"namespace":"team-a","inventory":"unknown","items":[],)"
      R"("updatedAt":"0001-01-01T00:00:00Z","pagination":{"limit":500,"offset":0,"total":0,"hasMore":false},)"
      R"("checksum":")" +
          to_string(sha256("[]")) + R"(","stale":false,"rebuilding":false,"changeCursor":")" + place(3) +
          "\"}");
}

TEST_F(served, rows_are_not_deleted_by_silence_or_by_a_store_that_is_rebuilt) { // DEL-03
  settings_.stale_after = 1s;
  write(make_rows(1), 1);
  start();
  auto page = json("/v1alpha1/inventory");
  EXPECT_TRUE(page.at("stale").as_bool());
  EXPECT_TRUE(page.at("rebuilding").as_bool());
  EXPECT_EQ(page.at("itemCount").as_int64(), 1);
  EXPECT_TRUE(json("/v1alpha1/clusters").at("rebuilding").as_bool());
  catch_up();
  EXPECT_FALSE(json("/v1alpha1/inventory").at("rebuilding").as_bool());
}

TEST_F(served, an_answer_one_has_is_not_sent_again) {
  write(make_rows(2), 1);
  start();
  const auto tag = header_of(get("/v1alpha1/inventory"), "ETag");
  ASSERT_TRUE(tag.starts_with('"') && tag.ends_with('"')) << tag;
  const auto same = get("/v1alpha1/inventory", "If-None-Match: W/\"other\", " + tag + "\r\n");
  EXPECT_TRUE(same.starts_with("HTTP/1.1 304 ")) << same;
  EXPECT_EQ(body_of(same), "");
  EXPECT_TRUE(
      get("/v1alpha1/inventory?limit=1", "If-None-Match: " + tag + "\r\n").starts_with("HTTP/1.1 200 "));
  write(make_rows(3), 2);
  EXPECT_TRUE(get("/v1alpha1/inventory", "If-None-Match: " + tag + "\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_F(served, pages_lead_to_each_other_and_say_where_rows_come_from) {
  write(make_rows(5), 1);
  write(make_rows(2), 2, {"prod-east", "team-a", "web"});
  start();
  std::vector<std::string> found;
  std::string cursor;
  for (;;) {
    const auto page =
        json("/v1alpha1/inventory?origins=true&limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_EQ(page.at("pagination").at("total").as_int64(), 7);
    const auto& origins = page.at("origins").as_array();
    EXPECT_EQ(origins.size(), page.at("items").as_array().size());
    for (std::size_t index = 0; index < origins.size(); ++index)
      found.push_back(std::string(origins[index].at("cluster").as_string()) + " " +
                      std::string(page.at("items").at(index).at("name").as_string()));
    if (!page.at("pagination").at("hasMore").as_bool())
      break;
    cursor = std::string(page.at("pagination").at("next").as_string());
  }
  EXPECT_EQ(found, (std::vector<std::string>{"prod-east row-0", "prod-west row-0", "prod-east row-1",
                                             "prod-west row-1", "prod-west row-2", "prod-west row-3",
                                             "prod-west row-4"}));
  EXPECT_TRUE(get("/v1alpha1/inventory?kind=Other&cursor=" + cursor).starts_with("HTTP/1.1 400 "));
  cursor.back() = cursor.back() == 'A' ? 'B' : 'A';
  EXPECT_TRUE(get("/v1alpha1/inventory?cursor=" + cursor).starts_with("HTTP/1.1 400 "));
}

TEST_F(served, the_past_can_be_asked_for) {
  consumer_.settings.now = [] { return noon(10); };
  write(make_rows(3), 1);
  consumer_.settings.now = [] { return noon(20); };
  write(make_rows(1), 2);
  start();
  const auto then = json("/v1alpha1/inventory?asOf=2026-01-15T12:00:15Z");
  EXPECT_EQ(then.at("itemCount").as_int64(), 3);
  EXPECT_EQ(then.at("asOf").as_string(), "2026-01-15T12:00:15Z");
  EXPECT_EQ(then.at("updatedAt").as_string(), "2026-01-15T12:00:01Z");
  EXPECT_EQ(json("/v1alpha1/inventory").at("itemCount").as_int64(), 1);
  EXPECT_TRUE(get("/v1alpha1/inventory?asOf=9999-01-01T00:00:00Z").starts_with("HTTP/1.1 404 "));
}

TEST_F(served, clusters_scopes_dead_letters_and_status_are_told) {
  consumer_.settings.now = [] { return noon(10); };
  write(make_rows(3), 1);
  write(make_rows(2), 4, {"prod-east", "team-<b>", "web"});
  consumer_.take(deliver_bytes("{]", next_++));
  catch_up();
  start();
  const auto clusters = json("/v1alpha1/clusters");
  ASSERT_EQ(clusters.at("clusters").as_array().size(), 2U);
  const auto& west = clusters.at("clusters").at(1).as_object();
  EXPECT_EQ(west.at("cluster").as_string(), "prod-west");
  EXPECT_EQ(west.at("lastSeen").as_string(), "2026-01-15T12:00:01Z");
  EXPECT_EQ(west.at("itemCount").as_int64(), 3);
  EXPECT_EQ(west.at("lag").to_number<double>(), 9);
  EXPECT_FALSE(west.at("stale").as_bool());
  const auto scopes = json("/v1alpha1/scopes?limit=1");
  EXPECT_EQ(scopes.at("scopes").as_array().size(), 1U);
  EXPECT_EQ(scopes.at("scopes").at(0).at("namespace").as_string(), "team-<b>");
  EXPECT_EQ(scopes.at("pagination").at("total").as_int64(), 2);
  const auto letters = json("/v1alpha1/dead-letters");
  ASSERT_EQ(letters.at("deadLetters").as_array().size(), 1U);
  EXPECT_EQ(letters.at("deadLetters").at(0).at("reason").as_string(), "syntax");
  EXPECT_TRUE(letters.at("next").is_null());
  const auto status = json("/v1alpha1/status");
  EXPECT_EQ(status.at("version").as_string(), "1.2.3");
  EXPECT_EQ(status.at("messages").at("consumed").as_int64(), 3);
  EXPECT_EQ(status.at("messages").at("deadLettered").as_int64(), 1);
}

TEST_F(served, what_cannot_be_answered_is_said_in_one_line) { // S23
  start();
  const std::pair<std::string, std::string> cases[] = {{"/nothing", "404"},
                                                       {"/v1alpha1/inventory?limit=x", "400"},
                                                       {"/v1alpha1/../etc", "400"},
                                                       {"/v1alpha1/clusters?x=1", "400"},
                                                       {"/v1alpha1/changes?since=x", "400"},
                                                       {"/v1alpha1/changes?since=7", "410"},
                                                       {"/v1alpha1/inventory?token=0123456789abcdef", "400"}};
  for (const auto& [path, status] : cases) {
    const auto answer = get(path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status)) << path << answer;
    EXPECT_EQ(header_of(answer, "Content-Type"), "text/plain; charset=utf-8");
    const auto body = body_of(answer);
    EXPECT_EQ(body.find('\n'), body.size() - 1) << body;
    EXPECT_EQ(body.find("0123456789abcdef"), std::string::npos);
  }
}

TEST_F(served, a_store_that_is_away_is_503_and_nothing_more) { // S20
  const auto opened = portal::start(
      settings_,
      [] { return result<std::unique_ptr<store_reader>>(make_failure(error::store_unavailable, "canary")); },
      monitor_, log_);
  ASSERT_TRUE(succeeds(opened));
  for (const auto* const path :
       {"/v1alpha1/inventory", "/v1alpha1/clusters", "/v1alpha1/changes", "/v1alpha1/status"}) {
    const auto answer = http_get((*opened)->address(), path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 ")) << "the Host is not this machine";
  }
  const http_client client((*opened)->address());
  client.send("GET /v1alpha1/inventory HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const auto answer = client.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_EQ(body_of(answer), "store unavailable\n");
}

TEST_F(served, the_page_comes_with_a_policy_that_lets_nothing_in) { // S12
  start();
  for (const auto* const path : {"/", "/page.js", "/page.css", "/icon.svg", "/openapi.yaml"}) {
    const auto answer = get(path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << path;
    EXPECT_TRUE(header_of(answer, "Content-Security-Policy").starts_with("default-src 'none'; ")) << path;
    EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_GT(body_of(answer).size(), 100U);
  }
}

// Access.

TEST_F(served, a_token_is_needed_where_there_is_one_and_can_be_replaced) { // S21
  const auto folder = servers::temporary_directory::create("kollect-portal-").value();
  settings_.token_file = folder.path() / "token";
  ASSERT_TRUE(servers::write_file(settings_.token_file, "first-token-123456\n"));
  write(make_rows(1), 1);
  start();
  const auto status = [&](const std::string& path, const std::string& token) {
    return get(path, token.empty() ? "" : "Authorization: Bearer " + token + "\r\n").substr(9, 3);
  };
  for (const auto* const path :
       {"/v1alpha1/inventory", "/v1alpha1/inventory/watch", "/v1alpha1/inventory/a/b", "/v1alpha1/clusters",
        "/v1alpha1/scopes", "/v1alpha1/status", "/v1alpha1/changes", "/v1alpha1/dead-letters"}) {
    EXPECT_EQ(status(path, ""), "401") << path;
    EXPECT_EQ(status(path, "wrong-token-123456"), "401") << path;
  }
  EXPECT_EQ(header_of(get("/v1alpha1/inventory"), "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(status("/v1alpha1/inventory", "first-token-123456"), "200");
  EXPECT_EQ(status("/v1alpha1/inventory?access_token=first-token-123456", ""), "401");
  EXPECT_EQ(status("/v1alpha1/inventory?access_token=first-token-123456", "first-token-123456"), "400");
  EXPECT_EQ(status("/healthz", ""), "200");
  EXPECT_EQ(status("/", ""), "200");
  ASSERT_TRUE(servers::write_file(settings_.token_file, "bad"));
  portal_->reload(); // what cannot be used changes nothing
  EXPECT_EQ(status("/v1alpha1/inventory", "first-token-123456"), "200");
  ASSERT_TRUE(servers::write_file(settings_.token_file, "second-token-98765\n"));
  portal_->reload();
  EXPECT_EQ(status("/v1alpha1/inventory", "first-token-123456"), "401");
  EXPECT_EQ(status("/v1alpha1/inventory", "second-token-98765"), "200");
}

TEST_F(served, a_stream_ends_when_its_token_is_revoked) { // S21
  const auto folder = servers::temporary_directory::create("kollect-portal-").value();
  settings_.token_file = folder.path() / "token";
  settings_.http.limits.heartbeat = 1h;
  ASSERT_TRUE(servers::write_file(settings_.token_file, "the-first-token-123\nthe-second-token-456\n"));
  start();
  const std::string first = "Authorization: Bearer the-first-token-123\r\n",
                    second = "Authorization: Bearer the-second-token-456\r\n";
  stream_client changes(portal_->address(), "/v1alpha1/changes", first),
      watch(portal_->address(), "/v1alpha1/inventory/watch", first),
      kept(portal_->address(), "/v1alpha1/changes", second);
  ASSERT_TRUE(changes.is_open() && watch.is_open() && kept.is_open());
  EXPECT_EQ(watch.next().type, "inventory");
  ASSERT_TRUE(servers::write_file(settings_.token_file, "the-second-token-456\n"));
  portal_->reload();
  for (stream_client* const revoked : {&changes, &watch}) {
    const auto last = revoked->next();
    EXPECT_EQ(last.type, "error");
    EXPECT_EQ(last.data, R"({"error":"unauthorized"})");
    EXPECT_EQ(revoked->next().type, "") << "it has ended";
  }
  write(make_rows(1), 1);
  EXPECT_EQ(kept.next().type, "added");
}

TEST_F(served, a_foreign_host_is_told_in_the_log_once) {
  start();
  testing::internal::CaptureStderr();
  for (int time = 0; time < 3; ++time) {
    const http_client client(portal_->address());
    client.send("GET /v1alpha1/status HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 403 "));
  }
  const auto told = testing::internal::GetCapturedStderr();
  const auto at = told.find("--token-file");
  EXPECT_NE(at, std::string::npos) << told;
  EXPECT_NE(told.find("portal.example"), std::string::npos) << told;
  EXPECT_EQ(told.find("refused: ", told.find("refused: ") + 1), std::string::npos) << told;
}

TEST_F(served, an_address_that_others_can_reach_needs_a_token) {
  for (const auto* const address : {"0.0.0.0:0", "[::]:0"}) {
    settings_.http.address = address;
    const auto refused = portal::start(
        settings_, [this] { return consumer_.place().open_reader(); }, monitor_, log_);
    ASSERT_TRUE(fails_with(refused, error::invalid_value)) << address;
    EXPECT_NE(to_string(refused.error()).find("--token-file"), std::string::npos);
  }
  settings_.http.address = ":0";
  settings_.token_file = "/nonexistent/token";
  EXPECT_TRUE(fails_with(portal::start(
                             settings_, [this] { return consumer_.place().open_reader(); }, monitor_, log_),
                         error::file_unreadable));
}

// Streams.

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

TEST_F(served, a_place_that_is_gone_means_to_begin_anew) {
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

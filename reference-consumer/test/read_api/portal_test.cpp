// What is served over HTTP, asked as clients ask it.
#include "read_api/portal_fixture.hpp"

namespace kollect::consumer::test {
namespace {

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
  settings_.answers.stale_after = 1s;
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

TEST_F(served, a_ticket_opens_a_stream_and_nothing_else) { // S21
  const auto folder = servers::temporary_directory::create("kollect-portal-").value();
  settings_.token_file = folder.path() / "token";
  settings_.http.limits.heartbeat = 1h;
  ASSERT_TRUE(servers::write_file(settings_.token_file, "the-first-token-123\n"));
  start();
  EXPECT_EQ(get("/v1alpha1/ticket").substr(9, 3), "401");
  const auto given =
      boost::json::parse(body_of(get("/v1alpha1/ticket", "Authorization: Bearer the-first-token-123\r\n")));
  const std::string ticket(given.at("ticket").as_string());
  stream_client changes(portal_->address(), "/v1alpha1/changes?ticket=" + ticket),
      watch(portal_->address(), "/v1alpha1/inventory/watch?limit=1&ticket=" + ticket);
  ASSERT_TRUE(changes.is_open() && watch.is_open());
  EXPECT_EQ(get("/v1alpha1/changes?ticket=" + ticket + "x").substr(9, 3), "401");
  EXPECT_EQ(get("/v1alpha1/items?ticket=" + ticket).substr(9, 3), "401") << "an answer is not for tickets";
  ASSERT_TRUE(servers::write_file(settings_.token_file, "the-second-token-456\n"));
  portal_->reload();
  EXPECT_EQ(changes.next().type, "error") << "its token is none any more";
}

TEST_F(served, pages_of_named_sites_may_read) {
  settings_.allowed_origins = {"https://portal.example"};
  settings_.http.limits.takes_preflights = true;
  write(make_rows(1), 1);
  start();
  const auto ask = [&](const std::string& method, const std::string& origin) {
    const http_client client(portal_->address());
    EXPECT_TRUE(client.send(method + " /v1alpha1/items HTTP/1.1\r\nHost: localhost\r\nOrigin: " + origin +
                            "\r\nAccess-Control-Request-Method: GET\r\nConnection: close\r\n\r\n"));
    return client.read_all();
  };
  const auto ours = ask("GET", "https://portal.example"), others = ask("GET", "https://evil.example");
  EXPECT_EQ(header_of(ours, "Access-Control-Allow-Origin"), "https://portal.example");
  EXPECT_EQ(header_of(others, "Access-Control-Allow-Origin"), "");
  EXPECT_NE(others.find("Vary: Origin"), std::string::npos);
  const auto preflight = ask("OPTIONS", "https://portal.example");
  EXPECT_EQ(preflight.substr(9, 3), "204");
  EXPECT_EQ(header_of(preflight, "Access-Control-Allow-Headers"),
            "Authorization, Last-Event-ID, If-None-Match");
  EXPECT_EQ(ask("OPTIONS", "https://evil.example").substr(9, 3), "403");
  stream_client changes(portal_->address(), "/v1alpha1/changes", "Origin: https://portal.example\r\n");
  ASSERT_TRUE(changes.is_open());
  EXPECT_NE(changes.head().find("Access-Control-Allow-Origin: https://portal.example"), std::string::npos);
}

TEST_F(served, a_proxy_may_put_a_path_before_ours) {
  settings_.base_path = "/tools/kollect";
  write(make_rows(1), 1);
  start();
  EXPECT_EQ(get("/tools/kollect/v1alpha1/items").substr(9, 3), "200");
  EXPECT_EQ(get("/tools/kollect/").substr(9, 3), "200");
  EXPECT_EQ(get("/healthz").substr(9, 3), "200") << "probes come without a proxy";
  EXPECT_EQ(get("/tools/kollectx/healthz").substr(9, 3), "404");
  const auto folder = get("/tools/kollect");
  EXPECT_EQ(folder.substr(9, 3), "308");
  EXPECT_EQ(header_of(folder, "Location"), "kollect/") << "from /tools/kollect that is /tools/kollect/";
}

TEST_F(served, a_large_answer_comes_as_gzip_where_that_is_taken) {
  write(make_rows(200), 1);
  start();
  const auto plain = get("/v1alpha1/items?limit=200"),
             packed = get("/v1alpha1/items?limit=200", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(header_of(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(body_of(packed).size() * 4, body_of(plain).size());
  EXPECT_NE(header_of(packed, "ETag"), header_of(plain, "ETag"));
  const auto again = get("/v1alpha1/items?limit=200",
                         "Accept-Encoding: gzip\r\nIf-None-Match: " + header_of(packed, "ETag") + "\r\n");
  EXPECT_EQ(again.substr(9, 3), "304");
  EXPECT_EQ(header_of(get("/v1alpha1/status", "Accept-Encoding: gzip\r\n"), "Content-Encoding"), "")
      << "small";
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

} // namespace
} // namespace kollect::consumer::test

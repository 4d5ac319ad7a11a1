#include "http/access.hpp"
#include "http/compression.hpp"
#include "http/cross_origin.hpp"
#include "read_api/event_text.hpp"
#include "read_api/page_cursor.hpp"
#include "read_api/parameters.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace kollect::consumer::test {
namespace {

int status_of(const answer_of<row_question>& answer) {
  return answer ? 200 : answer.error().status;
}

answer_of<row_question> ask(std::string_view query, const routed& where = {route::inventory}) {
  return read_row_question(query, where, {});
}

TEST(read_query_of, decodes_and_leaves_empty_parameters_out) {
  const auto question = ask("kind=Deploy%6Dent&name=a+b%2B&cluster=&namespace=t%C3%A4m&search=%3Cb%3E");
  ASSERT_TRUE(question) << question.error().text;
  item_filter expected;
  expected.kind.wanted = {exactly("deployment")};
  expected.name.wanted = {exactly("a b+")};
  expected.namespace_.wanted = {exactly("t\xC3\xA4m")};
  expected.words = {"<b>"};
  EXPECT_EQ(question->filter, expected);
  EXPECT_TRUE(ask("")->filter == item_filter{});
  EXPECT_TRUE(ask("&&")->filter == item_filter{});
}

TEST(read_query_of, what_is_malformed_is_refused_and_said) { // S21, S23
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"kind=%", "hexadecimal"},      {"kind=%4", "hexadecimal"},   {"kind=%zz", "hexadecimal"},
      {"kind=%ff", "UTF-8"},          {"limit=1&limit=2", "twice"}, {"clutser=x", "clutser"},
      {"limit=ten", "limit"},         {"limit=1e9", "limit"},       {"limit=-", "limit"},
      {"offset=1.5", "offset"},       {"asOf=yesterday", "asOf"},   {"asOf=2026-01-15", "asOf"},
      {"origins=yes", "origins"},     {"access_token=x", "Bearer"}, {"token=x", "Bearer"},
      {"origins=&origins=", "twice"},
  };
  for (const auto& [query, word] : cases) {
    const auto question = ask(query);
    ASSERT_FALSE(question) << query;
    EXPECT_EQ(question.error().status, 400) << query;
    EXPECT_NE(question.error().text.find(word), std::string::npos) << query << ": " << question.error().text;
    EXPECT_EQ(question.error().text.find('\n'), std::string::npos);
  }
}

TEST(read_query_of, limit_and_offset_out_of_range_are_normalised) { // S23
  const std::tuple<std::string_view, std::int64_t, std::int64_t> cases[] = {
      {"", 500, 0},
      {"limit=1", 1, 0},
      {"limit=5000", 5000, 0},
      {"limit=5001", 5000, 0},
      {"limit=1000000000", 5000, 0},
      {"limit=99999999999999999999", 5000, 0},
      {"limit=0", 500, 0},
      {"limit=-3", 500, 0},
      {"limit=-99999999999999999999", 500, 0},
      {"offset=-1", 500, 0},
      {"offset=7", 500, 7},
      {"offset=99999999999999999999", 500, std::numeric_limits<std::int64_t>::max()},
  };
  for (const auto& [query, limit, offset] : cases) {
    const auto question = ask(query);
    ASSERT_TRUE(question) << query;
    EXPECT_EQ(question->limit, limit) << query;
    EXPECT_EQ(question->offset, offset) << query;
  }
}

TEST(route, is_found_by_path) {
  EXPECT_EQ(route_of("/")->where, route::page);
  EXPECT_EQ(route_of("/page.js")->where, route::page_script);
  EXPECT_EQ(route_of("/v1alpha1/inventory")->where, route::inventory);
  EXPECT_EQ(route_of("/v1alpha1/inventory/watch")->where, route::watch);
  const auto one = route_of("/v1alpha1/inventory/team-a/we%62");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->namespace_, "team-a");
  EXPECT_EQ(one->inventory, "web");
  const std::pair<std::string_view, int> refused[] = {
      {"/v1alpha1", 404},
      {"/v1alpha1/inventory/", 404},
      {"/v1alpha1/inventory//x", 404},
      {"/v1alpha1/inventory/a/b/c", 404},
      {"/index.html", 404},
      {"/scripts/page.js", 404},
      {"//", 404},
      {"/../etc/passwd", 400},
      {"/v1alpha1/inventory/../inventory", 400},
      {"/v1alpha1/inventory/%2e%2e/x", 400},
      {"/v1alpha1/inventory/a%2Fb/x", 400},
      {"/v1alpha1/inventory/a%00/x", 400},
      {"/v1alpha1/inventory/a/%0d%0aSet-Cookie", 400},
      {"/v1alpha1/inventory/a/%zz", 400},
      {"/v1alpha1/inventory/a/-x", 400},
      {"*", 400},
      {"", 400},
  };
  for (const auto& [path, status] : refused) {
    const auto found = route_of(path);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().status, status) << path;
  }
}

TEST(route, the_path_says_namespace_and_inventory) {
  const routed where{route::inventory, "team-a", "web"};
  EXPECT_EQ(ask("", where)->filter.namespace_.wanted, std::vector{exactly("team-a")});
  EXPECT_EQ(ask("", where)->filter.inventory.wanted, std::vector{exactly("web")});
  EXPECT_EQ(status_of(ask("namespace=team-a", where)), 200);
  EXPECT_EQ(status_of(ask("namespace=team-b", where)), 400);
  EXPECT_EQ(status_of(ask("inventory=other", where)), 400);
}

TEST(route, data_needs_access_and_probes_do_not) {
  for (const auto where : {route::page, route::page_script, route::page_style, route::openapi, route::health,
                           route::readiness, route::metrics})
    EXPECT_TRUE(is_open(where));
  for (const auto where : {route::inventory, route::watch, route::clusters, route::scopes, route::changes,
                           route::dead_letters, route::status})
    EXPECT_FALSE(is_open(where));
}

// Cursors of pages.

page_place some_place() {
  return {{"team-a", "deploy:ments", "12:", std::string("nul\0", 4), "\xC3\xA4"}, {"prod", "team-a", ""}};
}

TEST(page_cursor, leads_back_to_its_place) {
  const auto text = write_page_cursor(some_place(), "asked", "key");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
  const auto place = read_page_cursor(*text, "asked", "key");
  ASSERT_TRUE(place) << place.error().text;
  EXPECT_EQ(*place, some_place());
}

TEST(page_cursor, is_refused_when_anything_about_it_is_another) { // S23
  const auto text = write_page_cursor(some_place(), "asked", "key").value();
  EXPECT_FALSE(read_page_cursor(text, "other question", "key"));
  EXPECT_FALSE(read_page_cursor(text, "asked", "other store"));
  EXPECT_FALSE(read_page_cursor("", "asked", "key"));
  EXPECT_FALSE(read_page_cursor("AAAA", "asked", "key"));
  EXPECT_FALSE(read_page_cursor(std::string(100'000, 'A'), "asked", "key"));
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto forged = text;
    forged[at] = forged[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_page_cursor(forged, "asked", "key")) << at;
    EXPECT_FALSE(read_page_cursor(text.substr(0, at), "asked", "key")) << at;
  }
}

TEST(page_cursor, is_not_given_out_for_names_too_long_for_a_url) {
  auto place = some_place();
  place.identity.name = std::string(100'000, 'x');
  EXPECT_FALSE(write_page_cursor(place, "asked", "key"));
}

// Places in the feed.

TEST(change_place, is_read_with_and_without_its_store) {
  EXPECT_EQ(*read_place("abc-12"), (asked_place{"abc", 12}));
  EXPECT_EQ(*read_place("0"), (asked_place{"", 0}));
  for (const auto* const text : {"", "-", "-1", "x", "a-", "a-b", "1x", "99999999999999999999", " 1"})
    EXPECT_EQ(read_place(text).error().status, 400) << text;
}

TEST(change_place, is_gone_where_something_would_be_missing) {
  EXPECT_EQ(*begin_after({"s", 5}, "s", 3, 9), 5);
  EXPECT_EQ(*begin_after({"", 2}, "s", 3, 9), 2); // the next one is the oldest there is
  EXPECT_EQ(*begin_after({"", 9}, "s", 3, 9), 9);
  EXPECT_EQ(*begin_after({"", 0}, "s", 0, 0), 0); // nothing has ever changed
  EXPECT_EQ(*begin_after({"", 9}, "s", 0, 9), 9); // nothing is kept, nothing is missed
  for (const auto& answer : {begin_after({"", 1}, "s", 3, 9), begin_after({"", 10}, "s", 3, 9),
                             begin_after({"other", 5}, "s", 3, 9), begin_after({"", 8}, "s", 0, 9)}) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().status, 410);
    EXPECT_NE(answer.error().text.find("resync required"), std::string::npos);
  }
}

TEST(event_text_of, keeps_data_within_its_event) { // S14
  EXPECT_EQ(event_text("s-1", "added", "{}"), "id: s-1\nevent: added\ndata: {}\n\n");
  EXPECT_EQ(event_text({}, "error", "{\n\"a\":\r1}"), "event: error\ndata: {\ndata: \"a\":\ndata: 1}\n\n");
  EXPECT_EQ(heartbeat_text({}), ": heartbeat\n\n");
  EXPECT_EQ(heartbeat_text("s-7"), ": heartbeat\nid: s-7\n\n");
}

// Who may read.

TEST(tickets, open_for_the_token_that_they_were_made_for_until_they_expire) {
  const access_tokens tokens{sha256("first-token-123456"), sha256("second-token-98765")};
  const auto ticket = make_ticket(tokens[1], 1'000);
  EXPECT_EQ(token_of_ticket(tokens, ticket, 1'000), tokens[1]);
  EXPECT_FALSE(token_of_ticket(tokens, ticket, 1'001)) << "it has expired";
  EXPECT_FALSE(token_of_ticket({tokens[0]}, ticket, 1'000)) << "its token is none any more";
  EXPECT_FALSE(token_of_ticket(tokens, "9" + ticket, 1'000)) << "another time";
  auto forged = ticket;
  forged.back() = forged.back() == '0' ? '1' : '0';
  for (const std::string_view other :
       {std::string_view(forged), std::string_view(""), std::string_view("1000-"), std::string_view("x"),
        std::string_view("99999999999999999999-00")})
    EXPECT_FALSE(token_of_ticket(tokens, other, 1'000)) << other;
}

TEST(origins, are_as_browsers_send_them) {
  for (const std::string good : {"https://portal.example", "http://127.0.0.1:3000", "https://[::1]:8443"})
    EXPECT_TRUE(check_origin(good)) << good;
  for (const std::string bad : {"", "*", "null", "portal.example", "https://", "https://portal.example/",
                                "https://Portal.example", "ftp://portal.example", "https://a b"}) {
    const auto checked = check_origin(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().reason(), error::invalid_value);
  }
  const std::vector<std::string> allowed{"https://portal.example"};
  EXPECT_TRUE(cross_origin_headers({}, "https://portal.example").empty()) << "nobody was allowed";
  EXPECT_EQ(cross_origin_headers(allowed, "https://evil.example"), (header_list{{"Vary", "Origin"}}));
  EXPECT_EQ(cross_origin_headers(allowed, "https://portal.example").at(1).second, "https://portal.example");
}

TEST(gzip_of, what_a_client_takes) {
  for (const std::string_view yes : {"gzip", "deflate, gzip;q=0.5", "GZIP", "*", "br;q=1.0, *;q=0.1"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const std::string_view no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "br", "*;q=0", "gzip;q=0, *"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
  EXPECT_FALSE(gzip("short")) << "it would be longer";
  const std::string text(100'000, 'x');
  const auto packed = gzip(text);
  ASSERT_TRUE(packed);
  EXPECT_LT(packed->size(), 2'000U);
  EXPECT_EQ(packed->substr(0, 3), "\x1f\x8b\x08");
}

TEST(tokens, are_read_line_by_line) {
  const auto tokens = parse_tokens("  first-token-123456 \r\n\nsecond-token-98765\n");
  ASSERT_TRUE(tokens) << tokens.error();
  EXPECT_EQ(tokens->size(), 2U);
  EXPECT_EQ(token_of(*tokens, "Bearer first-token-123456"), sha256("first-token-123456"));
  EXPECT_EQ(token_of(*tokens, "bearer  second-token-98765"), sha256("second-token-98765"));
  for (const auto* const other :
       {"", "Bearer", "Bearer ", "Bearer first-token-12345", "Bearer first-token-1234567",
        "Basic first-token-123456", "first-token-123456", "Bearer first-token-123456 second-token-98765"})
    EXPECT_FALSE(token_of(*tokens, other)) << other;
}

TEST(tokens, that_could_be_guessed_are_refused_and_not_repeated) { // S20
  for (const std::string text : {"", "\n \n", "short", "sixteen letters!", "canary-\x01-canary-canary"}) {
    const auto tokens = parse_tokens(text);
    ASSERT_FALSE(tokens) << text;
    EXPECT_EQ(tokens.error().reason(), error::invalid_value);
    EXPECT_EQ(to_string(tokens.error()).find("canary"), std::string::npos);
  }
}

TEST(access, without_tokens_is_for_this_machine_by_its_own_name) {
  const auto status = [](const std::string& host) {
    const auto refused = refuse_access({.method = "GET", .path = "/", .host = host}, {});
    return refused ? refused->status : 200;
  };
  for (const auto* const host :
       {"localhost", "localhost:8080", "LocalHost:80", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "[::1]"})
    EXPECT_EQ(status(host), 200) << host;
  for (const auto* const host : {"", "evil.example", "localhost.evil.example", "10.0.0.1:80", "[::2]", "[",
                                 "127.0.0.1.evil", "127.0.0.1:80@evil.example", "[::1]evil.example",
                                 "localhost:x", "127.0.0.1, evil.example", "a@127.0.0.1"})
    EXPECT_EQ(status(host), 403) << host;
}

TEST(access, with_tokens_is_for_those_who_have_one) { // S21
  const auto tokens = parse_tokens("first-token-123456").value();
  const auto refused = refuse_access({.method = "GET", .path = "/", .host = "localhost"}, tokens);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->body, "unauthorized\n");
  EXPECT_FALSE(refuse_access(
      {.method = "GET", .path = "/", .host = "portal.example", .authorization = "Bearer first-token-123456"},
      tokens));
}

} // namespace
} // namespace kollect::consumer::test

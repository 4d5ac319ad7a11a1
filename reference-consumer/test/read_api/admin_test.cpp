// What changes the store over HTTP, and the lists that lead there: clusters and dead letters.
#include "read_api/portal_fixture.hpp"

#include "ingest/forget.hpp"

namespace kollect::consumer::test {
namespace {

class administered : public served {
protected:
  administered() {
    consumer_.settings.now = [] { return noon(30); };
    settings_.token_file = file_of("reader", "a-token-that-may-read");
    settings_.admin.token_file = file_of("admin", "a-token-that-may-change");
    settings_.http.limits.takes_changes = true;
    settings_.admin.forget_cluster = [this](const std::string& cluster) -> answer_of<std::string> {
      const auto target = consumer_.place().open_beside().value();
      const auto done = forget_cluster(*target, consumer_.settings, cluster).value();
      if (done.scopes == 0)
        return refusal{404, "there is no such cluster"};
      return "{\"rows\":" + std::to_string(done.rows) + "}";
    };
    settings_.admin.retry_dead_letter = [this](std::int64_t id) -> answer_of<std::string> {
      const auto target = consumer_.place().open_beside().value();
      const auto ended = retry_dead_letter(*target, consumer_.settings, id);
      if (!ended)
        return refusal{404, ended.error().message};
      return "{\"result\":\"" + std::string(to_string(*ended)) + "\"}";
    };
  }

  std::string file_of(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << text << '\n';
    return path;
  }

  std::string ask(const std::string& method, const std::string& path, const std::string& token) const {
    const http_client client(portal_->address());
    client.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + "\r\n");
    return client.read_all();
  }
  std::string change(const std::string& method, const std::string& path) const {
    return ask(method, path, "a-token-that-may-change");
  }
  boost::json::object read(const std::string& path) const {
    const auto answer = ask("GET", path, "a-token-that-may-read");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    return boost::json::parse(body_of(answer)).as_object();
  }

  texts names(const std::string& query) const {
    texts out;
    const auto answer = read("/v1alpha1/clusters" + query);
    for (const auto& one : answer.at("clusters").as_array())
      out.emplace_back(one.at("cluster").as_string());
    return out;
  }

  std::vector<std::int64_t> ids(const std::string& query) const {
    std::vector<std::int64_t> out;
    const auto answer = read("/v1alpha1/dead-letters" + query);
    for (const auto& one : answer.at("deadLetters").as_array())
      out.push_back(one.at("id").as_int64());
    return out;
  }

  servers::temporary_directory folder_ = servers::temporary_directory::create("kollect-admin-").value();
};

TEST_F(administered, a_cluster_is_forgotten_and_was_there_before) {
  consumer_.settings.now = [] { return noon(10); };
  write(make_rows(3), 1);
  write(make_rows(2), 2, {"prod east", "team-a", "web"});
  consumer_.settings.now = [] { return noon(30); };
  start();
  const auto answer = change("DELETE", "/v1alpha1/clusters/prod%20east");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_EQ(body_of(answer), R"({"rows":2})");
  EXPECT_EQ(names(""), texts{"prod-west"});
  EXPECT_EQ(read("/v1alpha1/items").at("items").as_array().size(), 3U);
  const auto then = read("/v1alpha1/items?cluster=prod+east&asOf=2026-01-15T12:00:20Z");
  EXPECT_EQ(then.at("items").as_array().size(), 2U);
  EXPECT_EQ(read("/v1alpha1/items?cluster=prod+east&asOf=2026-01-15T12:00:30Z").at("items").as_array().size(),
            0U);
  EXPECT_TRUE(change("DELETE", "/v1alpha1/clusters/prod%20east").starts_with("HTTP/1.1 404 "));
}

TEST_F(administered, who_may_only_read_changes_nothing) { // S21
  write(make_rows(3), 1);
  start();
  const std::string path = "/v1alpha1/clusters/prod-west";
  EXPECT_TRUE(ask("DELETE", path, "").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(ask("DELETE", path, "a-token-of-nobody").starts_with("HTTP/1.1 401 "));
  const auto refused = ask("DELETE", path, "a-token-that-may-read");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 ")) << refused;
  EXPECT_NE(refused.find("--admin-token-file"), std::string::npos);
  EXPECT_TRUE(ask("GET", "/v1alpha1/clusters", "a-token-that-may-change").starts_with("HTTP/1.1 401 "))
      << "it changes, and does not read";
  EXPECT_EQ(names(""), texts{"prod-west"});
}

TEST_F(administered, each_path_has_its_method) {
  write(make_rows(1), 1);
  start();
  EXPECT_EQ(header_of(change("GET", "/v1alpha1/clusters/prod-west"), "Allow"), "DELETE");
  EXPECT_EQ(header_of(change("DELETE", "/v1alpha1/clusters"), "Allow"), "GET, HEAD");
  EXPECT_EQ(header_of(change("GET", "/v1alpha1/dead-letters/1/retry"), "Allow"), "POST");
  EXPECT_TRUE(change("DELETE", "/v1alpha1/clusters/prod-west?force=true").starts_with("HTTP/1.1 400 "));
}

TEST_F(administered, without_an_admin_token_nothing_is_changed) {
  settings_.admin.token_file.clear();
  settings_.http.limits.takes_changes = false;
  write(make_rows(1), 1);
  start();
  EXPECT_TRUE(change("DELETE", "/v1alpha1/clusters/prod-west").starts_with("HTTP/1.1 405 "));
}

TEST_F(administered, one_token_does_not_both) {
  file_of("admin", "a-token-that-may-read");
  const auto started = portal::start(
      settings_, [this] { return consumer_.place().open_reader(); }, monitor_, log_);
  ASSERT_TRUE(fails_with(started, error::invalid_value));
  EXPECT_NE(started.error().message.find("--admin-token-file"), std::string::npos);
}

TEST_F(administered, clusters_are_filtered_sorted_and_paged) {
  const auto now = from_system_clock(std::chrono::system_clock::now());
  consumer_.settings.now = [=] { return now; };
  write(make_rows(3), 1, {"prod-west", "team-a", "web"});
  write(make_rows(5), 2, {"prod-east", "team-a", "web"});
  write(make_rows(1), 3, {"", "team-a", "web"});
  consumer_.take(deliver(make_array(make_rows(4), now, {"test", "team-a", "web"}), next_++));
  settings_.answers.stale_after = std::chrono::seconds(3'600);
  start();
  EXPECT_EQ(names(""), (texts{"", "prod-east", "prod-west", "test"}));
  EXPECT_EQ(names("?cluster=prod-*"), (texts{"prod-east", "prod-west"}));
  EXPECT_EQ(names("?cluster!=prod-*&cluster!="), (texts{"test"}));
  EXPECT_EQ(names("?cluster="), texts{""});
  EXPECT_EQ(names("?stale=false"), texts{"test"});
  EXPECT_EQ(names("?stale=true&sort=-itemCount"), (texts{"prod-east", "prod-west", ""}));
  EXPECT_EQ(names("?sort=lastSeen&limit=2"), (texts{"prod-west", "prod-east"}));
  EXPECT_EQ(names("?sort=lastSeen&limit=2&offset=2"), (texts{"", "test"}));
  EXPECT_EQ(names("?offset=9"), texts{});
  const auto page = read("/v1alpha1/clusters?limit=3").at("pagination");
  EXPECT_EQ(page.at("total").as_int64(), 4);
  EXPECT_TRUE(page.at("hasMore").as_bool());
  for (const auto* const wrong : {"?stale=maybe", "?sort=rows", "?kind=Pod", "?limit=x", "?clusters=a"})
    EXPECT_TRUE(ask("GET", std::string("/v1alpha1/clusters") + wrong, "a-token-that-may-read")
                    .starts_with("HTTP/1.1 400 "))
        << wrong;
}

TEST_F(administered, dead_letters_are_filtered_and_shown_with_their_bytes) {
  auto cut_off = make_array(make_rows(1), noon(1));
  cut_off.value.resize(cut_off.value.size() / 2);
  consumer_.take(deliver(cut_off, next_++)); // 1: its key tells the cluster
  auto poison = deliver_bytes("{]\xff", next_++);
  poison.key.reset();
  consumer_.take(std::move(poison)); // 2: nothing does
  consumer_.take(
      deliver(make_array(make_rows(1), noon(9'999), {"prod-east", "team-a", "web"}), next_++)); // 3
  start();
  EXPECT_EQ(ids(""), (std::vector<std::int64_t>{3, 2, 1}));
  EXPECT_EQ(ids("?cluster=prod-west"), std::vector<std::int64_t>{1});
  EXPECT_EQ(ids("?cluster=prod-*"), (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(ids("?reason=future*"), std::vector<std::int64_t>{3});
  EXPECT_EQ(ids("?limit=1&before=3"), std::vector<std::int64_t>{2});
  EXPECT_EQ(read("/v1alpha1/dead-letters?limit=1").at("next").as_int64(), 3);
  EXPECT_TRUE(read("/v1alpha1/dead-letters?limit=3").at("next").is_null());
  const auto one = read("/v1alpha1/dead-letters/2");
  EXPECT_TRUE(one.at("cluster").is_null());
  EXPECT_EQ(one.at("at").as_string(), "2026-01-15T12:00:30Z");
  EXPECT_EQ(one.at("body").at("hex").as_string(), "7b5dff");
  EXPECT_EQ(one.at("body").at("text").as_string(), "{]\xef\xbf\xbd");
  for (const auto* const wrong : {"/4", "/0", "/x", "/2/else"})
    EXPECT_TRUE(ask("GET", std::string("/v1alpha1/dead-letters") + wrong, "a-token-that-may-read")
                    .starts_with("HTTP/1.1 404 "))
        << wrong;
}

TEST_F(administered, a_dead_letter_shows_no_more_than_its_beginning) {
  const std::string large(100'000, 'x');
  consumer_.take(deliver_bytes(large, next_++));
  start();
  const auto one = read("/v1alpha1/dead-letters/1");
  EXPECT_EQ(one.at("valueBytes").as_int64(), 100'000);
  EXPECT_EQ(one.at("body").at("bytes").as_int64(), 65'536);
  EXPECT_EQ(one.at("body").at("text").as_string().size(), 65'536U);
}

TEST_F(administered, a_dead_letter_is_tried_again) {
  const auto bound = std::exchange(consumer_.settings.limits.max_message_bytes, 50);
  write(make_rows(2), 1);
  consumer_.settings.limits.max_message_bytes = bound;
  start();
  const std::string path = "/v1alpha1/dead-letters/1/retry";
  EXPECT_TRUE(ask("POST", path, "a-token-that-may-read").starts_with("HTTP/1.1 403 "));
  EXPECT_EQ(body_of(change("POST", path)), R"({"result":"applied"})");
  EXPECT_EQ(ids(""), std::vector<std::int64_t>{});
  EXPECT_EQ(read("/v1alpha1/items").at("items").as_array().size(), 2U);
  EXPECT_TRUE(change("POST", path).starts_with("HTTP/1.1 404 "));
}

} // namespace
} // namespace kollect::consumer::test

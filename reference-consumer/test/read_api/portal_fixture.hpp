#ifndef KOLLECT_CONSUMER_TEST_PORTAL_FIXTURE_HPP
#define KOLLECT_CONSUMER_TEST_PORTAL_FIXTURE_HPP

#include "read_api/portal.hpp"

#include "support/consumer.hpp"
#include "support/http_client.hpp"

#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
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

using namespace std::chrono_literals;

using texts = std::vector<std::string>;

/// The value after `Name: ` in an answer.
inline std::string header_of(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos)
    return {};
  const auto begin = at + name.size() + 4;
  return answer.substr(begin, answer.find("\r\n", begin) - begin);
}

inline std::string body_of(const std::string& answer) {
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

/// A portal on a store that a test writes to.
class served : public testing::Test {
protected:
  served() {
    settings_.http.address = ":0";
    settings_.answers.version = "1.2.3";
    settings_.http.limits.heartbeat = 200ms;
    settings_.watch_pause = 50ms;
    settings_.answers.stale_after = std::chrono::seconds(1'000'000'000);
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

} // namespace kollect::consumer::test

#endif

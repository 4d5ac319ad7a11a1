#include "consumer_testee.hpp"

#include <kollect/kafka/reader.hpp>
#include <kollect/kafka/topic_ends.hpp>
#include <kollect/log_reader.hpp>
#include <kollect/nats/jetstream.hpp>
#include <kollect/nats/reader.hpp>
#include <program/testee_request.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>

namespace kollect::testees {

namespace {

using namespace std::chrono_literals;
using next_offsets = std::map<std::int32_t, std::int64_t>;

result<std::unique_ptr<log_reader>> open_reader(const connection& target) {
  return target.system == broker_system::kafka ? kafka::create_reader(target) : nats::create_reader(target);
}

/// Where the log ends now: the offset after the last message of each partition.
using ask_for_ends = std::function<result<next_offsets>()>;

result<ask_for_ends> ask_kafka(const connection& target) {
  auto made = kafka::topic_ends::create(target);
  if (!made)
    return made.error();
  return ask_for_ends(
      [ends = std::make_shared<kafka::topic_ends>(std::move(*made))]() -> result<next_offsets> {
        const auto found = ends->find(10s);
        if (!found)
          return found.error();
        next_offsets out;
        for (const auto& end : *found)
          out[end.partition] = end.next_offset;
        return out;
      });
}

result<ask_for_ends> ask_nats(const connection& target) {
  auto made = nats::jetstream::connect(target);
  if (!made)
    return made.error();
  return ask_for_ends([server = std::make_shared<nats::jetstream>(std::move(*made)),
                       stream = target.stream]() -> result<next_offsets> {
    const auto found = server->find_stream(stream, 10s);
    if (!found)
      return found.error();
    if (!*found)
      return make_failure(error::topic_missing, "there is no stream " + stream);
    return next_offsets{{0, static_cast<std::int64_t>((*found)->last_sequence) + 1}};
  });
}

/// A file that says that a group was there before.
std::filesystem::path mark_of(const std::string& group) {
  return std::filesystem::temp_directory_path() / ("consumer-testee-" + group);
}

class reading_consumer {
public:
  reading_consumer(const std::function<std::unique_ptr<row_keeper>()>& make_keeper, reading_habits habits)
      : make_keeper_(make_keeper), habits_(habits) {}

  result<void> open(const program::testee_request& request) {
    auto target = program::decode_testee_open(request);
    const auto group = program::decode_testee_text(request.group, "group");
    if (!target || !group)
      return target ? group.error() : target.error();
    target_ = std::move(*target);
    keeper_ = make_keeper_();
    next_.clear();
    skipped_.clear();
    reader_.reset();
    const bool was_here = std::filesystem::exists(mark_of(*group));
    std::ofstream(mark_of(*group)) << "here\n";
    mark_ = mark_of(*group);
    if (was_here)
      keeper_->begin_again();
    auto opened = open_reader(target_);
    if (!opened)
      return opened.error();
    reader_ = std::move(*opened);
    auto asked = target_.system == broker_system::kafka ? ask_kafka(target_) : ask_nats(target_);
    if (!asked)
      return asked.error();
    ask_ = std::move(*asked);
    if (was_here && habits_.skips_what_came_meanwhile)
      for (const auto& end : reader_->ends())
        skipped_[end.partition] = end.next_offset;
    return {};
  }

  result<void> drain() {
    if (!keeper_)
      return make_failure(error::closed, "no topic is open");
    auto ends = ask_();
    if (!ends && ends.error().code == condition::unavailable)
      ends = ask_(); // the broker may have been restarted
    if (!ends)
      return ends.error();
    const auto has_reached = [&] {
      return std::ranges::all_of(*ends, [&](const auto& end) {
        return end.second <= first_offset() || next_[end.first] >= end.second;
      });
    };
    while (!has_reached()) {
      const auto messages = reader_->poll(1000, 16U << 20U, 1s);
      if (!messages)
        return messages.error();
      for (const auto& message : *messages) {
        next_[message.partition] = std::max(next_[message.partition], message.offset + 1);
        if (message.offset < skipped_[message.partition])
          continue;
        if (auto taken = keeper_->take(message); !taken)
          return taken;
      }
    }
    return {};
  }

  result<std::string> state(const program::testee_request& request) const {
    if (!keeper_)
      return make_failure(error::closed, "no topic is open");
    std::string line;
    json_writer out(line);
    out.begin_object().name("id").raw(request.id).member("ok", true);
    keeper_->write_state(out);
    out.end_object();
    return line;
  }

  result<void> close() {
    keeper_.reset();
    reader_.reset();
    std::error_code ignored; // a mark that stays does no harm: groups have new names
    std::filesystem::remove(mark_, ignored);
    return {};
  }

private:
  /// Streams count from 1.
  std::int64_t first_offset() const noexcept { return target_.system == broker_system::kafka ? 0 : 1; }

  const std::function<std::unique_ptr<row_keeper>()>& make_keeper_;
  reading_habits habits_;
  connection target_;
  std::unique_ptr<log_reader> reader_;
  ask_for_ends ask_;
  std::unique_ptr<row_keeper> keeper_;
  next_offsets next_, skipped_;
  std::filesystem::path mark_;
};

std::string answer_line(reading_consumer& consumer, std::string_view name, const std::string& line) {
  using namespace program;
  const auto request = parse_testee_request(line);
  if (!request)
    return answer_testee({}, request.error());
  if (request->op == "hello")
    return answer_hello(*request, name, "1", {"kafka", "nats", "consumer"});
  if (request->op == "open")
    return answer_testee(*request, consumer.open(*request));
  if (request->op == "drain")
    return answer_testee(*request, consumer.drain());
  if (request->op == "close")
    return answer_testee(*request, consumer.close());
  if (request->op != "state")
    return answer_testee(*request, make_failure(error::invalid_value, "there is no such op"));
  const auto held = consumer.state(*request);
  return held ? *held : answer_testee(*request, held.error());
}

} // namespace

std::string on_one_line(std::string json) {
  std::ranges::replace_if(
      json, [](char letter) { return letter == '\n' || letter == '\r'; }, ' ');
  return json;
}

int run_consumer_testee(std::string_view name,
                        const std::function<std::unique_ptr<row_keeper>()>& make_keeper,
                        const reading_habits& habits) {
  reading_consumer consumer(make_keeper, habits);
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer_line(consumer, name, line) << std::endl; // the suite waits for each line
  return 0;
}

} // namespace kollect::testees

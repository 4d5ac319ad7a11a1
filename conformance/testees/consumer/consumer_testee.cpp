#include "consumer_testee.hpp"

#include <kollect/kafka/reader.hpp>
#include <kollect/log_reader.hpp>
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
    if (was_here && habits_.skips_what_came_meanwhile)
      for (const auto& end : reader_->ends())
        skipped_[end.partition] = end.next_offset;
    return {};
  }

  /// A reader made now knows where the log ends now.
  result<void> drain() {
    if (!keeper_)
      return make_failure(error::closed, "no topic is open");
    const auto fresh = open_reader(target_);
    if (!fresh)
      return fresh.error();
    const auto ends = (*fresh)->ends();
    const auto has_reached = [&] {
      return std::ranges::all_of(ends, [&](const auto& end) {
        return end.next_offset == 0 || next_[end.partition] >= end.next_offset;
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
  const std::function<std::unique_ptr<row_keeper>()>& make_keeper_;
  reading_habits habits_;
  connection target_;
  std::unique_ptr<log_reader> reader_;
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

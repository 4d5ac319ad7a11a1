#include "log_watch.hpp"

#include <servers/wait_until.hpp>

#include <algorithm>

namespace kollect::conformance {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most_messages = 1000, most_bytes = 64UL * 1024 * 1024,
                      most_bytes_at_once = 4UL * 1024 * 1024; // of an audit, which keeps none
constexpr std::chrono::milliseconds step{200}, pause{50};

bool by_place(const recorded_message& left, const recorded_message& right) {
  return std::pair(left.partition, left.offset) < std::pair(right.partition, right.offset);
}

failure too_slow(const connection& target) {
  return make_failure(error::broker_timeout,
                      "the messages of " + target.destination + " could not be read to their end in time");
}

} // namespace

bool log_watch::has_reached(const log_ends& ends) const {
  return std::ranges::all_of(ends, [&](const auto& end) {
    const auto found = next_.find(end.first);
    return end.second == 0 || (found != next_.end() && found->second >= end.second);
  });
}

result<void> log_watch::take(log_reader& from, std::vector<recorded_message>& into,
                             std::chrono::milliseconds patience) {
  auto messages = from.poll(most_messages, most_bytes, patience);
  if (!messages)
    return messages.error();
  for (const auto& message : *messages) {
    next_[message.partition] = std::max(next_[message.partition], message.offset + 1);
    if (given_.emplace(message.partition, message.offset).second)
      into.push_back(to_recorded(message));
  }
  return {};
}

/// A transaction's marks take offsets and are never given out: a reader made now knows where its own end is.
result<void> log_watch::read_again(std::vector<recorded_message>& into, std::chrono::milliseconds timeout) {
  // A topic that was just made has no leaders for a moment.
  auto reader = open_reader(target_, connect_timeout_);
  const auto is_settled = [&] { return reader || reader.error().code != condition::unavailable; };
  servers::wait_until(
      [&] {
        if (!is_settled())
          reader = open_reader(target_, connect_timeout_);
        return is_settled();
      },
      timeout, pause);
  if (!reader)
    return reader.error();
  reader_ = std::move(*reader);
  for (const auto end = clock::now() + timeout; !reader_->at_end();) {
    if (clock::now() >= end)
      return too_slow(target_);
    if (auto taken = take(*reader_, into, step); !taken)
      return taken;
  }
  return take(*reader_, into, std::chrono::milliseconds(0));
}

result<std::vector<recorded_message>> log_watch::catch_up(std::chrono::milliseconds timeout) {
  std::vector<recorded_message> found;
  if (!reader_) {
    auto read = read_again(found, timeout);
    if (!read && read.error().reason() == error::topic_missing)
      return found;
    if (!read)
      return read.error();
  }
  if (!ends_) {
    auto question = ask_for_ends(target_, connect_timeout_);
    if (!question)
      return question.error();
    ends_ = std::move(*question);
  }
  const auto ends = ends_(timeout);
  if (!ends)
    return ends.error();
  for (int idle = 0; !has_reached(*ends) && idle < 3;) {
    const auto before = found.size();
    if (auto taken = take(*reader_, found, step); !taken)
      return taken.error();
    idle = found.size() == before ? idle + 1 : 0;
  }
  if (!has_reached(*ends))
    if (auto read = read_again(found, timeout); !read)
      return read.error();
  std::ranges::sort(found, by_place);
  return found;
}

result<void> read_log(const connection& target, std::chrono::milliseconds timeout,
                      std::chrono::milliseconds follow, const std::function<bool()>& stop,
                      const std::function<void(recorded_message)>& take) {
  auto reader = open_reader(target, timeout);
  if (!reader)
    return reader.error();
  const auto begin = clock::now();
  auto progress = begin;
  while (!stop()) {
    const bool is_following = clock::now() < begin + follow;
    if ((*reader)->at_end() && !is_following)
      break;
    if (!(*reader)->at_end() && clock::now() >= progress + timeout)
      return too_slow(target);
    const auto messages = (*reader)->poll(most_messages, most_bytes_at_once, step);
    if (!messages)
      return messages.error();
    if (!messages->empty())
      progress = clock::now();
    for (const auto& message : *messages)
      take(to_recorded(message));
  }
  return {};
}

} // namespace kollect::conformance

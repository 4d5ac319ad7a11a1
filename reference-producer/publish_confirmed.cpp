#include "publish_confirmed.hpp"

#include <algorithm>
#include <cstddef>
#include <thread>
#include <utility>

namespace kollect::producer {

namespace {

constexpr std::chrono::milliseconds pause_between_attempts{200};

bool is_worth_retrying(const result<receipt>& one) {
  return one.has_value() || one.error().code == condition::unavailable;
}

} // namespace

std::vector<result<receipt>> publish_confirmed(publisher& target, std::span<const outgoing_message> messages,
                                               std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  return publish_until_confirmed(target, messages, target.publish(messages, timeout), end);
}

std::vector<result<receipt>> publish_until_confirmed(publisher& target,
                                                     std::span<const outgoing_message> messages,
                                                     std::vector<result<receipt>> results,
                                                     std::chrono::steady_clock::time_point end) {
  using namespace std::chrono;
  while (std::all_of(results.begin(), results.end(), is_worth_retrying)) {
    std::vector<std::size_t> places;
    for (std::size_t index = 0; index < results.size(); ++index)
      if (!results[index])
        places.push_back(index);
    const auto left = duration_cast<milliseconds>(end - steady_clock::now());
    if (places.empty() || left <= pause_between_attempts)
      break;
    std::this_thread::sleep_for(pause_between_attempts);
    std::vector<outgoing_message> again;
    again.reserve(places.size());
    for (const auto place : places)
      again.push_back(messages[place]);
    auto answers = target.publish(again, left - pause_between_attempts);
    for (std::size_t index = 0; index < places.size(); ++index) {
      // What the stream has already, it may well have from our own attempt before.
      if (answers[index])
        answers[index]->duplicate = false;
      results[places[index]] = std::move(answers[index]);
    }
  }
  return results;
}

} // namespace kollect::producer

#ifndef KOLLECT_SERVERS_WAIT_UNTIL_HPP
#define KOLLECT_SERVERS_WAIT_UNTIL_HPP

#include <chrono>
#include <concepts>
#include <thread>

namespace kollect::servers {

/// Asks `condition` again and again, `interval` apart, until it holds or `timeout` has passed.
/// Returns whether it held. It is asked at least once, and once more when time is up.
template <std::predicate Condition>
bool wait_until(Condition condition, std::chrono::milliseconds timeout = std::chrono::seconds(10),
                std::chrono::milliseconds interval = std::chrono::milliseconds(5)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline)
      return condition();
    std::this_thread::sleep_for(interval);
  }
  return true;
}

} // namespace kollect::servers

#endif

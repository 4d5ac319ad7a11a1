#ifndef KOLLECT_DEDUP_WINDOW_HPP
#define KOLLECT_DEDUP_WINDOW_HPP

#include <kollect/dedup_key.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <unordered_set>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// The keys seen lately, bounded in number and age: the newest `max_keys` of those that came within
/// `max_age`. For consumers whose effect is idempotent or kept in memory; one that must survive a
/// restart keeps its keys in its database, in the transaction that holds the effect.
/// Movable, not copyable. Not thread-safe.
class dedup_window {
public:
  using clock = std::chrono::steady_clock;

  struct options {
    std::size_t max_keys = 100'000;
    clock::duration max_age = std::chrono::hours(24);
  };

  dedup_window() : dedup_window(options{}) {}
  explicit dedup_window(options bounds) : bounds_(bounds) {}
  dedup_window(dedup_window&&) = default;
  dedup_window& operator=(dedup_window&&) = default;
  dedup_window(const dedup_window&) = delete; // its queue points to its own keys
  dedup_window& operator=(const dedup_window&) = delete;

  /// True when the key is new, and remembers it; false for a duplicate, which does not renew its age.
  /// Amortised constant time.
  bool insert(const dedup_key& key, clock::time_point now = clock::now()) {
    forget_older_than(now);
    const auto [place, is_new] = keys_.insert(key);
    if (!is_new)
      return false;
    arrivals_.emplace_back(&*place, now); // nodes of an unordered_set stay where they are
    while (keys_.size() > bounds_.max_keys)
      forget_first();
    return true;
  }

  /// Whether the key is remembered, be it by now too old for insert().
  bool contains(const dedup_key& key) const { return keys_.contains(key); }
  std::size_t size() const noexcept { return keys_.size(); }

private:
  void forget_older_than(clock::time_point now) {
    while (!arrivals_.empty() && now - arrivals_.front().second > bounds_.max_age)
      forget_first();
  }
  void forget_first() {
    keys_.erase(keys_.find(*arrivals_.front().first));
    arrivals_.pop_front();
  }

  options bounds_;
  std::unordered_set<dedup_key> keys_;
  std::deque<std::pair<const dedup_key*, clock::time_point>> arrivals_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

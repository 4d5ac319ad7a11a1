#ifndef KOLLECT_DEDUP_WINDOW_HPP
#define KOLLECT_DEDUP_WINDOW_HPP

#include <kollect/dedup_key.hpp>
#include <kollect/scope.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// kollect::dedup_window. A template so that only those who use it compile it.
///
/// The dedup keys seen lately, by scope (DED-01): the newest `max_keys` of those that came within `max_age`.
/// Two inventories of one namespace may send the same payload in the same instant, so a key alone does not
/// say that a message was seen.
///
/// Asking and remembering are two steps: remember a key once the effect of its message is sure, or a message
/// whose effect failed would be taken for a duplicate when it comes again. A consumer that must survive a
/// restart keeps its keys in its database, in the transaction that holds the effect.
/// Movable, not copyable; a moved-from one is empty. Not thread-safe.
template <class Deferred>
class basic_dedup_window {
public:
  using clock = std::chrono::steady_clock; ///< of ages: no clock that is set back

  /// What it may hold. A key that is over a bound is forgotten, the oldest first.
  struct options {
    std::size_t max_keys = 100'000;                   ///< of all scopes together; 0: remembers nothing
    clock::duration max_age = std::chrono::hours(24); ///< since the key came first
  };

  /// With the default bounds.
  basic_dedup_window() : basic_dedup_window(options{}) {}
  /// With these bounds.
  explicit basic_dedup_window(options bounds) : bounds_(bounds) {}
  basic_dedup_window(basic_dedup_window&& other) noexcept
      : bounds_(other.bounds_), keys_(std::exchange(other.keys_, {})),
        arrivals_(std::exchange(other.arrivals_, {})) {}
  basic_dedup_window& operator=(basic_dedup_window&& other) noexcept {
    bounds_ = other.bounds_;
    keys_ = std::exchange(other.keys_, {});
    arrivals_ = std::exchange(other.arrivals_, {});
    return *this;
  }
  basic_dedup_window(const basic_dedup_window&) = delete; // its queue points to its own keys
  basic_dedup_window& operator=(const basic_dedup_window&) = delete;

  /// Whether the key was seen in this scope. Constant time, no allocation.
  [[nodiscard]] bool contains(const scope& where, const dedup_key& key) const {
    return keys_.contains(view{where.inventory, key});
  }

  /// Remembers a key, and forgets those that are over a bound. One that is known already keeps its age.
  /// Amortised constant time.
  void remember(const scope& where, const dedup_key& key, clock::time_point now = clock::now()) {
    if (!arrivals_.empty())
      now = std::max(now, arrivals_.back().second); // or a clock that went back would keep keys for ever
    forget_older_than(now);
    const auto [place, is_new] = keys_.insert(entry{where.inventory, key});
    if (!is_new)
      return;
    arrivals_.emplace_back(&*place, now); // nodes of an unordered_set stay where they are
    while (keys_.size() > bounds_.max_keys)
      forget_first();
  }

  /// How many keys are remembered.
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

private:
  /// The key has the scope's other labels.
  struct entry {
    std::string inventory;
    dedup_key key;
  };
  struct view {
    std::string_view inventory;
    const dedup_key& key;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(const auto& one) const noexcept {
      return std::hash<dedup_key>{}(one.key) ^ std::hash<std::string_view>{}(one.inventory);
    }
  };
  struct is_equal {
    using is_transparent = void;
    bool operator()(const auto& left, const auto& right) const noexcept {
      return left.inventory == right.inventory && left.key == right.key;
    }
  };

  void forget_older_than(clock::time_point now) {
    while (!arrivals_.empty() && now - arrivals_.front().second > bounds_.max_age)
      forget_first();
  }
  void forget_first() {
    keys_.erase(keys_.find(*arrivals_.front().first));
    arrivals_.pop_front();
  }

  options bounds_;
  std::unordered_set<entry, hash, is_equal> keys_;
  std::deque<std::pair<const entry*, clock::time_point>> arrivals_;
};

/// The dedup keys seen lately: see basic_dedup_window.
using dedup_window = basic_dedup_window<void>;

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

#ifndef KOLLECT_NATS_DETAIL_LEDGER_HPP
#define KOLLECT_NATS_DETAIL_LEDGER_HPP

#include <kollect/nats/detail/events.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// Which messages we hold: delivered to us, and the server does not know yet that they are processed.
class ack_ledger {
public:
  struct entry {
    std::string ack_subject;          ///< where the server hears of the message's fate
    clock::time_point told;           ///< when it last heard that we have it
    std::weak_ptr<const void> holder; ///< gone when nobody can acknowledge it any more
    bool is_acknowledged = false;     ///< by our owner
  };

  /// A message's number here, and what acknowledges it; that may outlive the ledger.
  struct handle {
    std::uint64_t number;
    std::function<void()> acknowledge;
  };

  static handle enter(const std::shared_ptr<ack_ledger>& ledger, std::string ack_subject,
                      clock::time_point now) {
    const auto number = ledger->next_number_++;
    auto holder = std::make_shared<ticket>(ticket{ledger, number});
    ledger->entries_.emplace(number, entry{std::move(ack_subject), now, holder, false});
    return {number, [holder] {
              if (const auto alive = holder->ledger.lock())
                alive->acknowledge(holder->number);
            }};
  }

  /// Nothing once it is settled or abandoned.
  entry* find(std::uint64_t number) {
    const auto found = entries_.find(number);
    return found == entries_.end() ? nullptr : &found->second;
  }

  /// What our owner has acknowledged, in the order of delivery.
  std::vector<std::pair<std::uint64_t, std::string>> acknowledged() const {
    std::vector<std::pair<std::uint64_t, std::string>> found;
    for (const auto& [number, held] : entries_)
      if (held.is_acknowledged)
        found.emplace_back(number, held.ack_subject);
    return found;
  }

  /// The server has confirmed it. False if that was known.
  bool settle(std::uint64_t number) { return entries_.erase(number) != 0; }

  /// Messages that somebody destroyed without acknowledging them are none of ours any more.
  void drop_abandoned() {
    std::erase_if(entries_, [](const auto& item) { return is_abandoned(item.second); });
  }

  /// Visits every entry that is still somebody's.
  template <class Visitor>
  void visit(Visitor visitor) {
    drop_abandoned();
    for (auto& [number, held] : entries_)
      visitor(held);
  }

  std::size_t size() const noexcept { return entries_.size(); }

private:
  struct ticket {
    std::weak_ptr<ack_ledger> ledger;
    std::uint64_t number;
  };

  static bool is_abandoned(const entry& held) { return !held.is_acknowledged && held.holder.expired(); }

  void acknowledge(std::uint64_t number) {
    if (const auto found = entries_.find(number); found != entries_.end())
      found->second.is_acknowledged = true;
  }

  std::map<std::uint64_t, entry> entries_;
  std::uint64_t next_number_ = 1;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

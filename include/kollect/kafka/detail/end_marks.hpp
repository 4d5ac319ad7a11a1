#ifndef KOLLECT_KAFKA_DETAIL_END_MARKS_HPP
#define KOLLECT_KAFKA_DETAIL_END_MARKS_HPP

#include <kollect/kafka/detail/offsets.hpp>
#include <kollect/kafka/detail/positions.hpp>
#include <kollect/kafka/detail/topic.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// What each partition of a topic held at one moment: how far a group has to come.
class end_marks {
public:
  [[nodiscard]] static result<end_marks> measure(client& source, const std::string& topic,
                                                 std::chrono::milliseconds timeout) {
    constexpr std::chrono::milliseconds pause{50}; // for a topic that has no leaders yet
    const deadline end{timeout};
    auto partitions = look_up_topic(source, topic, end.left());
    if (!partitions)
      return partitions.error();
    auto held = detail::measure(source, topic, *partitions, end.left());
    while (!held && held.error().code == condition::unavailable && !end.passed()) {
      std::this_thread::sleep_for(end.left(pause));
      held = detail::measure(source, topic, *partitions, end.left());
    }
    if (!held)
      return held.error();
    end_marks made;
    made.marks_ = std::move(*held);
    return made;
  }

  /// The log of a partition is another one now.
  void replace(std::int32_t partition, const extent& held) { marks_[partition] = held; }

  /// The partitions that others have to read to their ends; nothing while ours are not read to theirs.
  std::optional<std::vector<std::int32_t>> left_to_others(const positions& read) const {
    std::vector<std::int32_t> of_others;
    for (const auto& [partition, mark] : marks_) {
      if (mark.first >= mark.end)
        continue;
      if (!read.holds(partition))
        of_others.push_back(partition);
      else if (read.settled(partition).value_or(0) < mark.end)
        return std::nullopt;
    }
    return of_others;
  }

  /// Whether the group has committed all of these partitions.
  [[nodiscard]] result<bool> are_committed(client& source, const std::string& topic,
                                           std::span<const std::int32_t> partitions,
                                           std::chrono::milliseconds timeout) const {
    if (partitions.empty())
      return true;
    auto committed = committed_offsets(source, topic, partitions, timeout);
    if (!committed)
      return committed.error();
    return std::ranges::all_of(partitions, [&](std::int32_t partition) {
      const auto found = committed->find(partition);
      return found != committed->end() && found->second >= marks_.at(partition).end;
    });
  }

private:
  extents marks_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

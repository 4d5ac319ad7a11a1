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
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// What each partition of a topic held at one moment: how far a group has to come.
class end_marks {
public:
  [[nodiscard]] static result<end_marks> measure(client& source, const std::string& topic,
                                                 std::chrono::milliseconds timeout) {
    const deadline end{timeout};
    auto partitions = look_up_topic(source, topic, end.left());
    if (!partitions)
      return partitions.error();
    end_marks made;
    for (const std::int32_t partition : *partitions) {
      auto found = detail::measure(source, topic, partition, end.left());
      if (!found)
        return found.error();
      made.marks_.emplace(partition, *found);
    }
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
  std::map<std::int32_t, extent> marks_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

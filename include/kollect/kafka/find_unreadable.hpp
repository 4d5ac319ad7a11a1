#ifndef KOLLECT_KAFKA_FIND_UNREADABLE_HPP
#define KOLLECT_KAFKA_FIND_UNREADABLE_HPP

#include <kollect/kafka/detail/unreadable.hpp>
#include <kollect/position.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <span>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka {

/// Looks at what stands at these positions of a topic, without joining a group: which of them a subscriber
/// with these options could not read. Waits up to `timeout` for each; one that no broker answers for is left
/// out, as it is not known. Costs the memory of the largest batch that it looks at.
///
/// Errors: those of settings that librdkafka refuses.
[[nodiscard]] inline result<std::vector<unreadable_batch>>
find_unreadable(const connection& target, const subscriber_options& options,
                std::span<const partition_position> places, std::chrono::milliseconds timeout) {
  std::vector<unreadable_batch> found;
  detail::batch_probe probe(target, options);
  for (const auto& place : places) {
    auto fault = probe.look(place.partition, place.next_offset, timeout);
    if (!fault && fault.error().code != condition::unavailable)
      return fault.error();
    if (fault && *fault)
      found.push_back(detail::cannot_read(target.destination, place.partition, place.next_offset, **fault));
  }
  return found;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka

#endif

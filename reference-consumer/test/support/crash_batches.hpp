#ifndef KOLLECT_CONSUMER_TEST_CRASH_BATCHES_HPP
#define KOLLECT_CONSUMER_TEST_CRASH_BATCHES_HPP

#include "support/messages.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kollect::consumer::test {

/// A fixed log in fixed batches, with everything that a batch can do to a store: rows added, changed and
/// removed, a set over two batches, a duplicate, a stale one, a dead letter.
std::vector<std::vector<outgoing_message>> make_crash_batches();

/// The batches from `next_offset` on, each at its offsets; nothing of a batch that lies before it.
std::vector<std::vector<received_message>>
deliver_from(const std::vector<std::vector<outgoing_message>>& batches, std::int64_t next_offset);

/// All that a store tells: counters, position, rows, change feed, dead letters and waiting parts. Two stores
/// that have consumed the same say the same.
std::string describe(store& source, std::int64_t next_offset);

} // namespace kollect::consumer::test

#endif

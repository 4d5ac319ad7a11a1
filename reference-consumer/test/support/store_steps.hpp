#ifndef KOLLECT_CONSUMER_TEST_STORE_STEPS_HPP
#define KOLLECT_CONSUMER_TEST_STORE_STEPS_HPP

#include "ingest/apply.hpp"
#include "rows/held_rows.hpp"
#include "store/transaction.hpp"
#include "support/assertions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace kollect::consumer::test {

// Steps of a transaction that ingest() takes together.

inline result<void> write_snapshot(transaction& in, scope_record record, const std::vector<change>& changes,
                                   const message_origin& origin, timestamp applied_at) {
  if (record.items_digest == sha256_digest{})
    record.items_digest = sha256("the items"); // as no items have
  auto writer =
      in.write_snapshot({record.id, record.order->instant, origin, applied_at, record.row_count == 0});
  if (!writer)
    return writer.error();
  if (auto written = write_changes(**writer, changes); !written)
    return written;
  return (*writer)->finish(record);
}

/// The parts of a set by index, which do not wait any more.
inline std::vector<pending_part> take_parts(transaction& in, std::int64_t scope_id, const part_set& set) {
  auto waiting = in.waiting(scope_id, set).value();
  std::sort(waiting.parts.begin(), waiting.parts.end());
  std::vector<pending_part> out;
  std::int64_t bytes = 0;
  for (const auto& part : waiting.parts) {
    out.push_back(in.read_part(scope_id, set, part.part_index).value());
    bytes += static_cast<std::int64_t>(out.back().message.size());
  }
  EXPECT_EQ(bytes, waiting.bytes);
  EXPECT_TRUE(succeeds(in.drop_parts(scope_id, set)));
  return out;
}

/// The parts of the set that is to be given up; none where there is no such set.
inline std::vector<pending_part> take_torn_set(transaction& in, const retention& bounds, timestamp now) {
  const auto found = in.find_torn_set(bounds, now).value();
  return found ? take_parts(in, found->scope_id, found->set) : std::vector<pending_part>();
}

inline held_rows hold_rows(const row_map& rows) {
  held_rows_builder out;
  for (const auto& [identity, raw] : rows)
    EXPECT_TRUE(succeeds(out.add_stored(identity, raw)));
  return out.take();
}

} // namespace kollect::consumer::test

#endif

#include "support/crash_batches.hpp"

#include "command/outcome_json.hpp"
#include "feed/feed_format.hpp"
#include "support/assertions.hpp"
#include "support/store_steps.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace kollect::consumer::test {

std::vector<std::vector<outgoing_message>> make_crash_batches() {
  const scope other{"prod-east", "team-b", ""};
  const auto first = make_array(make_rows(6), noon());
  const auto parts = make_export(make_rows(12, 4), noon(20), 2000, 2, {}, other);
  EXPECT_EQ(parts.size(), 2U);
  auto poison = first;
  poison.value.resize(poison.value.size() / 2);
  return {{first, parts[0], poison},
          {make_array({make_row("row-0"), make_row("row-1", 2), make_row("new")}, noon(10)), first},
          {parts[1], make_array(make_rows(2), noon(5)), poison},
          {make_array({}, noon(30)), make_array(make_rows(3), noon(31), other)}};
}

std::vector<std::vector<received_message>>
deliver_from(const std::vector<std::vector<outgoing_message>>& batches, std::int64_t next_offset) {
  std::vector<std::vector<received_message>> out;
  std::int64_t offset = 0;
  for (const auto& batch : batches) {
    auto delivered = deliver_all(batch, offset);
    offset += static_cast<std::int64_t>(batch.size());
    if (offset > next_offset)
      out.push_back(std::move(delivered));
  }
  return out;
}

std::string describe(store& source, std::int64_t next_offset) {
  const auto counts = source.counts();
  if (!counts) {
    ADD_FAILURE() << counts.error();
    return {};
  }
  EXPECT_TRUE(counts->is_conserved()) << *counts;
  std::string out = counts_json(*counts) + " at " + std::to_string(next_offset) + "\n" + state_text(source);
  EXPECT_EQ(folded_feed(source), state_text(source));
  for (const auto& entry : source.changes_after(0, std::numeric_limits<std::int64_t>::max()).value())
    out += feed_json(entry, "store") + "\n";
  for (const auto& stored : source.dead_letters(0, 1'000).value())
    out +=
        std::to_string(stored.letter.origin.offset) + " " + stored.letter.reason + " " + stored.value + "\n";
  const auto in = source.begin();
  if (!in) {
    ADD_FAILURE() << in.error();
    return out;
  }
  for (;;) {
    const auto torn = take_torn_set(**in, {.pending_bytes = -1}, noon());
    if (torn.empty())
      return out;
    for (const auto& part : torn)
      out += "part " + std::to_string(part.part.part_index) + " " + part.message + "\n";
  }
}

} // namespace kollect::consumer::test

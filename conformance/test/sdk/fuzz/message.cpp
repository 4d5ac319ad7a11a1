// A message as a consumer gets it: header, payload, rows.

#include "require.hpp"

#include <kollect/kollect.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using kollect::fuzz::require;

void read_rows(const kollect::message_head& head, const kollect::snapshot_view& snapshot) {
  std::size_t count = 0;
  for (const auto& row : snapshot.rows()) {
    ++count;
    require(!row.raw.empty() && row.raw.front() == '{' && row.raw.back() == '}', "a row is an object");
    const auto owning = to_item(row);
    require(owning.has_value(), "a checked row can be read");
    require(owning->identity() == row.identity(), "an owning row is the same row");
    require(kollect::parse_value(row.raw, {.max_depth = kollect::max_depth_ceiling}).has_value(),
            "a row is JSON");
  }
  require(count == snapshot.item_count, "as many rows as were counted");
  kollect::row_map rows;
  require(collect_rows(snapshot, rows) + rows.size() == count, "a row is kept or overwritten");
  require(items_digest_of(head, snapshot) == kollect::sha256(snapshot.items), "the items' digest is theirs");
  require(order_of(head, snapshot).generation == snapshot.generation, "the order has the generation");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto head = kollect::read_head(text, "c:n/inventory");
  if (!head) {
    require(text.empty() || (head.error().position && head.error().position->offset <= size),
            "a failure has its place");
    return 0;
  }
  require(head->key == kollect::read_head(text)->key, "a redelivery has the same dedup key");
  require(!to_string(head->key).empty(), "a dedup key has a text");
  const auto snapshot = parse_snapshot(head->envelope);
  if (snapshot) {
    require(kollect::parse_value(text).has_value(), "what is read in full is JSON");
    read_rows(*head, *snapshot);
  } else {
    require(snapshot.error().position && snapshot.error().position->offset <= size,
            "a failure has its place");
  }
  return 0;
}

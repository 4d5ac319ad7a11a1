#include "test/support/message_fold.hpp"

#include <chrono>
#include <sstream>

namespace kollect::test {

std::optional<error> message_fold::add(std::string_view value, std::optional<std::string_view> key) {
  const auto head = read_head(value, key);
  if (!head)
    return head.error().reason();
  const auto snapshot = parse_snapshot(head->envelope);
  if (!snapshot)
    return snapshot.error().reason();
  const auto order = order_of(*head, *snapshot);
  const auto now = from_system_clock(std::chrono::system_clock::now());
  if (order.instant > now + limits{}.max_future)
    return error::future_timestamp;
  ++forms_[snapshot->form];
  if (snapshot->form == payload_form::multipart) {
    add_part(*head, *snapshot);
    return {};
  }
  row_map rows;
  collect_rows(*snapshot, rows);
  state_.apply(head->scope, order, std::move(rows));
  return {};
}

void message_fold::add_part(const message_head& head, const snapshot_view& snapshot) {
  const auto set = part_set_of(head, snapshot);
  const auto answer = parts_.add(set, snapshot.part_index, head.envelope.payload);
  if (answer.outcome != part_outcome::complete)
    return;
  row_map rows;
  for (const auto& payload : answer.payloads) {
    envelope_view part;
    part.message = part.payload = payload;
    collect_rows(parse_snapshot(part).value(), rows);
  }
  state_.apply(head.scope, {set.exported_at, set.generation, {}}, std::move(rows));
}

std::string message_fold::state() const {
  std::ostringstream out;
  write_state(out, state_);
  return out.str();
}

} // namespace kollect::test

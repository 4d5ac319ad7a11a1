// Reads messages, one a line, and prints which rows each new snapshot adds, changes and removes.
#include <kollect/kollect.hpp>
#include <kollect/views.hpp>
#include <range/v3/view/getlines.hpp>

#include <iostream>

int main() {
  std::map<kollect::scope, std::pair<kollect::snapshot_order, kollect::row_map>> state;
  kollect::dedup_window seen;
  for (const auto& head : ranges::getlines(std::cin) | kollect::views::parse | kollect::views::dedup(seen)) {
    const auto snapshot = head ? kollect::parse_snapshot(head->envelope) : head.error();
    if (!snapshot || snapshot->form == kollect::payload_form::multipart) {
      std::cerr << (snapshot ? "a part: see kollect/assembler.hpp" : to_string(snapshot.error())) << '\n';
      continue;
    }
    auto& [held, rows] = state[head->scope];
    if (const auto order = order_of(*head, *snapshot); std::exchange(held, std::max(held, order)) >= order)
      continue;
    const auto before = std::exchange(rows, {});
    collect_rows(*snapshot, rows);
    for (const auto& change : diff(before, rows).value())
      std::cout << change.kind << ' ' << change.identity << '\n';
  }
}

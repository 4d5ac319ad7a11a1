#include "postgresql_row_totals.hpp"

namespace kollect::consumer::postgresql {

result<std::map<std::int64_t, scope_totals>> read_row_totals(connection& target) {
  std::map<std::int64_t, scope_totals> scopes;
  auto read = target.visit("SELECT scope_id, item FROM items", {}, [&](const row& found) {
    auto& totals = scopes[found.integer(0)];
    ++totals.rows;
    totals.bytes += static_cast<std::int64_t>(found.bytes(1).size());
    totals.checksum ^= checksum_of(found.bytes(1));
  });
  if (!read)
    return read.error();
  return scopes;
}

result<std::int64_t> count_damaged_scopes(connection& target) {
  auto actual = read_row_totals(target);
  if (!actual)
    return actual.error();
  std::int64_t damaged = 0;
  auto read = target.visit("SELECT scope_id, row_count, row_bytes, rows_checksum FROM scopes", {},
                           [&](const row& found) {
                             const scope_totals noted{found.integer(1), found.integer(2), found.integer(3)};
                             damaged += noted == (*actual)[found.integer(0)] ? 0 : 1;
                           });
  if (!read)
    return read.error();
  return damaged;
}

} // namespace kollect::consumer::postgresql

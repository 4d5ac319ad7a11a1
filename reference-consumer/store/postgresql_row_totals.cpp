#include "postgresql_row_totals.hpp"

namespace kollect::consumer::postgresql {

void add_row(scope_totals& totals, const row& found) {
  ++totals.rows;
  totals.bytes += static_cast<std::int64_t>(found.bytes(5).size());
  totals.checksum ^= checksum_of(
      {found.bytes(0), found.bytes(1), found.bytes(2), found.bytes(3), found.bytes(4), found.bytes(5)});
}

result<std::map<std::int64_t, scope_totals>> read_row_totals(connection& target) {
  std::map<std::int64_t, scope_totals> scopes;
  auto read =
      target.visit("SELECT target_namespace, target_name, namespace, name, uid, item, scope_id FROM items",
                   {}, [&](const row& found) { add_row(scopes[found.integer(6)], found); });
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

#ifndef KOLLECT_CONSUMER_POSTGRESQL_ROW_TOTALS_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_ROW_TOTALS_HPP

#include "postgresql_connection.hpp"
#include "stored_values.hpp"

#include <cstdint>
#include <map>

namespace kollect::consumer::postgresql {

/// Adds a row: target_namespace, target_name, namespace, name, uid, item.
void add_row(scope_totals& totals, const row& found);

/// What the rows that are there come to, by scope. Reads all of them.
result<std::map<std::int64_t, scope_totals>> read_row_totals(connection& target);

/// How many scopes have other rows than those that were written. Reads all of them.
result<std::int64_t> count_damaged_scopes(connection& target);

} // namespace kollect::consumer::postgresql

#endif

#include "index_building.hpp"

#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer {
namespace {

/// All that is there, one more than are wanted at most.
result<std::vector<stored_row>> read_rows(store_reader& source, const unbuilt_rows& where,
                                          std::int64_t rows) {
  row_query range;
  range.scope_ids = {where.scope_id};
  range.after = row_place{identity_at(where.from), 0};
  if (!where.until.empty())
    range.until = identity_at(where.until);
  range.limit = rows + 1;
  range.rows_in_scopes = range.limit;
  return source.rows_in_order(range);
}

/// Any row may be there, or none.
row_block make_block(const unbuilt_rows& where, char byte) {
  return {where.from, where.until, 0, std::string(block_filter::bytes, byte)};
}

} // namespace

result<std::int64_t> build_blocks(store_reader& source, block_table& table, const term_maker& terms,
                                  const unbuilt_rows& where, std::int64_t rows) {
  auto read = read_rows(source, where, rows);
  if (!read)
    return read.error();
  const auto key_of = [&](const stored_row& row) { return order_key(row.identity, table.longest_name()); };
  const bool is_all = std::ssize(*read) <= rows;
  const auto rest = is_all ? std::string() : cut_key(key_of(read->back())); // begins what is left
  block_builder builder(where.from);
  std::int64_t built = 0;
  for (const auto& row : *read)
    if (const auto key = key_of(row); is_all || key < rest) {
      (void)builder.add(key, terms.terms_of(row.item)); // they come by order
      ++built;
    }
  auto blocks = builder.finish(is_all ? where.until : rest);
  if (built == 0) // nothing is there, or names that begin alike, and are too long to be told apart
    blocks = {make_block(where, is_all ? '\0' : '\xFF')};
  else if (!is_all)
    blocks.push_back({rest, where.until});
  if (auto removed = table.remove(where.scope_id, where.from); !removed)
    return removed.error();
  if (auto inserted = table.insert(where.scope_id, blocks); !inserted)
    return inserted.error();
  return built;
}

} // namespace kollect::consumer

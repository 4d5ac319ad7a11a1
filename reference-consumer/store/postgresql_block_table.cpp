#include "postgresql_block_table.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace kollect::consumer::postgresql {
namespace {

/// Bits that a statement looks at: of what must be there, and of each of some sets of which one must be.
constexpr std::size_t most_bits = 12, most_sets = 8, bits_of_set = 4;
constexpr std::size_t first_bit = 5; ///< its parameter

/// A bit below 0 is none that is asked for.
std::string bit_condition(std::size_t parameter) {
  const auto bit = "$" + std::to_string(parameter);
  return "(" + bit + " < 0 OR get_bit(filter, " + bit + "::int) = 1)";
}

std::string bit_conditions(std::size_t first, std::size_t count) {
  std::string out;
  for (std::size_t index = 0; index < count; ++index)
    out += (index == 0 ? "" : " AND ") + bit_condition(first + index);
  return out;
}

std::string make_search() {
  std::string sets;
  for (std::size_t index = 0; index < most_sets; ++index)
    sets.append(index == 0 ? "(" : " OR (")
        .append(bit_conditions(first_bit + most_bits + index * bits_of_set, bits_of_set))
        .append(")");
  return "SELECT scope_id, from_key, until_key, row_count FROM row_blocks WHERE (until_key = '' OR until_key "
         "> "
         "$1) AND ($2 = 0 OR scope_id = ANY ($3)) AND (is_built = 0 OR (" +
         bit_conditions(first_bit, most_bits) + " AND (" + sets +
         "))) UNION ALL SELECT scope_id, '', '', row_count FROM scopes s WHERE row_count > 0 AND (SELECT "
         "is_complete FROM row_index) = $4 AND ($2 = 0 OR scope_id = ANY ($3)) AND NOT EXISTS (SELECT FROM "
         "row_blocks b WHERE b.scope_id = s.scope_id)";
}

/// One of each term's bits in turn, up to so many; -1 for each that is left.
void add_bits(std::vector<std::int64_t>& to, const term_set& terms, std::size_t count) {
  for (std::size_t place = 0, index = 0; index < count; ++index) {
    const bool is_any = !terms.empty() && place < block_filter::bits_of_term;
    to.push_back(is_any ? block_filter::places_of(terms[index % terms.size()])[place] : -1);
    if (is_any && index % terms.size() + 1 == terms.size())
      ++place;
  }
}

/// The bits that a search asks for; nothing where there is nothing that it can ask for.
std::optional<std::vector<std::int64_t>> bits_asked_for(const needed_terms& needed) {
  term_set all;
  const term_choice* any = nullptr;
  for (const auto& choice : needed) {
    if (choice.size() == 1)
      all.insert(all.end(), choice.front().begin(), choice.front().end());
    else if (choice.size() <= most_sets && (any == nullptr || choice.size() < any->size()))
      any = &choice;
  }
  if (all.empty() && any == nullptr)
    return {};
  std::vector<std::int64_t> out;
  add_bits(out, all, most_bits);
  // Those that are left are like the last: a set of its own would fit everything.
  for (std::size_t index = 0; index < most_sets; ++index)
    add_bits(out, any == nullptr ? term_set{} : (*any)[std::min(index, any->size() - 1)], bits_of_set);
  return out;
}

} // namespace

result<void> postgresql_block_table::insert(std::int64_t scope_id, std::span<const row_block> blocks) {
  std::vector<std::int64_t> rows, rooms, built;
  std::vector<std::string_view> from, until, filters;
  for (const auto& one : blocks) {
    rows.push_back(one.rows);
    rooms.push_back(room_of(one));
    built.push_back(one.filter.empty() ? 0 : 1);
    from.push_back(one.from);
    until.push_back(one.until);
    filters.push_back(one.filter);
  }
  return connection_.post("INSERT INTO row_blocks (scope_id, row_count, room, is_built, from_key, until_key, "
                          "filter) SELECT $1, * "
                          "FROM unnest($2, $3, $4, $5, $6, $7)",
                          parameters()
                              .integer(scope_id)
                              .integers(rows)
                              .integers(rooms)
                              .integers(built)
                              .many_bytes(from)
                              .many_bytes(until)
                              .many_bits(filters));
}

result<void> postgresql_block_table::remove(std::int64_t scope_id, const std::string& from) {
  return connection_.post("DELETE FROM row_blocks WHERE scope_id = $1 AND from_key = $2",
                          parameters().integer(scope_id).own_bytes(from));
}

result<void> postgresql_block_table::remove_all(std::int64_t scope_id) {
  return connection_.post("DELETE FROM row_blocks WHERE scope_id = $1", parameters().integer(scope_id));
}

result<void> postgresql_block_table::add(std::int64_t scope_id, std::span<const indexed_row> rows) {
  std::vector<std::string_view> keys, terms;
  for (const auto& one : rows) {
    keys.push_back(one.key);
    terms.push_back(one.terms.view());
  }
  return connection_.post(
      "UPDATE row_blocks b SET filter = filter | bits, room = room - added, is_built = CASE WHEN room < "
      "added "
      "THEN 0 ELSE is_built END FROM (SELECT block_id, bit_or(one.bits) AS bits, count(*) AS added FROM "
      "unnest($2, $3) AS one (key, bits) CROSS JOIN LATERAL (SELECT block_id FROM row_blocks WHERE scope_id "
      "= "
      "$1 AND from_key <= key ORDER BY from_key DESC LIMIT 1) AS held GROUP BY block_id) AS more WHERE "
      "b.block_id = more.block_id AND is_built = 1",
      parameters().integer(scope_id).many_bytes(keys).many_bits(terms));
}

result<std::optional<unbuilt_rows>> postgresql_block_table::find_unbuilt() {
  auto found = connection_.run("SELECT scope_id, from_key, until_key FROM row_blocks b JOIN scopes s USING "
                               "(scope_id) WHERE is_built = 0 LIMIT 1 FOR UPDATE OF s SKIP LOCKED");
  if (found && found->size() == 0)
    found = connection_.run("SELECT scope_id, ''::bytea, ''::bytea FROM scopes s WHERE row_count > 0 AND NOT "
                            "EXISTS (SELECT FROM row_blocks b WHERE b.scope_id = s.scope_id) LIMIT 1 FOR "
                            "UPDATE OF s SKIP LOCKED");
  if (!found)
    return found.error();
  if (found->size() == 0)
    return std::optional<unbuilt_rows>{};
  const auto row = (*found)[0];
  return std::optional(unbuilt_rows{row.integer(0), row.text(1), row.text(2)});
}

result<index_writing> postgresql_block_table::lock_paths() {
  auto found = connection_.run("SELECT paths FROM row_index FOR SHARE");
  if (!found)
    return found.error();
  if (auto paths = (*found)[0].text(0); paths != paths_) {
    auto read = parse_index_paths(paths);
    if (!read)
      return read.error();
    terms_.reset();
    if (!read->empty())
      terms_.emplace(*read);
    paths_ = std::move(paths);
  }
  return index_writing{this, terms_ ? &*terms_ : nullptr};
}

result<std::string> read_index_paths(connection& target) {
  auto found = target.run("SELECT paths FROM row_index");
  return found ? result<std::string>((*found)[0].text(0)) : found.error();
}

result<std::optional<std::vector<row_stretch>>>
find_stretches(connection& target, const needed_terms& needed,
               const std::optional<std::vector<std::int64_t>>& scope_ids, const std::string& from) {
  static const std::string search = make_search();
  const auto bits = bits_asked_for(needed);
  if (!bits)
    return std::optional<std::vector<row_stretch>>{};
  parameters values;
  values.bytes(from)
      .integer(scope_ids ? 1 : 0)
      .integers(scope_ids.value_or(std::vector<std::int64_t>{}))
      .integer(0);
  for (const auto bit : *bits)
    values.integer(bit);
  auto found = target.run(search.c_str(), values);
  if (!found)
    return found.error();
  std::vector<row_stretch> out;
  for (int index = 0; index < found->size(); ++index) {
    const auto row = (*found)[index];
    out.push_back({row.integer(0), row.text(1), row.text(2), row.integer(3)});
  }
  return std::optional(std::move(out));
}

} // namespace kollect::consumer::postgresql

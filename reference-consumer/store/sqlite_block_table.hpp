#ifndef KOLLECT_CONSUMER_SQLITE_BLOCK_TABLE_HPP
#define KOLLECT_CONSUMER_SQLITE_BLOCK_TABLE_HPP

#include "row_blocks.hpp"
#include "sqlite_database.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer::sqlite {

/// Names are compared as a whole.
inline constexpr std::size_t longest_name = std::string::npos;

/// The blocks of an SQLite store.
class sqlite_block_table final : public block_table {
public:
  explicit sqlite_block_table(database& target) : database_(target) {}

  std::size_t longest_name() const override { return sqlite::longest_name; }
  result<void> insert(std::int64_t scope_id, std::span<const row_block> blocks) override;
  result<void> remove(std::int64_t scope_id, const std::string& from) override;
  result<void> remove_all(std::int64_t scope_id) override;
  result<void> add(std::int64_t scope_id, std::span<const indexed_row> rows) override;

  /// Nothing where the index has all rows.
  result<std::optional<unbuilt_rows>> find_unbuilt();

private:
  struct held_block {
    std::int64_t block_id = 0;
    std::string from, until;
    std::int64_t room = 0;
    block_filter filter;
    bool is_built = false;
    bool has(const std::string& key) const { return from <= key && (until.empty() || key < until); }
  };

  result<std::optional<held_block>> find(std::int64_t scope_id, const std::string& key);
  result<void> write(const held_block& block);

  database& database_;
};

/// The paths that the index of a store is kept of, as text.
result<std::string> read_index_paths(database& target);

/// Stretches of rows that may have what is needed, from a key on.
result<std::vector<row_stretch>> find_stretches(database& target, std::string_view needed,
                                                std::string_view from);

} // namespace kollect::consumer::sqlite

#endif

#ifndef KOLLECT_CONSUMER_POSTGRESQL_BLOCK_TABLE_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_BLOCK_TABLE_HPP

#include "postgresql_connection.hpp"
#include "row_blocks.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kollect::consumer::postgresql {

/// Names are ordered by their beginnings.
inline constexpr std::size_t longest_name = 300;

/// The blocks of a PostgreSQL store. Writes are posted. All processes keep the index of the paths that the
/// store says.
class postgresql_block_table final : public block_table {
public:
  explicit postgresql_block_table(connection& target) : connection_(target) {}

  std::size_t longest_name() const override { return postgresql::longest_name; }
  result<void> insert(std::int64_t scope_id, std::span<const row_block> blocks) override;
  result<void> remove(std::int64_t scope_id, const std::string& from) override;
  result<void> remove_all(std::int64_t scope_id) override;
  result<void> add(std::int64_t scope_id, std::span<const indexed_row> rows) override;

  /// Nothing where the index has all rows. Locks the scope; those that others have locked are left out.
  result<std::optional<unbuilt_rows>> find_unbuilt();

  /// How the index is to be kept up to the end of a transaction: nobody changes its paths meanwhile.
  result<index_writing> lock_paths();

private:
  connection& connection_;
  std::string paths_;
  std::optional<term_maker> terms_; ///< of these paths
};

/// The paths that the index of a store is kept of, as text.
result<std::string> read_index_paths(connection& target);

/// Stretches of rows that may have what is needed, from a key on; nothing where too much is asked for at
/// once.
result<std::optional<std::vector<row_stretch>>>
find_stretches(connection& target, const needed_terms& needed,
               const std::optional<std::vector<std::int64_t>>& scope_ids, const std::string& from);

} // namespace kollect::consumer::postgresql

#endif

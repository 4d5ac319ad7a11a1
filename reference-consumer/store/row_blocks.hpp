#ifndef KOLLECT_CONSUMER_ROW_BLOCKS_HPP
#define KOLLECT_CONSUMER_ROW_BLOCKS_HPP

#include "query/index_terms.hpp"
#include "records.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

// The index of a store: the rows of each scope, by order, in blocks, and for each block a filter that tells
// which terms its rows surely lack.

/// A Bloom filter: what was added is found, and of what was not nearly all is told apart.
class block_filter {
public:
  static constexpr std::size_t bytes = 1024;
  static constexpr std::size_t bits = bytes * 8;
  static constexpr std::size_t bits_of_term = 6;
  using places = std::array<std::uint16_t, bits_of_term>;

  /// The bits of a term, counted from the first byte's highest.
  static places places_of(index_term term) noexcept;

  void add(index_term term) noexcept;
  void add(const std::vector<index_term>& terms) noexcept;
  /// Adds all that a filter, as bytes, has.
  void add_all(std::string_view other) noexcept;
  std::size_t count() const noexcept; ///< bits that are set
  std::string_view view() const noexcept { return {reinterpret_cast<const char*>(set_.data()), bytes}; }

private:
  std::array<std::uint8_t, bytes> set_{};
};

/// Terms that are needed, as bits: may_have() reads it.
std::string bits_needed(const needed_terms& needed);
/// Whether rows with all that is needed may be in a block. Takes time in proportion to `needed`.
bool may_have(std::string_view filter, std::string_view needed) noexcept;

/// Texts as bytes: may_have_texts() reads them, as may_fit() does.
std::string list_of_texts(const std::vector<std::string>& texts);
bool may_have_texts(std::string_view item, std::string_view list) noexcept;

/// A text for an identity, whose bytewise order is that of identities. Names are cut after so many bytes.
std::string order_key(const row_identity& row, std::size_t longest_name);
/// The first identity whose key is not before this one, which may have been cut.
row_identity identity_at(std::string_view key);
/// A key as blocks begin with it: cut, as an index has bounds.
std::string cut_key(std::string key);

/// Rows of one scope that follow each other, and what is known of them.
struct row_block {
  std::string from;    ///< key of the first
  std::string until{}; ///< key of the first behind them; empty: there is none
  std::int64_t rows = 0;
  std::string filter{}; ///< empty: nothing is known yet, any row may be here
};

/// How many rows may be added to a block before it is rebuilt: as many as it has, and some more.
std::int64_t room_of(const row_block& block);

/// Puts rows that come by order into blocks.
class block_builder {
public:
  static constexpr std::int64_t most_rows = 128;
  static constexpr std::size_t most_bits = block_filter::bits * 3 / 10; ///< beyond it a filter tells little

  /// The first block begins at `from`, whatever its first row.
  explicit block_builder(std::string from) : open_{std::move(from)} {}

  /// False where the row does not come behind those before: nothing can be built.
  bool add(const std::string& key, const std::vector<index_term>& terms);

  /// Blocks that are complete, and are forgotten here.
  std::vector<row_block> take();
  /// The last ones; `until` ends them.
  std::vector<row_block> finish(std::string until);

private:
  void close(std::string until);

  row_block open_;
  block_filter filter_;
  std::string last_key_;
  std::vector<row_block> done_;
};

/// A row of a scope that is in the store already or comes to it, and its terms as bits.
struct indexed_row {
  std::string key;
  block_filter terms;
};

/// Rows of a scope of which nothing is known.
struct unbuilt_rows {
  std::int64_t scope_id = 0;
  std::string from;
  std::string until; ///< empty: to the end
};

/// Where blocks are kept.
class block_table {
public:
  virtual ~block_table() = default;

  virtual std::size_t longest_name() const = 0; ///< by which rows are ordered
  virtual result<void> insert(std::int64_t scope_id, std::span<const row_block> blocks) = 0;
  /// Removes the block that begins there.
  virtual result<void> remove(std::int64_t scope_id, const std::string& from) = 0;
  virtual result<void> remove_all(std::int64_t scope_id) = 0;
  /// Adds rows, and terms that rows have now, to the blocks where they belong. A block that is too full
  /// afterwards is forgotten, to be built anew.
  virtual result<void> add(std::int64_t scope_id, std::span<const indexed_row> rows) = 0;
};

/// Nothing is known any more of a scope's rows: they are brought into the index later, from the store.
result<void> forget_blocks(block_table& table, std::int64_t scope_id);

/// Keeps the blocks of a scope with the rows that a snapshot writes.
class block_writer {
public:
  /// `is_first`: the scope has no rows yet. Table and terms must outlive this.
  block_writer(block_table& table, const term_maker& terms, std::int64_t scope_id, bool is_first)
      : table_(table), terms_(terms), scope_id_(scope_id), is_first_(is_first) {}

  result<void> add(std::span<const row_change> changes);
  result<void> finish();

private:
  result<void> build(std::span<const row_change> changes);
  result<void> extend(std::span<const row_change> changes);

  block_table& table_;
  const term_maker& terms_;
  std::int64_t scope_id_;
  bool is_first_;
  bool is_given_up_ = false;
  std::optional<block_builder> builder_;
};

/// How the index is kept while rows are written; without terms there is none. Both outlive a transaction.
struct index_writing {
  block_table* table = nullptr;
  const term_maker* terms = nullptr;
};

/// Rows of one scope that may fit, by order: from (inclusive) to until (exclusive).
struct row_stretch {
  std::int64_t scope_id = 0;
  std::string from;
  std::string until; ///< empty: to the end
  std::int64_t rows = 0;
};

/// Those of these scopes; all of them where there is no list.
std::vector<row_stretch> of_scopes(std::vector<row_stretch> all,
                                   const std::optional<std::vector<std::int64_t>>& scope_ids);

/// The same for several scopes, where stretches overlap or touch, by order; cut where they have many rows, as
/// the first stretch of a scope begins before all rows and the last one ends behind all.
std::vector<row_interval> join_stretches(std::vector<row_stretch> stretches);

} // namespace kollect::consumer

#endif

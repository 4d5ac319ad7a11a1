#ifndef KOLLECT_CONSUMER_STORE_READER_HPP
#define KOLLECT_CONSUMER_STORE_READER_HPP

#include "feed_reader.hpp"
#include "query/index_paths.hpp"
#include "query/item_filter.hpp"
#include "records.hpp"
#include "scope_list.hpp"

#include <kollect/error.hpp>
#include <kollect/outcome.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// What is in a store, for those who only look. Not thread-safe.
class store_reader : public feed_reader {
public:
  // Visits go by scope and row identity, by cursor, by id.

  using visit_row = std::function<void(const scope&, std::string_view item)>;
  virtual result<void> for_each_row(const visit_row& visit) = 0;
  /// Rows by identity, then scope: a page of them. Names are compared bytewise (ORD-01); on PostgreSQL those
  /// of more than 300 bytes by their first 300, and only then as a whole. Costs the page, or where few of the
  /// store's rows are in the scopes, those.
  virtual result<std::vector<stored_row>> rows_in_order(const row_query& range) = 0;
  /// Where rows may be that a filter holds for, by order: of these scopes, or all, and from an identity on.
  /// Nothing where the index does not know. The filter decides: rows that do not fit may be there too.
  virtual result<std::optional<std::vector<row_interval>>>
  find_intervals(const item_filter&, const std::optional<std::vector<std::int64_t>>&, const row_identity&) {
    return std::optional<std::vector<row_interval>>{};
  }
  /// What the index is kept of.
  virtual result<index_paths> indexed() { return index_paths{}; }
  /// Rows that several scopes hold. Costs a look at every row's identity.
  virtual result<shared_row_counts> shared_rows() = 0;
  /// All that `work` reads is of one moment. Not to be nested.
  virtual result<void> read_at_once(const std::function<result<void>()>& work) = 0;
  /// 32 random bytes of this store: what it signs for its readers can be told from what others made.
  virtual result<std::string> signing_key() = 0;
  virtual result<std::vector<stored_dead_letter>> dead_letters(std::int64_t after_id, std::int64_t limit) = 0;
  /// The newest first, without value, key and headers; `before_id` 0: from the newest on.
  virtual result<std::vector<stored_dead_letter>> newest_dead_letters(std::int64_t before_id,
                                                                      std::int64_t limit) = 0;
  /// One with at most so many bytes of its value, without key and headers; nothing where there is none.
  virtual result<std::optional<stored_dead_letter>> dead_letter_of(std::int64_t id,
                                                                   std::int64_t most_bytes) = 0;
  /// The ids of dead letters of one reason that still have their bytes.
  virtual result<std::vector<std::int64_t>> dead_letter_ids(std::string_view reason, std::int64_t after_id,
                                                            std::int64_t limit) = 0;
  virtual result<std::vector<scope_summary>> scopes() = 0; ///< by cluster, namespace and inventory
  /// The same, as it was made for an earlier answer where nothing was committed since.
  virtual result<std::shared_ptr<const scope_list>> shared_scopes() {
    auto read = scopes();
    if (!read)
      return read.error();
    return std::make_shared<const scope_list>(std::move(*read));
  }
  /// Those of forgotten clusters, which scopes() leaves out: they have no rows, and a past.
  virtual result<std::vector<scope_summary>> forgotten_scopes() = 0;
  virtual result<outcome_counts> counts() = 0;
  virtual result<std::vector<stored_position>> positions() = 0; ///< by log and partition

  /// What contradicts itself in the store, one sentence each; none where all is well.
  virtual result<std::vector<std::string>> contradictions() = 0;
};

} // namespace kollect::consumer

#endif

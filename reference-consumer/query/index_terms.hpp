#ifndef KOLLECT_CONSUMER_QUERY_INDEX_TERMS_HPP
#define KOLLECT_CONSUMER_QUERY_INDEX_TERMS_HPP

#include "query/index_paths.hpp"
#include "query/item_filter.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// What an index knows of a row: the hash of a path and a value. Two may have one hash: an index proposes
/// rows, and the matcher decides.
using index_term = std::uint64_t;

/// Makes terms of rows. What a row is indexed under is found in one pass over it.
class term_maker {
public:
  explicit term_maker(const index_paths& paths);
  ~term_maker();

  /// In no order, some of them twice. Linear in the row; long values of paths cost their first bytes.
  std::vector<index_term> terms_of(std::string_view item) const;

  const index_paths& paths() const { return paths_; }

private:
  class tree;
  index_paths paths_;
  std::unique_ptr<const tree> tree_;
};

/// Terms that a row must have all of.
using term_set = std::vector<index_term>;
/// Sets of which a row must have one.
using term_choice = std::vector<term_set>;
/// What a row must have for a filter to hold. Empty: the index knows nothing of it.
using needed_terms = std::vector<term_choice>;

/// No row that lacks them fits the filter; rows that have them may not fit either.
needed_terms terms_needed(const item_filter& filter, const index_paths& paths);

/// Texts that a row has as they are where the filter holds for it, unless it spells letters by escapes. It
/// need not be read to see that it has none.
std::vector<std::string> texts_needed(const item_filter& filter);

/// False for rows that lack one of the texts. Takes less than reading the row.
bool may_fit(std::string_view item, const std::vector<std::string>& texts);

/// The first path of attributes that a filter asks for and an index is not kept of, as it was given; empty
/// where there is none.
std::string_view unindexed_path(const item_filter& filter, const index_paths& paths);

} // namespace kollect::consumer

#endif

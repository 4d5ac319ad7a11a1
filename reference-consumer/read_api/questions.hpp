#ifndef KOLLECT_CONSUMER_READ_API_QUESTIONS_HPP
#define KOLLECT_CONSUMER_READ_API_QUESTIONS_HPP

#include "query/item_column.hpp"
#include "query/item_filter.hpp"
#include "read_api/answer.hpp"
#include "read_api/parameters.hpp"
#include "read_api/past_rows.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

// What questions about items say. An empty value of a filter means the empty text here: the objects that come
// without a cluster's name are `cluster=`.

struct sort_column {
  item_column column;
  bool is_descending = false;

  friend bool operator==(const sort_column&, const sort_column&) = default;
};

/// Reads columns with commas between, `-` before one that falls.
result<std::vector<sort_column>> read_sort_columns(std::string_view text);

/// /v1alpha1/items
struct item_question {
  item_filter filter;
  std::optional<moment> as_of{};
  std::int64_t limit = 500;
  std::string cursor{};              ///< as it was given; empty: from the beginning
  std::vector<sort_column> sort{};   ///< empty: by names
  std::vector<item_column> fields{}; ///< empty: whole items
  bool with_total = false;           ///< which may cost a look at all items
  bool with_stale = false;           ///< of each item, whether its cluster is stale
};

answer_of<item_question> read_item_question(std::string_view query, const filter_limits& bounds);

/// /v1alpha1/items/{cluster}/{uid}: asOf, fields and stale
answer_of<item_question> read_one_item_question(std::string_view query, const std::string& cluster,
                                                const std::string& uid);

/// /v1alpha1/facets
struct facet_question {
  item_filter filter;
  std::optional<moment> as_of{};
  std::vector<item_column> by{};
  std::int64_t limit = 100; ///< of values, those that are most frequent
};

answer_of<facet_question> read_facet_question(std::string_view query, const filter_limits& bounds);

/// A place in the history: a time, or after a change.
struct history_place {
  std::optional<timestamp> when{};
  std::string cursor{}; ///< as it was given; empty: by time, or not given at all

  bool is_given() const { return when || !cursor.empty(); }
  friend bool operator==(const history_place&, const history_place&) = default;
};

/// /v1alpha1/changes with an end, and /v1alpha1/diff
struct span_question {
  item_filter filter;
  history_place from{};
  history_place to{};
  std::int64_t limit = 500;
  std::string cursor{}; ///< of a page of a diff
  moment_of by = moment_of::commit;
};

/// Whether a question about changes has an end, and is no stream.
bool is_of_a_span(std::string_view query);

answer_of<span_question> read_change_span(std::string_view query, const filter_limits& bounds);
/// The same without a filter.
answer_of<span_question> read_unfiltered_span(std::string_view query);
/// Has a time at `from`; `to` is now where it is not given.
answer_of<span_question> read_diff_question(std::string_view query, const filter_limits& bounds);

} // namespace kollect::consumer

#endif

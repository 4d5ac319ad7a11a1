#ifndef KOLLECT_CONSUMER_READ_API_FACETS_HPP
#define KOLLECT_CONSUMER_READ_API_FACETS_HPP

#include "read_api/format.hpp"
#include "read_api/questions.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// How often each value of a column is there.
struct facet {
  std::string by;
  std::vector<std::pair<std::string, std::int64_t>>
      values{};              ///< JSON, the most frequent first, then by value
  std::int64_t distinct = 0; ///< how many values there are in all
  std::int64_t missing = 0;  ///< items without any
};

struct facet_page {
  std::vector<facet> facets;
  std::int64_t items = 0; ///< that the filter holds for
  std::int64_t change_cursor = 0;
};

/// Counts items by the values of columns, all of one moment. An item counts once for each value that it has;
/// objects and arrays are no values. 400 where a column has more different values than `most_values`.
answer_of<facet_page> read_facets(store_reader& source, const facet_question& asked,
                                  const page_limits& limits, std::size_t most_values);

/// `{"by","values":[{"value","count"}],"distinct","missing"}`
void write_facet(json_writer& out, const facet& one);

/// `{"schemaVersion","items","facets":[{"by","values":[{"value","count"}],"distinct","missing"}],"rebuilding",
/// "changeCursor","asOf"?,"asOfBy"?}`.
std::string format_facets(const facet_page& page, const facet_question& asked, const store_signals& signals);

} // namespace kollect::consumer

#endif

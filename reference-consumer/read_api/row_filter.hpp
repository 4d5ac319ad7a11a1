#ifndef KOLLECT_CONSUMER_READ_API_ROW_FILTER_HPP
#define KOLLECT_CONSUMER_READ_API_ROW_FILTER_HPP

#include "store/store_reader.hpp"

#include <kollect/item.hpp>
#include <kollect/scope.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Which rows a reader wants. An empty field asks for nothing.
struct row_filter {
  // Of the scope.
  std::string cluster;
  std::string namespace_; ///< the inventory's
  std::string inventory;
  // Of the row.
  std::string target; ///< targetName
  std::string group;
  std::string version;
  std::string kind;
  std::string name;
  std::string search; ///< part of name, namespace, kind or targetName, whatever the case of ASCII letters

  friend bool operator==(const row_filter&, const row_filter&) = default;
};

/// Whether rows have to be looked at, or their scopes tell all.
bool looks_at_rows(const row_filter& filter);

bool holds(const row_filter& filter, const scope& which);
bool holds(const row_filter& filter, const item_view& row);

/// A row from its JSON, which the view points into; nothing where it is none.
std::optional<item_view> view_row(std::string_view item);

/// Whether the change of a row, or the news that a snapshot is complete, is for this reader. A row that
/// came to fit, or fits no more, is.
bool holds(const row_filter& filter, const feed_entry& entry);

/// The filter as one text: equal filters, equal texts.
std::string text_of(const row_filter& filter);

} // namespace kollect::consumer

#endif

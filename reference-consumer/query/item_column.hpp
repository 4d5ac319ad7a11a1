#ifndef KOLLECT_CONSUMER_QUERY_ITEM_COLUMN_HPP
#define KOLLECT_CONSUMER_QUERY_ITEM_COLUMN_HPP

#include "query/attribute_path.hpp"

#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

enum class column_kind {
  cluster,
  namespace_,
  inventory,
  target,
  group,
  version,
  kind,
  name,
  uid,
  item_namespace,
  exported_at,
  label,
  annotation,
  attribute
};

/// What a question shows of an item, sorts by or counts.
struct item_column {
  std::string text; ///< as it was asked for
  column_kind what = column_kind::name;
  std::string key{};     ///< of a label or annotation
  attribute_path path{}; ///< of an attribute

  friend bool operator==(const item_column&, const item_column&) = default;
};

/// Reads `kind`, `itemNamespace`, `label:app`, `annotation:NAME` or `attr.spec.replicas`; the names are those
/// of the filters. error::invalid_value tells which there are.
result<item_column> parse_column(std::string_view text);

/// Reads a list of them with commas between; a backslash takes the next letter for what it is.
result<std::vector<item_column>> parse_columns(std::string_view text);

/// An item and where it comes from.
struct item_place {
  const scope& from;
  const timestamp& exported_at;
  const item_view& row;
};

/// The values of a column as JSON: none, one, or as many as the path has. Texts are spelled again, so that
/// equal ones have equal JSON.
std::vector<std::string> values_of(const item_column& column, const item_place& item);

/// A text for a value in JSON, whose bytewise order is that of values: false, true, numbers, texts by their
/// first 256 bytes, and then what is no scalar. Nothing, an empty text, stays one.
std::string order_text(std::string_view value);

} // namespace kollect::consumer

#endif

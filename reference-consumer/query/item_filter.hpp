#ifndef KOLLECT_CONSUMER_QUERY_ITEM_FILTER_HPP
#define KOLLECT_CONSUMER_QUERY_ITEM_FILTER_HPP

#include "query/attribute_path.hpp"
#include "query/label_selector.hpp"
#include "query/text_pattern.hpp"

#include <kollect/item.hpp>
#include <kollect/scope.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// How an attribute is compared.
enum class comparison { less, at_most, greater, at_least };

struct attribute_bound {
  comparison how = comparison::less;
  std::string value;

  friend bool operator==(const attribute_bound&, const attribute_bound&) = default;
};

/// What is wanted of the values at one path. Bounds have to hold all, each for any value of the path.
struct attribute_condition {
  std::string path_text; ///< as it was given
  attribute_path path{};
  text_condition is{};
  std::vector<attribute_bound> bounds{};

  friend bool operator==(const attribute_condition&, const attribute_condition&) = default;
};

/// Which items a question is about: all conditions have to hold. Without any, all items.
struct item_filter {
  // Of the inventory that carries the item.
  text_condition cluster;
  text_condition namespace_;
  text_condition inventory;
  // Of the item.
  text_condition target; ///< targetName
  text_condition group;
  text_condition version;
  text_condition kind; ///< in lower case: kinds are compared in any case
  text_condition name;
  text_condition uid;
  text_condition item_namespace; ///< the object's own
  text_condition owner;          ///< `UID`, `NAME` or `kind/NAME`, the kind in lower case
  label_selector labels;
  label_selector annotations;
  std::vector<attribute_condition> attributes;
  std::vector<std::string> words; ///< in lower case; each in a name or the value of an attribute

  friend bool operator==(const item_filter&, const item_filter&) = default;
};

/// Whether rows have to be looked at, or their scopes tell all.
bool looks_at_rows(const item_filter& filter);

bool holds(const item_filter& filter, const scope& which);
/// Takes time in proportion to the row, for each condition.
bool holds(const item_filter& filter, const item_view& row);

/// A row from its JSON, which the view points into; nothing where it is none.
std::optional<item_view> view_row(std::string_view item);

/// The filter as one text: equal filters, equal texts.
std::string text_of(const item_filter& filter);

/// Adds the labels or annotations that an object in JSON holds; what is no scalar is none.
void add_labels(label_list& to, std::string_view object);

/// Adds `uid`, `kind/name` and `name` of an owner reference in JSON, the kind in lower case, empty where it
/// has none.
void add_owner(std::vector<std::string>& to, std::string_view reference);

/// Labels of a row: `labels` or `metadata.labels` of its attributes. So for `annotations`.
label_list labels_of(const item_view& row, std::string_view field = "labels");

} // namespace kollect::consumer

#endif

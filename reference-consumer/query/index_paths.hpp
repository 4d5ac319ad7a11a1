#ifndef KOLLECT_CONSUMER_QUERY_INDEX_PATHS_HPP
#define KOLLECT_CONSUMER_QUERY_INDEX_PATHS_HPP

#include "query/attribute_path.hpp"

#include <kollect/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// What a store keeps an index of: which questions need not look at every row.
struct index_paths {
  bool kind = false;
  bool name = false;
  bool item_namespace = false;
  bool uid = false;
  bool labels = false;
  bool owners = false;
  bool images = false;
  std::vector<std::string> attributes{}; ///< further paths, sorted, each once

  bool empty() const { return *this == index_paths{}; }
  friend bool operator==(const index_paths&, const index_paths&) = default;
};

/// What is indexed where nobody says otherwise.
inline constexpr std::string_view usual_index = "kind,name,namespace,uid,labels,owners,images";

/// Reads `kind,name,attr.spec.replicas`, or `none`. A backslash takes the next letter for what it is.
/// error::invalid_value tells which there are.
result<index_paths> parse_index_paths(std::string_view list);

/// The same paths as one text that parse_index_paths() reads: equal paths, equal texts.
std::string text_of(const index_paths& paths);

/// A path of attributes that is indexed.
struct indexed_attribute {
  std::string text; ///< tells its terms from those of other paths
  attribute_path path;
};

/// All paths of attributes that are indexed, where images are by custom among them.
std::vector<indexed_attribute> indexed_attributes(const index_paths& paths);

/// Whether each value at `asked` is also one at `indexed`: it has the same steps, or any.
bool is_covered(const attribute_path& asked, const attribute_path& indexed);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_QUERY_LABEL_SELECTOR_HPP
#define KOLLECT_CONSUMER_QUERY_LABEL_SELECTOR_HPP

#include <kollect/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer {

enum class label_operator { in, not_in, exists, absent, greater, less };

/// One requirement of a selector.
struct label_requirement {
  std::string key;
  label_operator how = label_operator::exists;
  std::vector<std::string> values{}; ///< of in and not_in
  std::int64_t bound = 0;            ///< of greater and less

  friend bool operator==(const label_requirement&, const label_requirement&) = default;
};

/// All of them have to hold.
using label_selector = std::vector<label_requirement>;

/// Reads Kubernetes' selector syntax: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>5`. An empty text selects
/// everything. error::invalid_value says what is expected, and at which position.
result<label_selector> parse_label_selector(std::string_view text);

/// Labels or annotations of an object.
using label_list = std::vector<std::pair<std::string, std::string>>;

/// As in Kubernetes, what lacks a label holds for `!=` and notin.
bool holds(const label_selector& selector, const label_list& labels);

} // namespace kollect::consumer

#endif

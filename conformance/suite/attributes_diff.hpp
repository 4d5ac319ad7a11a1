#ifndef KOLLECT_CONFORMANCE_ATTRIBUTES_DIFF_HPP
#define KOLLECT_CONFORMANCE_ATTRIBUTES_DIFF_HPP

#include "json_node.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// A place where attributes as sent differ from those asked for, and the clause that is about it: BYT-03 for
/// the text of a string, BYT-04 for that of a number, ROW-02 for everything else.
struct attribute_fault {
  std::string_view clause;
  json_node where;
  std::string what;
  std::string expected;
  std::string found;
};

/// Compares by meaning for strings and by spelling for numbers, which have one. Linear but for looking up
/// keys.
std::vector<attribute_fault> diff_attributes(const json_node& sent, const boost::json::value& asked);

} // namespace kollect::conformance

#endif

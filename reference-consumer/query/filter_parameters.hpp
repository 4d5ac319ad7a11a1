#ifndef KOLLECT_CONSUMER_QUERY_FILTER_PARAMETERS_HPP
#define KOLLECT_CONSUMER_QUERY_FILTER_PARAMETERS_HPP

#include "query/item_filter.hpp"

#include <kollect/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// One parameter of a question, such as `kind=Deployment`, `kind!=Pod` or `attr.spec.replicas>3`.
struct parameter {
  std::string name; ///< what stands before the first `=`
  std::string value{};
  bool has_value = true; ///< whether there is a `=`

  friend bool operator==(const parameter&, const parameter&) = default;
};

/// What an empty value means: nothing is asked for, as upstream's API has it, or the empty text, such as the
/// core group, or objects that come without the name of a cluster.
enum class empty_value { is_absent, is_empty };

struct filter_limits {
  std::size_t terms = 500; ///< values, words, requirements of selectors and steps of paths together
};

/// The names of all parameters that filter, without `attr.PATH`.
std::span<const std::string_view> filter_names();

/// Whether a parameter is one of filters, and no other's.
bool is_filter_parameter(const parameter& one);

/// Reads a filter from parameters that all are of filters. What is given several times means any of them;
/// selectors, words and bounds hold all. error::invalid_value names parameter, value and what is allowed.
result<item_filter> read_filter(std::span<const parameter> given, empty_value empty,
                                const filter_limits& bounds = {});

/// `the parameter NAME is "VALUE", but SENTENCE`: on one line, the value shortened.
std::string about_parameter(std::string_view name, std::string_view value, std::string_view sentence);

} // namespace kollect::consumer

#endif

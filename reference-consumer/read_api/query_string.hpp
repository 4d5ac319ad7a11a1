#ifndef KOLLECT_CONSUMER_READ_API_QUERY_STRING_HPP
#define KOLLECT_CONSUMER_READ_API_QUERY_STRING_HPP

#include "query/filter_parameters.hpp"
#include "read_api/answer.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// Parameters by name. Empty ones are left out: as in upstream's API they stand for nothing.
using query_parameters = std::map<std::string, std::string, std::less<>>;

/// Percent-decodes a text; with `is_query`, `+` is a space. 400 for `%` without two hex digits, and for
/// what is not UTF-8 then.
answer_of<std::string> decode_percent(std::string_view text, bool is_query);

/// Reads `a=1&b=2&c`. 400 for a credential, which has no place where every proxy logs it (S21).
answer_of<std::vector<parameter>> read_parameters(std::string_view query);

/// The parameters of a question, apart.
struct question_parameters {
  std::vector<parameter> filters;
  query_parameters others; ///< without those that are empty
};

/// Tells parameters that filter from those in `known`. 400 for one that is neither, with the name that may be
/// meant, and for one of `known` that is given twice.
answer_of<question_parameters> sort_parameters(std::string_view query, bool has_filters,
                                               std::span<const std::string_view> known);

/// The segments of a path, decoded. 400 for `.`, `..`, and for slashes and control characters within a
/// segment (S23).
answer_of<std::vector<std::string>> read_path(std::string_view path);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_READ_API_PARAMETER_VALUES_HPP
#define KOLLECT_CONSUMER_READ_API_PARAMETER_VALUES_HPP

#include "read_api/past_rows.hpp"
#include "read_api/query_string.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace kollect::consumer {

/// A whole number, or what is said for where it is not given; too large or too small ones are the largest or
/// smallest there is.
answer_of<std::int64_t> read_integer(const query_parameters& given, std::string_view name,
                                     std::int64_t missing);

answer_of<bool> read_boolean(const query_parameters& given, std::string_view name);

answer_of<std::optional<timestamp>> read_time(const query_parameters& given, std::string_view name);

/// asOf and asOfBy.
answer_of<std::optional<moment>> read_moment(const query_parameters& given);

/// asOfBy.
answer_of<moment_of> read_moment_of(const query_parameters& given);

/// The text of a parameter; empty where it is not given.
std::string text_at(const query_parameters& given, std::string_view name);

/// 400 about a parameter that is given.
refusal bad_parameter(const query_parameters& given, std::string_view name, std::string_view sentence);

/// 400 where a filter cannot be read.
/// The only filter of a list of clusters or of messages: `cluster`, as everywhere. 400 for others.
answer_of<text_condition> read_cluster_condition(std::span<const parameter> given);

answer_of<item_filter> read_filter_or_refuse(std::span<const parameter> given, empty_value empty,
                                             const filter_limits& bounds);

} // namespace kollect::consumer

#endif

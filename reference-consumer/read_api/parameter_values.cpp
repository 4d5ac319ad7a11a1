#include "read_api/parameter_values.hpp"

#include <program/printable.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace kollect::consumer {

std::string text_at(const query_parameters& given, std::string_view name) {
  const auto found = given.find(name);
  return found == given.end() ? std::string() : found->second;
}

refusal bad_parameter(const query_parameters& given, std::string_view name, std::string_view sentence) {
  return bad_request(about_parameter(name, text_at(given, name), sentence));
}

answer_of<std::int64_t> read_integer(const query_parameters& given, std::string_view name,
                                     std::int64_t missing) {
  const auto found = given.find(name);
  if (found == given.end())
    return missing;
  std::string_view text = found->second;
  const bool is_negative = text.starts_with('-');
  const auto digits = text.substr(is_negative ? 1 : 0);
  if (digits.empty() ||
      !std::all_of(digits.begin(), digits.end(), [](char one) { return one >= '0' && one <= '9'; }))
    return bad_parameter(given, name, "it must be a whole number");
  std::int64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{})
    return value;
  return is_negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

answer_of<bool> read_boolean(const query_parameters& given, std::string_view name) {
  const auto text = text_at(given, name);
  if (text.empty() || text == "false")
    return false;
  if (text == "true")
    return true;
  return bad_parameter(given, name, "it must be true or false");
}

answer_of<std::optional<timestamp>> read_time(const query_parameters& given, std::string_view name) {
  const auto text = text_at(given, name);
  if (text.empty())
    return std::optional<timestamp>();
  auto instant = parse_timestamp(text);
  if (!instant)
    return bad_parameter(given, name, "it must be a time like 2026-01-15T12:00:00Z");
  return std::optional(*instant);
}

answer_of<moment_of> read_moment_of(const query_parameters& given) {
  const auto text = text_at(given, "asOfBy");
  if (text.empty() || text == "commit")
    return moment_of::commit;
  if (text == "snapshot")
    return moment_of::snapshot;
  return bad_parameter(given, "asOfBy", "it must be commit or snapshot");
}

answer_of<std::optional<moment>> read_moment(const query_parameters& given) {
  auto when = read_time(given, "asOf");
  if (!when)
    return when.error();
  auto by = read_moment_of(given);
  if (!by)
    return by.error();
  if (!*when)
    return std::optional<moment>();
  return std::optional(moment{**when, *by});
}

answer_of<item_filter> read_filter_or_refuse(std::span<const parameter> given, empty_value empty,
                                             const filter_limits& bounds) {
  auto filter = read_filter(given, empty, bounds);
  if (!filter)
    return bad_request(filter.error().message);
  return std::move(*filter);
}

answer_of<text_condition> read_cluster_condition(std::span<const parameter> given) {
  for (const auto& one : given)
    if (one.name != "cluster" && one.name != "cluster!")
      return bad_request("this list is filtered by cluster, and not by " +
                         program::printable(one.name.substr(0, 100)));
  auto filter = read_filter_or_refuse(given, empty_value::is_empty, {});
  if (!filter)
    return filter.error();
  return std::move(filter->cluster);
}

} // namespace kollect::consumer

#include "read_api/parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace kollect::consumer {
namespace {

using parameter_name = std::pair<std::string_view, std::string row_filter::*>;

constexpr std::array filter_parameters{
    parameter_name{"cluster", &row_filter::cluster},     parameter_name{"namespace", &row_filter::namespace_},
    parameter_name{"inventory", &row_filter::inventory}, parameter_name{"target", &row_filter::target},
    parameter_name{"group", &row_filter::group},         parameter_name{"version", &row_filter::version},
    parameter_name{"kind", &row_filter::kind},           parameter_name{"name", &row_filter::name},
    parameter_name{"search", &row_filter::search}};

row_filter filter_of(const query_parameters& given) {
  row_filter filter;
  for (const auto& [name, field] : filter_parameters)
    if (const auto found = given.find(name); found != given.end())
      filter.*field = found->second;
  return filter;
}

/// A whole number; too large or too small ones are the largest or smallest there is.
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
    return bad_request("the parameter " + std::string(name) + " must be a whole number");
  std::int64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{})
    return value;
  return is_negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

answer_of<bool> read_boolean(const query_parameters& given, std::string_view name) {
  const auto found = given.find(name);
  if (found == given.end() || found->second == "false")
    return false;
  if (found->second == "true")
    return true;
  return bad_request("the parameter " + std::string(name) + " must be true or false");
}

std::int64_t normal_limit(std::int64_t asked, const list_bounds& bounds) {
  return asked <= 0 ? bounds.default_limit : std::min(asked, bounds.max_limit);
}

/// limit and offset into anything that has both.
template <class Question>
answer_of<void> read_range(const query_parameters& given, const list_bounds& bounds, Question& question) {
  auto limit = read_integer(given, "limit", bounds.default_limit);
  if (!limit)
    return limit.error();
  auto offset = read_integer(given, "offset", 0);
  if (!offset)
    return offset.error();
  question.limit = normal_limit(*limit, bounds);
  question.offset = std::max<std::int64_t>(*offset, 0);
  return {};
}

answer_of<void> read_as_of(const query_parameters& given, row_question& question) {
  const auto found = given.find("asOf");
  if (found == given.end())
    return {};
  auto instant = parse_timestamp(found->second);
  if (!instant)
    return bad_request("the parameter asOf must be a time like 2026-01-15T12:00:00Z");
  question.as_of = *instant;
  return {};
}

answer_of<void> put_path(const routed& where, row_filter& filter) {
  if (where.namespace_.empty())
    return {};
  const bool contradicts = (!filter.namespace_.empty() && filter.namespace_ != where.namespace_) ||
                           (!filter.inventory.empty() && filter.inventory != where.inventory);
  if (contradicts)
    return bad_request("namespace and inventory are in the path already, and are others there");
  filter.namespace_ = where.namespace_;
  filter.inventory = where.inventory;
  return {};
}

struct fixed_route {
  std::string_view path;
  route where;
};

constexpr std::array fixed_routes{fixed_route{"/", route::page},
                                  fixed_route{"/page.css", route::page_style},
                                  fixed_route{"/page.js", route::page_script},
                                  fixed_route{"/icon.svg", route::page_icon},
                                  fixed_route{"/openapi.yaml", route::openapi},
                                  fixed_route{"/healthz", route::health},
                                  fixed_route{"/readyz", route::readiness},
                                  fixed_route{"/metrics", route::metrics},
                                  fixed_route{"/v1alpha1/status", route::status},
                                  fixed_route{"/v1alpha1/inventory", route::inventory},
                                  fixed_route{"/v1alpha1/inventory/watch", route::watch},
                                  fixed_route{"/v1alpha1/clusters", route::clusters},
                                  fixed_route{"/v1alpha1/scopes", route::scopes},
                                  fixed_route{"/v1alpha1/changes", route::changes},
                                  fixed_route{"/v1alpha1/dead-letters", route::dead_letters}};

bool is_letter_or_digit(char one) {
  return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9');
}

/// A name as Kubernetes has them, and somewhat more.
bool is_name(std::string_view text) {
  constexpr std::size_t longest = 253;
  return text.size() <= longest && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char one) {
           return is_letter_or_digit(one) || one == '-' || one == '_' || one == '.';
         });
}

} // namespace

answer_of<routed> route_of(std::string_view path) {
  const auto found = std::find_if(fixed_routes.begin(), fixed_routes.end(),
                                  [&](const fixed_route& one) { return one.path == path; });
  if (found != fixed_routes.end())
    return routed{found->where};
  auto segments = read_path(path);
  if (!segments)
    return segments.error();
  auto& parts = *segments;
  const bool is_inventory = parts.size() == 4 && parts[0] == "v1alpha1" && parts[1] == "inventory" &&
                            !parts[2].empty() && !parts[3].empty();
  if (!is_inventory)
    return refusal{404, "there is nothing here; /openapi.yaml tells what there is"};
  if (!is_name(parts[2]) || !is_name(parts[3]))
    return bad_request(
        "a namespace and the name of an inventory have at most 253 letters, digits, `-`, `_` and `.`, "
        "and begin and end with a letter or digit; others go into the query");
  return routed{route::inventory, std::move(parts[2]), std::move(parts[3])};
}

bool is_open(route where) {
  switch (where) {
  case route::page:
  case route::page_style:
  case route::page_script:
  case route::page_icon:
  case route::openapi:
  case route::health:
  case route::readiness:
  case route::metrics:
    return true;
  default:
    return false;
  }
}

answer_of<row_question> read_row_question(std::string_view query, const routed& where,
                                          const list_bounds& bounds) {
  constexpr std::array<std::string_view, 14> known{"cluster", "namespace", "inventory", "target", "group",
                                                   "version", "kind",      "name",      "search", "limit",
                                                   "offset",  "cursor",    "asOf",      "origins"};
  auto given = read_query(query, known);
  if (!given)
    return given.error();
  row_question question;
  question.filter = filter_of(*given);
  if (auto put = put_path(where, question.filter); !put)
    return put.error();
  if (auto read = read_range(*given, bounds, question); !read)
    return read.error();
  if (auto read = read_as_of(*given, question); !read)
    return read.error();
  auto with_origins = read_boolean(*given, "origins");
  if (!with_origins)
    return with_origins.error();
  question.with_origins = *with_origins;
  if (const auto cursor = given->find("cursor"); cursor != given->end())
    question.cursor = cursor->second;
  return question;
}

answer_of<change_question> read_change_question(std::string_view query, std::string_view last_event_id) {
  constexpr std::array<std::string_view, 10> known{"cluster", "namespace", "inventory", "target", "group",
                                                   "version", "kind",      "name",      "search", "since"};
  auto given = read_query(query, known);
  if (!given)
    return given.error();
  change_question question;
  question.filter = filter_of(*given);
  if (const auto since = given->find("since"); since != given->end())
    question.since = since->second;
  if (!last_event_id.empty())
    question.since = last_event_id;
  return question;
}

answer_of<list_question> read_list_question(std::string_view query, bool has_before,
                                            const list_bounds& bounds) {
  const std::array<std::string_view, 2> known{"limit", has_before ? "before" : "offset"};
  auto given = read_query(query, known);
  if (!given)
    return given.error();
  list_question question;
  if (auto read = read_range(*given, bounds, question); !read)
    return read.error();
  auto before = read_integer(*given, "before", 0);
  if (!before)
    return before.error();
  question.before = std::max<std::int64_t>(*before, 0);
  return question;
}

answer_of<void> read_no_question(std::string_view query) {
  auto given = read_query(query, {});
  if (!given)
    return given.error();
  return {};
}

} // namespace kollect::consumer

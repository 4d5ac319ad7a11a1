#include "read_api/parameters.hpp"

#include "read_api/parameter_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace kollect::consumer {
namespace {

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

/// The text of a condition is the one of the path, or there is none.
bool put(text_condition& condition, const std::string& text) {
  if (!condition.empty() && condition != text_condition{{exactly(text)}, {}})
    return false;
  condition.wanted = {exactly(text)};
  return true;
}

answer_of<void> put_path(const routed& where, item_filter& filter) {
  if (where.namespace_.empty())
    return {};
  if (!put(filter.namespace_, where.namespace_) || !put(filter.inventory, where.inventory))
    return bad_request("namespace and inventory are in the path already, and are others there");
  return {};
}

struct fixed_route {
  std::string_view path;
  route where;
};

constexpr std::array fixed_routes{fixed_route{"/", route::page},
                                  fixed_route{"/page.css", route::page_style},
                                  fixed_route{"/icon.svg", route::page_icon},
                                  fixed_route{"/openapi.yaml", route::openapi},
                                  fixed_route{"/healthz", route::health},
                                  fixed_route{"/readyz", route::readiness},
                                  fixed_route{"/metrics", route::metrics},
                                  fixed_route{"/v1alpha1/ticket", route::ticket},
                                  fixed_route{"/v1alpha1/status", route::status},
                                  fixed_route{"/v1alpha1/inventory", route::inventory},
                                  fixed_route{"/v1alpha1/inventory/watch", route::watch},
                                  fixed_route{"/v1alpha1/items", route::items},
                                  fixed_route{"/v1alpha1/facets", route::facets},
                                  fixed_route{"/v1alpha1/diff", route::diff},
                                  fixed_route{"/v1alpha1/clusters", route::clusters},
                                  fixed_route{"/v1alpha1/scopes", route::scopes},
                                  fixed_route{"/v1alpha1/changes", route::changes},
                                  fixed_route{"/v1alpha1/dead-letters", route::dead_letters}};

bool is_letter_or_digit(char one) {
  return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9');
}

/// An id as we write them.
std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_plain = !text.empty() && text.front() >= '1' && text.front() <= '9';
  return is_plain && read.ec == std::errc{} && read.ptr == text.data() + text.size() ? std::optional(value)
                                                                                     : std::nullopt;
}

/// A name as Kubernetes has them, and somewhat more.
bool is_name(std::string_view text) {
  constexpr std::size_t longest = 253;
  return text.size() <= longest && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char one) {
           return is_letter_or_digit(one) || one == '-' || one == '_' || one == '.';
         });
}

/// Of a path that begins with `/v1alpha1/` and a name; nothing where there is none such.
std::optional<routed> route_of_one(std::vector<std::string>& parts) {
  const auto& list = parts[1];
  if (list == "items" && parts.size() >= 4 && !parts[3].empty()) {
    if (parts.size() == 4)
      return routed{route::item, {}, {}, std::move(parts[2]), std::move(parts[3])};
    if (parts.size() == 5 && parts[4] == "history")
      return routed{route::item_history, {}, {}, std::move(parts[2]), std::move(parts[3])};
  }
  if (list == "clusters" && parts.size() == 3)
    return routed{route::cluster, {}, {}, std::move(parts[2])};
  if (list != "dead-letters" || parts.size() < 3 || parts.size() > 4)
    return {};
  const auto id = whole_number(parts[2]);
  if (id && parts.size() == 3)
    return routed{.where = route::dead_letter, .id = *id};
  if (id && parts[3] == "retry")
    return routed{.where = route::dead_letter_retry, .id = *id};
  return {};
}

} // namespace

std::string_view method_of(route where) {
  return where == route::cluster ? "DELETE" : where == route::dead_letter_retry ? "POST" : "GET";
}

answer_of<routed> route_of(std::string_view path) {
  const auto found = std::find_if(fixed_routes.begin(), fixed_routes.end(),
                                  [&](const fixed_route& one) { return one.path == path; });
  if (found != fixed_routes.end())
    return routed{found->where};
  auto segments = read_path(path);
  if (!segments)
    return segments.error();
  auto& parts = *segments;
  if (parts.size() == 1 && parts[0].ends_with(".js")) // which of them there are, the page knows
    return routed{route::page_script};
  if (parts.size() >= 3 && parts[0] == "v1alpha1")
    if (auto one = route_of_one(parts))
      return std::move(*one);
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
                                          const list_bounds& bounds, const filter_limits& filters) {
  constexpr std::array<std::string_view, 6> known{"limit", "offset", "cursor", "asOf", "asOfBy", "origins"};
  auto given = sort_parameters(query, true, known);
  if (!given)
    return given.error();
  auto filter = read_filter_or_refuse(given->filters, empty_value::is_absent, filters);
  if (!filter)
    return filter.error();
  row_question question;
  question.filter = std::move(*filter);
  if (auto put = put_path(where, question.filter); !put)
    return put.error();
  if (auto read = read_range(given->others, bounds, question); !read)
    return read.error();
  auto as_of = read_moment(given->others);
  if (!as_of)
    return as_of.error();
  question.as_of = *as_of;
  auto with_origins = read_boolean(given->others, "origins");
  if (!with_origins)
    return with_origins.error();
  question.with_origins = *with_origins;
  question.cursor = text_at(given->others, "cursor");
  return question;
}

answer_of<change_question> read_change_question(std::string_view query, std::string_view last_event_id,
                                                const filter_limits& filters) {
  constexpr std::array<std::string_view, 1> known{"since"};
  auto given = sort_parameters(query, true, known);
  if (!given)
    return given.error();
  auto filter = read_filter_or_refuse(given->filters, empty_value::is_absent, filters);
  if (!filter)
    return filter.error();
  change_question question{std::move(*filter), text_at(given->others, "since")};
  if (!last_event_id.empty())
    question.since = last_event_id;
  return question;
}

answer_of<list_question> read_list_question(std::string_view query, const list_bounds& bounds) {
  constexpr std::array<std::string_view, 2> known{"limit", "offset"};
  auto given = sort_parameters(query, false, known);
  if (!given)
    return given.error();
  list_question question;
  if (auto read = read_range(given->others, bounds, question); !read)
    return read.error();
  return question;
}

answer_of<void> read_no_question(std::string_view query) {
  auto given = sort_parameters(query, false, {});
  if (!given)
    return given.error();
  return {};
}

} // namespace kollect::consumer

#include "read_api/questions.hpp"

#include "read_api/event_text.hpp"
#include "read_api/parameter_values.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::int64_t most_items = 5'000;
constexpr std::int64_t most_values = 10'000;
constexpr std::size_t most_columns = 50;

/// Parameters with their filter.
struct read_parameters_of {
  item_filter filter;
  query_parameters others;
};

answer_of<read_parameters_of> read_all(std::string_view query, std::span<const std::string_view> known,
                                       const filter_limits& bounds, bool has_filters = true) {
  auto given = sort_parameters(query, has_filters, known);
  if (!given)
    return given.error();
  auto filter = read_filter_or_refuse(given->filters, empty_value::is_empty, bounds);
  if (!filter)
    return filter.error();
  return read_parameters_of{std::move(*filter), std::move(given->others)};
}

answer_of<std::int64_t> read_limit(const query_parameters& given, std::int64_t missing, std::int64_t most) {
  auto limit = read_integer(given, "limit", missing);
  if (!limit)
    return limit.error();
  return *limit <= 0 ? missing : std::min(*limit, most);
}

answer_of<std::vector<item_column>> read_columns(const query_parameters& given, std::string_view name) {
  const auto text = text_at(given, name);
  if (text.empty())
    return std::vector<item_column>();
  auto columns = parse_columns(text);
  if (!columns)
    return bad_parameter(given, name, columns.error().message);
  if (columns->size() > most_columns)
    return bad_parameter(given, name,
                         "at most " + std::to_string(most_columns) + " columns are told at once");
  return std::move(*columns);
}

answer_of<std::vector<sort_column>> read_sort(const query_parameters& given) {
  auto columns = read_sort_columns(text_at(given, "sort"));
  if (!columns)
    return bad_parameter(given, "sort", columns.error().message);
  if (columns->size() > most_columns)
    return bad_parameter(given, "sort",
                         "at most " + std::to_string(most_columns) + " columns are told at once");
  return std::move(*columns);
}

answer_of<history_place> read_history_place(const query_parameters& given, std::string_view name) {
  const auto text = text_at(given, name);
  if (text.empty())
    return history_place{};
  if (auto instant = parse_timestamp(text))
    return history_place{*instant, {}};
  if (auto place = read_place(text))
    return history_place{{}, text};
  return bad_parameter(given, name, "it must be a time like 2026-01-15T12:00:00Z, or the id of a change");
}

answer_of<span_question> read_span(std::string_view query, std::span<const std::string_view> known,
                                   const filter_limits& bounds, bool has_filters = true) {
  auto given = read_all(query, known, bounds, has_filters);
  if (!given)
    return given.error();
  span_question out;
  out.filter = std::move(given->filter);
  auto from = read_history_place(given->others, "from");
  if (!from)
    return from.error();
  auto to = read_history_place(given->others, "to");
  if (!to)
    return to.error();
  auto limit = read_limit(given->others, 500, most_items);
  if (!limit)
    return limit.error();
  auto by = read_moment_of(given->others);
  if (!by)
    return by.error();
  out.from = std::move(*from);
  out.to = std::move(*to);
  out.limit = *limit;
  out.by = *by;
  out.cursor = text_at(given->others, "cursor");
  if (out.from.when && out.to.when && *out.to.when < *out.from.when)
    return bad_parameter(given->others, "to", "it is before from");
  return out;
}

} // namespace

result<std::vector<sort_column>> read_sort_columns(std::string_view text) {
  if (text.empty())
    return std::vector<sort_column>();
  // The signs are taken from the columns, which are read as a list then.
  std::vector<bool> is_descending;
  std::string names;
  bool is_first = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::exchange(is_first, text[at] == ',')) {
      is_descending.push_back(text[at] == '-');
      if (text[at] == '-')
        continue;
    }
    names += text[at];
    if (text[at] == '\\' && at + 1 < text.size())
      names += text[++at];
  }
  auto columns = parse_columns(names);
  if (!columns)
    return columns.error();
  std::vector<sort_column> out;
  for (std::size_t index = 0; index < columns->size(); ++index)
    out.push_back({std::move((*columns)[index]), index < is_descending.size() && is_descending[index]});
  return out;
}

namespace {

/// What is read of an item of which one knows, and of a page of them.
answer_of<item_question> read_items(read_parameters_of given) {
  auto as_of = read_moment(given.others);
  if (!as_of)
    return as_of.error();
  auto limit = read_limit(given.others, 500, most_items);
  if (!limit)
    return limit.error();
  auto sort = read_sort(given.others);
  if (!sort)
    return sort.error();
  auto fields = read_columns(given.others, "fields");
  if (!fields)
    return fields.error();
  auto with_total = read_boolean(given.others, "total");
  if (!with_total)
    return with_total.error();
  auto with_stale = read_boolean(given.others, "stale");
  if (!with_stale)
    return with_stale.error();
  return item_question{
      std::move(given.filter), *as_of,      *limit,     text_at(given.others, "cursor"), std::move(*sort),
      std::move(*fields),      *with_total, *with_stale};
}

} // namespace

answer_of<item_question> read_item_question(std::string_view query, const filter_limits& bounds) {
  constexpr std::array<std::string_view, 8> known{"limit", "cursor", "asOf",  "asOfBy",
                                                  "sort",  "fields", "total", "stale"};
  auto given = read_all(query, known, bounds);
  return given ? read_items(std::move(*given)) : given.error();
}

answer_of<item_question> read_one_item_question(std::string_view query, const std::string& cluster,
                                                const std::string& uid) {
  constexpr std::array<std::string_view, 4> known{"asOf", "asOfBy", "fields", "stale"};
  auto given = read_all(query, known, {}, false);
  if (!given)
    return given.error();
  given->filter.cluster.wanted = {exactly(cluster)};
  given->filter.uid.wanted = {exactly(uid)};
  return read_items(std::move(*given));
}

answer_of<facet_question> read_facet_question(std::string_view query, const filter_limits& bounds) {
  constexpr std::array<std::string_view, 4> known{"by", "limit", "asOf", "asOfBy"};
  auto given = read_all(query, known, bounds);
  if (!given)
    return given.error();
  auto as_of = read_moment(given->others);
  if (!as_of)
    return as_of.error();
  auto limit = read_limit(given->others, 100, most_values);
  if (!limit)
    return limit.error();
  auto by = read_columns(given->others, "by");
  if (!by)
    return by.error();
  if (by->empty())
    return bad_request(
        "the parameter by is missing: by=kind, by=cluster,label:app or by=attr.PATH tells what is "
        "counted");
  return facet_question{std::move(given->filter), *as_of, std::move(*by), *limit};
}

bool is_of_a_span(std::string_view query) {
  const auto given = read_parameters(query);
  return given && std::any_of(given->begin(), given->end(), [](const parameter& one) {
           return one.name == "from" || one.name == "to" || one.name == "limit";
         });
}

answer_of<span_question> read_change_span(std::string_view query, const filter_limits& bounds) {
  constexpr std::array<std::string_view, 3> known{"from", "to", "limit"};
  return read_span(query, known, bounds);
}

answer_of<span_question> read_unfiltered_span(std::string_view query) {
  constexpr std::array<std::string_view, 3> known{"from", "to", "limit"};
  return read_span(query, known, {}, false);
}

answer_of<span_question> read_diff_question(std::string_view query, const filter_limits& bounds) {
  constexpr std::array<std::string_view, 5> known{"from", "to", "limit", "cursor", "asOfBy"};
  auto out = read_span(query, known, bounds);
  if (!out)
    return out;
  if (!out->from.when || !out->to.cursor.empty())
    return bad_request(
        "a diff compares two times: from=2026-01-15T12:00:00Z, and to= in the same way, which is "
        "now where it is missing");
  return out;
}

} // namespace kollect::consumer

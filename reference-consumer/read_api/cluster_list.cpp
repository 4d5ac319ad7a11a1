#include "read_api/cluster_list.hpp"

#include "read_api/parameter_values.hpp"

#include <kollect/nearest_name.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::int64_t most_clusters = 5'000; // of a page

/// By place in cluster_column.
constexpr std::array<std::string_view, 5> column_names{"cluster", "lastSeen", "itemCount", "lag",
                                                       "scopeCount"};

/// Whether one stands before the other where the column rises.
bool is_less(cluster_column by, const cluster_summary& left, const cluster_summary& right) {
  switch (by) {
  case cluster_column::last_seen:
    return left.last_seen < right.last_seen;
  case cluster_column::item_count:
    return left.row_count < right.row_count;
  case cluster_column::lag:
    return lag_of(left) < lag_of(right);
  case cluster_column::scope_count:
    return left.scope_count < right.scope_count;
  case cluster_column::cluster:
    break;
  }
  return left.cluster < right.cluster;
}

} // namespace

result<cluster_order> read_cluster_order(std::string_view text) {
  cluster_order out;
  out.is_descending = text.starts_with('-');
  text.remove_prefix(out.is_descending ? 1 : 0);
  if (text.empty() && !out.is_descending)
    return out;
  const auto found = std::find(column_names.begin(), column_names.end(), text);
  if (found == column_names.end())
    return make_failure(
        error::invalid_value,
        "clusters are not sorted by it; " +
            suggest_name(text, std::vector<std::string_view>(column_names.begin(), column_names.end())));
  out.by = static_cast<cluster_column>(found - column_names.begin());
  return out;
}

answer_of<cluster_question> read_cluster_question(std::string_view query) {
  constexpr std::array<std::string_view, 4> known{"stale", "sort", "limit", "offset"};
  auto given = sort_parameters(query, true, known);
  if (!given)
    return given.error();
  cluster_question out;
  auto name = read_cluster_condition(given->filters);
  if (!name)
    return name.error();
  out.name = std::move(*name);
  auto is_stale = read_boolean(given->others, "stale");
  if (!is_stale)
    return is_stale.error();
  if (given->others.contains("stale"))
    out.is_stale = *is_stale;
  auto order = read_cluster_order(text_at(given->others, "sort"));
  if (!order)
    return bad_parameter(given->others, "sort", order.error().message);
  out.order = *order;
  auto limit = read_integer(given->others, "limit", 0);
  if (!limit)
    return limit.error();
  auto offset = read_integer(given->others, "offset", 0);
  if (!offset)
    return offset.error();
  if (*limit > 0)
    out.limit = std::min(*limit, most_clusters);
  out.offset = std::max<std::int64_t>(*offset, 0);
  return out;
}

cluster_page choose_clusters(std::vector<cluster_summary> all, const cluster_question& asked,
                             const timestamp& now, std::chrono::seconds stale_after) {
  std::erase_if(all, [&](const cluster_summary& one) {
    return !holds(asked.name, one.cluster) ||
           (asked.is_stale && *asked.is_stale != is_stale(one.last_seen, now, stale_after));
  });
  // They come by name.
  std::stable_sort(all.begin(), all.end(), [&](const cluster_summary& left, const cluster_summary& right) {
    return asked.order.is_descending ? is_less(asked.order.by, right, left)
                                     : is_less(asked.order.by, left, right);
  });
  const auto total = std::ssize(all);
  const auto begin = std::min(asked.offset, total);
  all.erase(all.begin() + begin + std::min(asked.limit, total - begin), all.end());
  all.erase(all.begin(), all.begin() + begin);
  return {std::move(all), total};
}

void write_cluster(json_writer& out, const cluster_summary& one, const timestamp& now,
                   std::chrono::seconds stale_after) {
  out.begin_object()
      .member("cluster", one.cluster)
      .member("lastSeen", to_string(one.last_seen))
      .member("itemCount", one.row_count)
      .member("lag", lag_of(one))
      .member("stale", is_stale(one.last_seen, now, stale_after))
      .member("scopeCount", one.scope_count)
      .end_object();
}

std::string format_clusters(const cluster_page& page, const cluster_question& asked,
                            const store_signals& signals) {
  std::string text;
  json_writer out(text);
  begin_answer(out).name("clusters").begin_array();
  for (const auto& one : page.clusters)
    write_cluster(out, one, signals.now, signals.stale_after);
  out.end_array();
  const auto end = asked.offset + std::ssize(page.clusters);
  write_pagination(out, std::min(asked.limit, std::max(page.total, std::int64_t{1})), asked.offset,
                   page.total, end < page.total, {});
  write_signals(out, signals, signals.change_cursor).end_object();
  return text;
}

} // namespace kollect::consumer

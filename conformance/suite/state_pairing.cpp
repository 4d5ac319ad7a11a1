#include "state_pairing.hpp"

#include <kollect/parse.hpp>
#include <kollect/serialize.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace kollect::conformance {

namespace {

/// A row of the table by its key and the cluster that the key lacks.
using row_key = std::tuple<std::string, std::string, std::string, std::string, std::string>;

std::string text_of(const row_key& key) {
  const auto& [cluster, namespace_, inventory, target, uid] = key;
  return printable_excerpt(cluster + ":" + namespace_ + "/" + inventory + " target " + target + " uid " +
                           uid);
}

/// `NAME` of `NAME.part-0001-of-0003`.
std::string without_part(const std::string& name) {
  const auto at = name.rfind(".part-");
  const auto tail = at == std::string::npos ? std::string_view() : std::string_view(name).substr(at + 6);
  const bool is_part = tail.find("-of-") != std::string_view::npos &&
                       tail.find_first_not_of("0123456789-of") == std::string_view::npos;
  return is_part ? name.substr(0, at) : name;
}

/// The same text for the same meaning.
std::string canonical(std::string_view json) {
  const limits bounds{.max_depth = max_depth_ceiling};
  const auto value = parse_value(json, bounds);
  const auto written = value ? kollect::serialize(*value, bounds) : result<std::string>(std::string(json));
  return written ? *written : std::string(json);
}

} // namespace

newest_snapshots::newest_snapshots() : fleet_({.limits = {.max_future = std::chrono::nanoseconds::max()}}) {}

void newest_snapshots::add(const recorded_message& message) {
  (void)fleet_.apply(message.value, message.key); // judges look at what is refused
}

pairing compare_state(const projection& stream, std::span<const state_row> table) {
  pairing out;
  std::map<row_key, std::string> expected, found;
  std::set<std::pair<std::string, std::string>> unnamed; // (cluster, namespace) whose inventory is not told
  stream.for_each([&](const scope& which, const row_map& rows) {
    if (which.inventory.empty())
      unnamed.emplace(which.cluster, which.namespace_);
    for (const auto& [identity, json] : rows)
      expected[{which.cluster, which.namespace_, which.inventory, identity.target_name, identity.uid}] =
          canonical(json);
  });
  std::set<row_key> by_table_key; // with an empty cluster: what the table can tell apart
  for (const auto& row : table) {
    const auto inventory = unnamed.contains({row.cluster, row.inventory_namespace})
                               ? std::string()
                               : without_part(row.inventory_name);
    found[{row.cluster, row.inventory_namespace, inventory, row.target_name, row.source_uid}] =
        canonical(row.payload);
    by_table_key.insert({"", row.inventory_namespace, inventory, row.target_name, row.source_uid});
  }
  out.expected_rows = expected.size();
  out.table_rows = table.size();
  for (const auto& [key, json] : expected) {
    auto without_cluster = key;
    std::get<0>(without_cluster).clear();
    const auto row = found.find(key);
    if (row == found.end() && by_table_key.contains(without_cluster))
      ++out.overwritten;
    else if (row == found.end())
      out.differences.push_back({.what = "a row is missing from the table", .place = text_of(key)});
    else if (row->second != json)
      out.differences.push_back({.what = "a row differs in the table",
                                 .place = text_of(key),
                                 .expected = printable_excerpt(json),
                                 .found = printable_excerpt(row->second)});
  }
  for (const auto& [key, json] : found)
    if (!expected.contains(key))
      out.differences.push_back(
          {.what = "the table has a row that the newest snapshot has not", .place = text_of(key)});
  return out;
}

std::string describe(const pairing& compared) {
  constexpr std::size_t most_shown = 20;
  std::string out = "state table: " + std::to_string(compared.expected_rows) +
                    " rows in the newest snapshots, " + std::to_string(compared.table_rows) +
                    " in the table, " + std::to_string(compared.differences.size()) + " differences\n";
  if (compared.overwritten != 0)
    out += "  " + std::to_string(compared.overwritten) +
           " rows are held by another cluster: the table's key lacks the cluster, a known defect\n";
  for (std::size_t index = 0; index < std::min(compared.differences.size(), most_shown); ++index) {
    const auto& one = compared.differences[index];
    out += "  " + one.what + ": " + one.place + "\n";
    if (!one.expected.empty())
      out += "    expected: " + one.expected + "\n    found: " + one.found + "\n";
  }
  return out;
}

} // namespace kollect::conformance

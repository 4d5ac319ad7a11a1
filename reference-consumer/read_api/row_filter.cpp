#include "read_api/row_filter.hpp"

#include <kollect/limits.hpp>
#include <kollect/parse.hpp>

#include <algorithm>
#include <array>

namespace kollect::consumer {
namespace {

bool fits(const std::string& wanted, std::string_view found) {
  return wanted.empty() || wanted == found;
}

bool fits(const std::string& wanted, const json_string& found) {
  return wanted.empty() || found == wanted;
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool contains(std::string_view text, std::string_view part) {
  const auto is_same = [](char left, char right) { return lower(left) == lower(right); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), is_same) != text.end();
}

bool is_found(const std::string& search, const item_view& row) {
  if (search.empty())
    return true;
  const std::array fields{&row.name, &row.namespace_, &row.kind, &row.target_name};
  return std::any_of(fields.begin(), fields.end(), [&](const json_string* field) {
    return field->is_plain() ? contains(field->raw(), search) : contains(field->decode(), search);
  });
}

bool holds_for_text(const row_filter& filter, const std::string& item) {
  const auto row = view_row(item);
  return row && holds(filter, *row);
}

} // namespace

bool looks_at_rows(const row_filter& filter) {
  return !(filter.target.empty() && filter.group.empty() && filter.version.empty() && filter.kind.empty() &&
           filter.name.empty() && filter.search.empty());
}

bool holds(const row_filter& filter, const scope& which) {
  return fits(filter.cluster, which.cluster) && fits(filter.namespace_, which.namespace_) &&
         fits(filter.inventory, which.inventory);
}

bool holds(const row_filter& filter, const item_view& row) {
  return fits(filter.target, row.target_name) && fits(filter.group, row.group) &&
         fits(filter.version, row.version) && fits(filter.kind, row.kind) && fits(filter.name, row.name) &&
         is_found(filter.search, row);
}

std::optional<item_view> view_row(std::string_view item) {
  const auto row = parse_row(item, {.max_depth = max_depth_ceiling});
  return row ? std::optional(*row) : std::nullopt;
}

bool holds(const row_filter& filter, const feed_entry& entry) {
  if (!holds(filter, entry.scope))
    return false;
  return !looks_at_rows(filter) || entry.kind == "snapshot" || holds_for_text(filter, entry.after) ||
         holds_for_text(filter, entry.before);
}

std::string text_of(const row_filter& filter) {
  std::string out;
  for (const auto* field : {&filter.cluster, &filter.namespace_, &filter.inventory, &filter.target,
                            &filter.group, &filter.version, &filter.kind, &filter.name, &filter.search})
    out.append(std::to_string(field->size())).append(":").append(*field);
  return out;
}

} // namespace kollect::consumer

#ifndef KOLLECT_SERIALIZE_ITEMS_HPP
#define KOLLECT_SERIALIZE_ITEMS_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/json_writer.hpp>
#include <kollect/envelope.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/limits.hpp>
#include <kollect/order.hpp>
#include <kollect/serialize.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/text_end.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// A row's JSON and what it is sorted by.
struct serialized_item {
  std::string sort_key{}; ///< ORD-01
  std::string json{};     ///< as serialize(item) writes it

  friend auto operator<=>(const serialized_item&, const serialized_item&) = default;
  friend bool operator==(const serialized_item&, const serialized_item&) = default;
};

/// A row as it will stand in a message, so the levels around it count too. Errors as append_item().
[[nodiscard]] inline result<serialized_item> serialize_for_sorting(const item& row,
                                                                   const limits& bounds = {}) {
  serialized_item out{canonical_sort_key(row), {}};
  if (auto written = detail::append_item(out.json, row, bounds, detail::levels_around_rows); !written)
    return written.error();
  return out;
}

/// Joins rows into an items array, in the order they are given in. Their JSON is taken as it is.
[[nodiscard]] inline std::string join_items(std::span<const serialized_item> rows) {
  std::string out;
  out.reserve(std::accumulate(rows.begin(), rows.end(), rows.size() + 2,
                              [](std::size_t sum, const auto& row) { return sum + row.json.size(); }));
  out += '[';
  for (std::size_t index = 0; index < rows.size(); ++index) {
    if (index != 0)
      out += ',';
    out += rows[index].json;
  }
  out += ']';
  return out;
}

/// Sorts into the order of ORD-01; rows that it calls equal go by their bytes, so that the same rows
/// always give the same text.
inline void sort_canonically(std::span<serialized_item> rows) {
  std::sort(rows.begin(), rows.end());
}

namespace detail {

/// Whether the rows stand in the order of ORD-01 and no two have one sort key.
[[nodiscard]] inline bool are_sorted(std::span<const item> rows) {
  return std::adjacent_find(rows.begin(), rows.end(), [](const item& left, const item& right) {
           return !is_before(left, right);
         }) == rows.end();
}

/// All rows of a snapshot in canonical order.
[[nodiscard]] inline result<std::vector<serialized_item>> serialize_sorted(std::span<const item> rows,
                                                                           const limits& bounds) {
  std::vector<serialized_item> texts;
  texts.reserve(rows.size());
  for (const auto& row : rows) {
    auto text = serialize_for_sorting(row, bounds);
    if (!text)
      return text.error();
    texts.push_back(std::move(*text));
  }
  sort_canonically(texts);
  return texts;
}

} // namespace detail

/// What a row's JSON likely takes, in bytes: to reserve memory by.
inline constexpr std::size_t likely_row_bytes = 512;

/// The items array in canonical order: the array form of a payload (PAY-01, ORD-01). Errors as
/// serialize_for_sorting(). Linear where the rows stand in that order already.
[[nodiscard]] inline result<std::string> serialize_items(std::span<const item> rows,
                                                         const limits& bounds = {}) {
  if (!detail::are_sorted(rows)) {
    const auto texts = detail::serialize_sorted(rows, bounds);
    if (!texts)
      return texts.error();
    return join_items(*texts);
  }
  std::string out;
  out.reserve(rows.size() * likely_row_bytes);
  {
    text_end end(out, write_ahead);
    detail::row_writer writer(end, bounds, detail::levels_around_rows);
    end += '[';
    for (const auto& row : rows) {
      if (&row != rows.data())
        end += ',';
      writer.append(row);
    }
    end += ']';
    if (!writer.is_good())
      return writer.reason();
  }
  return out;
}

/// What an export envelope says besides its items (PAY-01).
struct export_envelope_header {
  std::int64_t generation = 0;            ///< left out when 0
  std::uint32_t part_index = 0;           ///< left out when 0
  std::uint32_t part_total = 0;           ///< left out when 0
  std::size_t item_count = 0;             ///< PAY-03
  std::optional<timestamp> exported_at{}; ///< PAY-04: must be there
  std::string cluster{};                  ///< left out when empty, as today's operator always does

  friend auto operator<=>(const export_envelope_header&, const export_envelope_header&) = default;
  friend bool operator==(const export_envelope_header&, const export_envelope_header&) = default;
};

namespace detail {

[[nodiscard]] inline result<void> check_export_header(const export_envelope_header& header) {
  if (!header.exported_at)
    return make_failure(error::missing_field,
                        "an export envelope must say when it was exported: set exported_at, the same in all "
                        "parts of one export",
                        "PAY-04");
  if (header.part_index > header.part_total)
    return make_failure(error::part_out_of_range,
                        "part " + std::to_string(header.part_index) + " of " +
                            std::to_string(header.part_total) + " is not possible",
                        "MP-04");
  return check_timestamp(*header.exported_at, "exportedAt", "PAY-04");
}

inline constexpr std::size_t sha256_hex_length = 64;

/// Appends an export envelope up to its items, with zeros for the checksum. Answers where those stand. The
/// header has been checked.
[[nodiscard]] inline std::size_t append_export_head(std::string& out, const export_envelope_header& header) {
  const auto number = [&out](std::string_view name, std::int64_t value) {
    if (value == 0)
      return;
    out.append(",\"").append(name).append("\":");
    append_integer(out, value);
  };
  out.append("{\"schemaVersion\":\"").append(schema_version_v1alpha1).append("\",\"checksum\":\"");
  const std::size_t checksum = out.size();
  out.append(sha256_hex_length, '0').append("\"");
  number("generation", header.generation);
  number("partIndex", header.part_index);
  number("partTotal", header.part_total);
  out += ",\"itemCount\":";
  append_integer(out, static_cast<std::int64_t>(header.item_count));
  out.append(",\"exportedAt\":\"").append(to_string(*header.exported_at)).append("\"");
  if (!header.cluster.empty()) {
    out += ",\"cluster\":";
    append_string(out, header.cluster);
  }
  out += ",\"items\":";
  return checksum;
}

/// The export envelope around items that are known to be good.
[[nodiscard]] inline std::string wrap_items(const export_envelope_header& header, std::string_view items) {
  std::string out;
  out.reserve(items.size() + header.cluster.size() + 320);
  const auto checksum = append_export_head(out, header);
  out.replace(checksum, sha256_hex_length, to_string(sha256(items)));
  out.append(items).append("}");
  return out;
}

} // namespace detail

/// The export envelope form of a payload around an items array (PAY-01, PAY-02): fields in contract order.
/// The items must be an array as serialize_items() and join_items() make them, of as many rows as the header
/// says. error::missing_field without exported_at, error::invalid_timestamp, error::part_out_of_range,
/// error::item_count_mismatch, and what is wrong with the items. Linear.
[[nodiscard]] inline result<std::string> serialize_export_envelope(const export_envelope_header& header,
                                                                   std::string_view items,
                                                                   const limits& bounds = {}) {
  if (auto checked = detail::check_export_header(header); !checked)
    return checked.error();
  if (!items.starts_with('['))
    return make_failure(error::wrong_type, "the items must be an array", "PAY-01", text_position{});
  const auto read = parse_payload(items, bounds);
  if (!read)
    return read.error();
  if (read->item_count != header.item_count)
    return make_failure(error::item_count_mismatch,
                        "the header says " + std::to_string(header.item_count) + " items, there are " +
                            std::to_string(read->item_count),
                        "PAY-03");
  if (auto checked = detail::check_compact(items, "the items array"); !checked)
    return checked.error();
  return detail::wrap_items(header, items);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

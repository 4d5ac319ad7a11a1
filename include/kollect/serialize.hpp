#ifndef KOLLECT_SERIALIZE_HPP
#define KOLLECT_SERIALIZE_HPP

#include <kollect/detail/json_writer.hpp>
#include <kollect/envelope.hpp>
#include <kollect/item.hpp>
#include <kollect/order.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// The bytes of a value as Go's encoding/json writes them (BYT-01 to BYT-04). Linear but for the sorting of
/// keys.
inline std::string serialize(const boost::json::value& value) {
  std::string out;
  {
    detail::text_end end(out, detail::write_ahead);
    detail::append_value(end, value);
  }
  return out;
}

namespace detail {

inline void append_item(text_end& out, const item& row) {
  static constexpr auto fields = text_fields<item>();
  char separator = '{';
  for (const auto& [name, field] : fields) {
    if (field == &item::group && row.group.empty())
      continue;
    out += separator;
    out += '"';
    (out += name) += "\":";
    append_string(out, row.*field);
    separator = ',';
  }
  out += ",\"attributes\":";
  append_value(out, row.attributes);
  out += '}';
}

} // namespace detail

/// Appends one row: fields in the order of ROW-01, group left out when empty, attributes null where there are
/// none.
inline void append_item(std::string& out, const item& row) {
  detail::text_end end(out);
  detail::append_item(end, row);
}

inline std::string serialize(const item& row) {
  std::string out;
  append_item(out, row);
  return out;
}

/// A row's JSON and what it is sorted by.
struct serialized_item {
  std::string sort_key; ///< ORD-01
  std::string json;
};

inline serialized_item serialize_for_sorting(const item& row) {
  return {canonical_sort_key(row), serialize(row)};
}

/// Joins rows into an items array, in the order they are given in.
inline std::string join_items(std::span<const serialized_item> rows) {
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
  std::sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
    return std::tie(left.sort_key, left.json) < std::tie(right.sort_key, right.json);
  });
}

namespace detail {

/// Whether the rows stand in the order of ORD-01 and no two have one sort key.
inline bool are_sorted(std::span<const item> rows) {
  return std::adjacent_find(rows.begin(), rows.end(), [](const item& left, const item& right) {
           return !is_before(left, right);
         }) == rows.end();
}

} // namespace detail

inline constexpr std::size_t likely_row_bytes = 512;

/// The items array in canonical order: the array form of a payload (PAY-01, ORD-01). Linear where the rows
/// stand in that order already.
inline std::string serialize_items(std::span<const item> rows) {
  if (detail::are_sorted(rows)) {
    std::string out;
    out.reserve(rows.size() * likely_row_bytes);
    {
      detail::text_end end(out, detail::write_ahead);
      end += '[';
      for (const auto& row : rows) {
        if (&row != rows.data())
          end += ',';
        detail::append_item(end, row);
      }
      end += ']';
    }
    return out;
  }
  std::vector<serialized_item> texts;
  texts.reserve(rows.size());
  for (const auto& row : rows)
    texts.push_back(serialize_for_sorting(row));
  sort_canonically(texts);
  return join_items(texts);
}

/// What an export envelope says besides its items (PAY-01).
struct export_envelope_header {
  std::int64_t generation = 0;  ///< left out when 0
  std::uint32_t part_index = 0; ///< left out when 0
  std::uint32_t part_total = 0; ///< left out when 0
  std::size_t item_count = 0;   ///< PAY-03
  timestamp exported_at{};      ///< PAY-04
  std::string cluster{};        ///< left out when empty, as today's operator always does
};

namespace detail {

inline constexpr std::size_t sha256_hex_length = 64;

/// Appends an export envelope up to its items, with zeros for the checksum. Answers where those stand.
inline std::size_t append_export_head(std::string& out, const export_envelope_header& header) {
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
  out.append(",\"exportedAt\":\"").append(to_string(header.exported_at)).append("\"");
  if (!header.cluster.empty()) {
    out += ",\"cluster\":";
    append_string(out, header.cluster);
  }
  out += ",\"items\":";
  return checksum;
}

/// Appends an event envelope up to its payload.
inline void append_envelope_head(std::string& out, const envelope& value) {
  out += "{\"schemaVersion\":";
  append_string(out, value.schema_version);
  out.append(",\"timestamp\":\"").append(to_string(value.timestamp)).append("\",\"cluster\":");
  append_string(out, value.cluster);
  out += ",\"namespace\":";
  append_string(out, value.namespace_);
  out += ",\"payload\":";
}

} // namespace detail

/// The export envelope form of a payload around an items array (PAY-01, PAY-02): fields in contract order.
inline std::string serialize_export_envelope(const export_envelope_header& header, std::string_view items) {
  std::string out;
  out.reserve(items.size() + header.cluster.size() + 320);
  const auto checksum = detail::append_export_head(out, header);
  out.replace(checksum, detail::sha256_hex_length, to_string(sha256(items)));
  out.append(items).append("}");
  return out;
}

/// The bytes of an event envelope: five fields in contract order (ENV-02). The payload goes in as it is.
inline std::string serialize(const envelope& value) {
  std::string out;
  out.reserve(value.payload.size() + value.cluster.size() + value.namespace_.size() + 160);
  detail::append_envelope_head(out, value);
  out.append(value.payload).append("}");
  return out;
}

/// Makes JSON text fit to be a payload: white space outside strings removed, `<` `>` `&` U+2028 and
/// U+2029 within strings escaped, everything else left as it is (BYT-05). Errors carry the byte offset.
inline result<std::string> compact_payload(std::string_view text, const limits& bounds = {}) {
  detail::json_cursor cursor(text, bounds.max_depth, detail::invalid_utf8::replace);
  cursor.set_depth(1); // in a message the payload stands within the envelope
  std::string_view checked;
  if (!cursor.skip_value(checked))
    return detail::cursor_failure(cursor, 0, "BYT-05");
  if (!cursor.at_end())
    return make_failure(error::trailing_data, "there is more text after the payload", "BYT-05",
                        text_position{cursor.position(), 0, 0});
  std::string out;
  out.reserve(checked.size());
  bool in_string = false;
  for (std::size_t at = 0; at < checked.size(); ++at) {
    const char letter = checked[at];
    if (!in_string && (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r'))
      continue;
    if (letter == '"')
      in_string = !in_string;
    if (letter == '<' || letter == '>' || letter == '&') {
      const auto& escape = detail::escapes[static_cast<unsigned char>(letter)];
      out.append(escape.text.data(), escape.length);
    } else if (detail::is_line_separator(checked, at)) {
      out += checked[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      at += 2;
    } else {
      out += letter;
      if (letter == '\\')
        out += checked[++at]; // an escaped quote does not end the string
    }
  }
  return out;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

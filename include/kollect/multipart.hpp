#ifndef KOLLECT_MULTIPART_HPP
#define KOLLECT_MULTIPART_HPP

#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

/// Sizes of export envelopes by arithmetic: serializing every candidate part would be quadratic. The header
/// has been checked.
class part_sizer {
public:
  /// All candidates are measured with partIndex and partTotal both at the number of items (MP-01).
  part_sizer(const export_envelope_header& header, std::size_t total_items) {
    export_envelope_header marked = header;
    marked.item_count = 0;
    marked.part_index = marked.part_total = static_cast<std::uint32_t>(total_items);
    fixed_ = wrap_items(marked, "[]").size() - 1; // less the 0 of itemCount
  }

  [[nodiscard]] std::size_t size(std::size_t items, std::size_t item_bytes) const noexcept {
    const std::size_t commas = items == 0 ? 0 : items - 1;
    std::size_t digits = 1;
    for (std::size_t rest = items; rest >= 10; rest /= 10)
      ++digits;
    return fixed_ + digits + item_bytes + commas;
  }

private:
  std::size_t fixed_ = 0;
};

} // namespace detail

/// Splits a snapshot that is over `max_export_bytes` into parts (MP-01, MP-02): rows sorted by their
/// own bytes, filled greedily, each part then in ORD-01 order. Moves the rows into the parts.
/// A row that alone is too large is error::item_exceeds_limit and nothing is to be published. The header is
/// that of the whole snapshot and must say when it was exported (error::missing_field). O(n log n) in the
/// rows.
[[nodiscard]] inline result<std::vector<std::vector<serialized_item>>>
split_items(std::vector<serialized_item> rows, const export_envelope_header& header,
            std::size_t max_export_bytes) {
  if (auto checked = detail::check_export_header(header); !checked)
    return checked.error();
  std::sort(rows.begin(), rows.end(),
            [](const auto& left, const auto& right) { return left.json < right.json; });
  const detail::part_sizer sizer(header, rows.size());
  std::vector<std::vector<serialized_item>> parts;
  std::size_t part_bytes = 0;
  for (auto& row : rows) {
    if (sizer.size(1, row.json.size()) > max_export_bytes)
      return make_failure(error::item_exceeds_limit,
                          "single item export envelope exceeds maxExportBytes (" +
                              std::to_string(max_export_bytes) + ")",
                          "MP-02");
    const bool fits = !parts.empty() &&
                      sizer.size(parts.back().size() + 1, part_bytes + row.json.size()) <= max_export_bytes;
    if (!fits) {
      parts.emplace_back();
      part_bytes = 0;
    }
    part_bytes += row.json.size();
    parts.back().push_back(std::move(row));
  }
  for (auto& part : parts)
    sort_canonically(part);
  return parts;
}

/// The payloads of a snapshot that is over `max_export_bytes`, in part order: export envelopes, as
/// split_items() deals its rows out, whose JSON is taken as it is. `header` is that of the whole snapshot;
/// its exported_at is what all parts share (MP-05).
[[nodiscard]] inline result<std::vector<std::string>> make_part_payloads(std::vector<serialized_item> rows,
                                                                         export_envelope_header header,
                                                                         std::size_t max_export_bytes) {
  auto parts = split_items(std::move(rows), header, max_export_bytes);
  if (!parts)
    return parts.error();
  std::vector<std::string> payloads;
  payloads.reserve(parts->size());
  header.part_total = static_cast<std::uint32_t>(parts->size());
  for (const auto& part : *parts) {
    ++header.part_index;
    header.item_count = part.size();
    payloads.push_back(detail::wrap_items(header, join_items(part)));
  }
  return payloads;
}

/// How a snapshot is put into payloads.
struct payload_options {
  /// array, as DOC says, or export_envelope, as today's operator does. Absent: make_messages() takes
  /// export_envelope for NATS, where the stream drops an array that it has had within its duplicate window
  /// (NAT-06), and array for Kafka; make_payloads(), which knows no broker, takes array.
  std::optional<payload_form> form{};
  std::size_t max_export_bytes = default_max_export_bytes; ///< 0: no limit
  limits bounds{};                                         ///< how deep a row may nest
};

namespace detail {

[[nodiscard]] inline result<std::vector<std::string>>
make_payloads(const snapshot& source, std::optional<timestamp> exported_at, const payload_options& options) {
  auto rows = serialize_sorted(source.items, options.bounds);
  if (!rows)
    return rows.error();
  const export_envelope_header header{
      .generation = source.generation, .item_count = rows->size(), .exported_at = exported_at, .cluster = {}};

  auto whole = join_items(*rows);
  if (options.form.value_or(payload_form::array) != payload_form::array) {
    if (auto checked = check_export_header(header); !checked)
      return checked.error();
    whole = wrap_items(header, whole);
  }
  // An empty snapshot is sent whatever the limit: it clears its scope (DEL-02) and cannot be split.
  if (rows->empty() || options.max_export_bytes == 0 || whole.size() <= options.max_export_bytes)
    return std::vector<std::string>{std::move(whole)};
  return make_part_payloads(std::move(*rows), header, options.max_export_bytes);
}

} // namespace detail

/// The payloads of one export, in part order: one if the snapshot fits (MP-03), else a set of export
/// envelopes, whatever the form asked for, as an array cannot carry part marks. An export envelope says when
/// the snapshot was exported: error::missing_field where source.exported_at does not tell (PAY-04), which
/// make_messages() does by itself. error::item_exceeds_limit, and what serialize_for_sorting() says of a row.
[[nodiscard]] inline result<std::vector<std::string>> make_payloads(const snapshot& source,
                                                                    const payload_options& options = {}) {
  return detail::make_payloads(source, source.exported_at, options);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

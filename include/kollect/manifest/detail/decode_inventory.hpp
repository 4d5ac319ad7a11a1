#ifndef KOLLECT_MANIFEST_DETAIL_DECODE_INVENTORY_HPP
#define KOLLECT_MANIFEST_DETAIL_DECODE_INVENTORY_HPP

#include <kollect/manifest/detail/decode_common.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/version.hpp>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A whole number of at least 1, in decimal.
[[nodiscard]] inline std::optional<std::uint64_t> decode_byte_count(const manifest_field& field) {
  if (!field.is(node_kind::number))
    return {};
  const auto& text = field.value().text;
  std::int64_t count = 0;
  const auto outcome = std::from_chars(text.data(), text.data() + text.size(), count);
  if (outcome.ec != std::errc{} || outcome.ptr != text.data() + text.size() || count < 1)
    field.fail(error::invalid_value, "must be a whole number of bytes, 1 or more", "MP-01");
  return static_cast<std::uint64_t>(count);
}

/// A list of names, or of objects that say more.
[[nodiscard]] inline std::vector<sink_reference> decode_sink_references(const manifest_field& list) {
  std::vector<sink_reference> references;
  for (const auto& element : list.elements()) {
    sink_reference reference;
    if (element.required().present() && element.value().kind == node_kind::mapping) {
      element.only({"name", "exportMinInterval", "maxExportBytes"});
      reference.name = decode_object_name(element["name"].required());
      reference.export_min_interval = decode_interval(element["exportMinInterval"]);
      reference.max_export_bytes = decode_byte_count(element["maxExportBytes"]);
    } else {
      reference.name = decode_object_name(element);
    }
    references.push_back(reference);
  }
  return references;
}

/// A KollectInventory, of which only the pairing with its sinks matters here.
[[nodiscard]] inline inventory_pairing decode_inventory(const manifest_field& root) {
  root.only({"apiVersion", "kind", "metadata", "spec", "status"});
  expect_api_version(root, "kollect.dev/v1alpha1");
  inventory_pairing pairing;
  pairing.metadata = decode_metadata(root["metadata"]);
  const auto spec = root["spec"].required();
  spec.is(node_kind::mapping);
  pairing.event_sinks = decode_sink_references(spec["eventSinkRefs"]);
  pairing.database_sinks = decode_sink_references(spec["databaseSinkRefs"]);
  pairing.max_export_bytes = decode_byte_count(spec["maxExportBytes"]);
  return pairing;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

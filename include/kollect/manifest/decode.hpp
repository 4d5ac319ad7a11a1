#ifndef KOLLECT_MANIFEST_DECODE_HPP
#define KOLLECT_MANIFEST_DECODE_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/detail/decode_database_sink.hpp>
#include <kollect/manifest/detail/decode_event_sink.hpp>
#include <kollect/manifest/detail/decode_inventory.hpp>
#include <kollect/manifest/detail/decode_secret.hpp>
#include <kollect/manifest/detail/manifest_field.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

namespace detail {

/// Adds an object unless the file has one of its kind and name already.
template <class Object>
void add_object(const manifest_field& root, std::vector<Object>& objects, Object object) {
  for (const auto& earlier : objects) {
    if (to_string(earlier.metadata) != to_string(object.metadata))
      continue;
    root["metadata"]["name"].fail(error::invalid_value,
                                  "names an object that this file has already, at line " +
                                      std::to_string(earlier.metadata.position.line));
  }
  objects.push_back(std::move(object));
}

/// Objects of the operator that say nothing of where snapshots go.
[[nodiscard]] inline bool is_other_kind(std::string_view kind) noexcept {
  constexpr std::array<std::string_view, 10> others{
      "KollectProfile",        "KollectTarget",          "KollectScope",        "KollectSnapshotSink",
      "KollectConnectionTest", "KollectClusterTarget",   "KollectClusterScope", "KollectClusterProfile",
      "KollectRemoteCluster",  "KollectClusterInventory"};
  return std::find(others.begin(), others.end(), kind) != others.end();
}

inline void decode_document(const manifest_field& root, manifest_file& file) {
  constexpr std::array<std::string_view, 5> kinds{"KollectEventSink", "KollectDatabaseSink",
                                                  "KollectInventory", "Secret", "List"};
  root.is(node_kind::mapping);
  const auto kind = root["kind"].required();
  const auto name = kind.text();
  if (name == "KollectEventSink")
    add_object(root, file.sinks, decode_event_sink(root));
  else if (name == "KollectDatabaseSink")
    add_object(root, file.database_sinks, decode_database_sink(root));
  else if (name == "List" || name == "KollectEventSinkList" || name == "SecretList")
    for (const auto& element : root["items"].elements())
      decode_document(element, file); // as `kubectl get -o yaml` prints several
  else if (is_other_kind(name))
    expect_api_version(root, "kollect.dev/v1alpha1");
  else if (name == "Secret")
    add_object(root, file.secrets, decode_secret(root));
  else if (name == "KollectInventory")
    add_object(root, file.inventories, decode_inventory(root));
  else
    kind.fail(error::invalid_value, in_quotes(name) + " is not read here; " + suggest_name(name, kinds));
}

} // namespace detail

/// Decodes the documents of one file, strictly: every key must be known, every value of its type and
/// in its range. Empty documents are skipped. A failure names file, line, column and path, such as
/// `sink.yaml:9:5: spec.kafka.tpoic is not a known key; did you mean "topic"?`, and never a value that
/// could be secret (SEC-02). Reasons: unknown_key, missing_key, invalid_value.
[[nodiscard]] inline result<manifest_file> decode_manifest(std::span<const document> documents) {
  manifest_file file;
  std::optional<failure> first;
  for (const auto& from : documents) {
    file.source = from.source;
    if (from.root.kind == node_kind::null)
      continue;
    detail::decode_document(detail::manifest_field(from, first), file);
    if (first)
      return *first;
  }
  return file;
}

/// The same for one document.
[[nodiscard]] inline result<manifest_file> decode_manifest(const document& from) {
  return decode_manifest(std::span(&from, 1));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

#ifndef KOLLECT_MANIFEST_DETAIL_DECODE_COMMON_HPP
#define KOLLECT_MANIFEST_DETAIL_DECODE_COMMON_HPP

#include <kollect/manifest/detail/duration_text.hpp>
#include <kollect/manifest/detail/manifest_field.hpp>
#include <kollect/manifest/detail/manifest_names.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

[[nodiscard]] inline std::string decode_object_name(const manifest_field& field) {
  auto name = field.text();
  if (field.present() && !is_object_name(name))
    field.fail(error::invalid_value,
               "must be a Kubernetes name: lower-case letters, digits, - and ., at most 253");
  return name;
}

/// Absent or empty: nothing.
[[nodiscard]] inline std::optional<std::string> decode_namespace(const manifest_field& field) {
  auto name = field.text();
  if (name.empty())
    return {};
  if (!is_namespace_name(name))
    field.fail(error::invalid_value,
               "must be a Kubernetes namespace: lower-case letters, digits and -, at most 63");
  return name;
}

/// metadata: the keys that the API server adds are accepted and, but for name and namespace, ignored.
[[nodiscard]] inline object_metadata decode_metadata(const manifest_field& metadata) {
  metadata.required().only({"name", "namespace", "labels", "annotations", "uid", "resourceVersion",
                            "generation", "creationTimestamp", "deletionTimestamp",
                            "deletionGracePeriodSeconds", "generateName", "managedFields", "ownerReferences",
                            "finalizers", "selfLink"});
  object_metadata decoded;
  const auto name = metadata["name"].required();
  decoded.name = decode_object_name(name);
  decoded.namespace_ = decode_namespace(metadata["namespace"]).value_or(std::string(default_namespace));
  decoded.position = name.position();
  return decoded;
}

[[nodiscard]] inline std::optional<secret_reference>
decode_secret_reference(const manifest_field& reference) {
  if (!reference.present())
    return {};
  reference.only({"name", "namespace"});
  return secret_reference{decode_object_name(reference["name"].required()),
                          decode_namespace(reference["namespace"]), reference.position()};
}

/// Go duration text from 0 to 24 h.
[[nodiscard]] inline std::optional<std::chrono::nanoseconds> decode_interval(const manifest_field& field) {
  if (!field.present())
    return {};
  const auto interval = parse_duration(field.text(), max_export_min_interval);
  if (!interval)
    field.fail(error::invalid_value, "must be a duration such as 30s or 1h30m, from 0s to 24h");
  return interval;
}

[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string out(text);
  for (auto& letter : out)
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return out;
}

/// A template of paths or names, trimmed (ENV-07).
[[nodiscard]] inline std::string decode_template(const manifest_field& field) {
  const auto text = field.text();
  if (const auto why = refuse_template(text); !why.empty())
    field.fail(error::invalid_value, std::string(why), "ENV-07");
  return std::string(trim(text));
}

/// spec.provisioning: who makes the destination.
[[nodiscard]] inline provisioning_settings decode_provisioning(const manifest_field& provisioning) {
  provisioning_settings decoded;
  if (!provisioning.present())
    return decoded;
  provisioning.only({"mode", "naming"});
  const auto mode = lower_case(trim(provisioning["mode"].text()));
  if (!mode.empty() && mode != "ensure" && mode != "existing")
    provisioning["mode"].fail(error::invalid_value, "must be ensure or existing");
  decoded.is_existing = mode == "existing";
  const auto naming = provisioning["naming"];
  if (naming.present())
    naming.only({"template"});
  decoded.name_template = decode_template(naming["template"]);
  return decoded;
}

inline void expect_api_version(const manifest_field& root, std::string_view wanted) {
  const auto field = root["apiVersion"].required();
  const auto version = field.text();
  if (version != wanted)
    field.fail(error::invalid_value, "must be " + std::string(wanted) + ", not " + in_quotes(version));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

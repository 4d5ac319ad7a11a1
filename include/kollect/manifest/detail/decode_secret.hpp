#ifndef KOLLECT_MANIFEST_DETAIL_DECODE_SECRET_HPP
#define KOLLECT_MANIFEST_DETAIL_DECODE_SECRET_HPP

#include <kollect/base64.hpp>
#include <kollect/manifest/detail/decode_common.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/version.hpp>

#include <string>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A Kubernetes Secret. No message of this function names an unknown key or a value (SEC-02).
[[nodiscard]] inline secret decode_secret(const manifest_field& root) {
  root.only({"apiVersion", "kind", "metadata", "type", "immutable", "data", "stringData"});
  expect_api_version(root, "v1");
  secret decoded;
  decoded.metadata = decode_metadata(root["metadata"]);
  root["type"].text();
  root["immutable"].boolean(false);
  for (const auto& [key, field] : root["data"].members()) {
    auto value = decode_base64(field.text());
    if (!value)
      field.fail(error::invalid_value, "must be base64; put plain text into stringData instead");
    decoded.values[key] = std::move(value).value_or(std::string());
  }
  for (const auto& [key, field] : root["stringData"].members())
    decoded.values[key] = field.text();
  return decoded;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

#ifndef KOLLECT_MANIFEST_DOCUMENT_JSON_HPP
#define KOLLECT_MANIFEST_DOCUMENT_JSON_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/detail/json_document_reader.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/version.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Reads one JSON value as a document; needs no YAML library. Strict: RFC 8259, UTF-8, no duplicate
/// key, no half surrogate pair, nothing after the value. `source` names the text in error messages.
/// A failure is error::manifest_syntax or error::duplicate_key, with line and column. Linear.
[[nodiscard]] inline result<document> read_document_json(std::string_view text, std::string source,
                                                         const document_limits& bounds = {}) {
  if (text.size() > bounds.max_bytes) {
    auto refusal =
        make_failure(error::manifest_syntax, "the text is longer than " + std::to_string(bounds.max_bytes) +
                                                 " bytes; a manifest is much smaller");
    refusal.source = std::move(source);
    return refusal;
  }
  return detail::json_document_reader(text, std::move(source), bounds).read();
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

#ifndef KOLLECT_MANIFEST_DOCUMENT_HPP
#define KOLLECT_MANIFEST_DOCUMENT_HPP

#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What a node of a manifest is. Plain scalars are told apart by YAML 1.2's core schema; a quoted
/// scalar is always a string, as in Kubernetes.
enum class node_kind { null, boolean, number, string, sequence, mapping };

[[nodiscard]] constexpr std::string_view to_string(node_kind kind) noexcept {
  switch (kind) {
  case node_kind::null:
    return "null";
  case node_kind::boolean:
    return "a boolean";
  case node_kind::number:
    return "a number";
  case node_kind::string:
    return "a string";
  case node_kind::sequence:
    return "a list";
  case node_kind::mapping:
    return "a mapping";
  }
  return "unknown";
}

struct mapping_entry;

/// One value of a manifest and where it stands, whether it was written in YAML or in JSON.
/// It may be part of a Secret, so there is deliberately no operator<<.
struct node {
  node_kind kind = node_kind::null;   ///< which of the fields below count
  bool is_quoted = false;             ///< the scalar was quoted, or a YAML block scalar
  text_position position = {};        ///< columns count bytes
  std::string text = {};              ///< of a scalar: decoded if a string, else as written
  std::vector<node> elements = {};    ///< of a sequence
  std::vector<mapping_entry> entries; ///< of a mapping, as written; no key is there twice

  /// The value under `key`, or nullptr. Linear in the number of keys.
  [[nodiscard]] const node* find(std::string_view key) const noexcept;
};

/// One `key: value` of a mapping.
struct mapping_entry {
  std::string key;            ///< decoded
  text_position key_position; ///< of the key's first character
  node value;                 ///< what stands behind the colon
};

[[nodiscard]] inline const node* node::find(std::string_view key) const noexcept {
  for (const auto& entry : entries)
    if (entry.key == key)
      return &entry.value;
  return nullptr;
}

/// One YAML or JSON document.
struct document {
  std::string source; ///< the file it is from, for error messages
  node root;          ///< the one value of the document
};

/// What a text may at most hold. A text beyond a limit is error::manifest_syntax.
struct document_limits {
  std::size_t max_bytes = 1024UL * 1024; ///< of the whole text
  std::size_t max_depth = 64;            ///< nesting; the outermost mapping is level 1
  std::size_t max_nodes = 100'000;       ///< of one document, keys not counted
  std::size_t max_documents = 100;       ///< of one text
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

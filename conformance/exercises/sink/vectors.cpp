#include "vectors.hpp"

#include <suite/json_node.hpp>
#include <suite/message_facts.hpp>

#include <algorithm>
#include <string_view>

namespace kollect::conformance::exercises::sink {

namespace {

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Of letters and digits, and inside also of `marks`.
bool is_made_of(std::string_view text, std::string_view letters, std::string_view marks,
                std::size_t longest) noexcept {
  const auto is_letter = [&](char one) { return letters.find(one) != std::string_view::npos; };
  const auto is_inner = [&](char one) { return is_letter(one) || marks.find(one) != std::string_view::npos; };
  return !text.empty() && text.size() <= longest && is_letter(text.front()) && is_letter(text.back()) &&
         std::ranges::all_of(text, is_inner);
}

bool is_name(std::string_view name) noexcept {
  return is_made_of(name, lower, "-.", 253);
}

bool is_label_value(std::string_view value) noexcept {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return value.empty() || is_made_of(value, letters, "-._", 63);
}

bool has_names(const json_node& row) {
  const auto text = [&](std::string_view name) {
    const auto field = row.find(name);
    return !field || field->kind != json_kind::string ? std::string() : field->text.decode();
  };
  // What is not namespaced has no namespace.
  return (text("namespace").empty() || is_kubernetes_namespace(text("namespace"))) &&
         is_kubernetes_namespace(text("targetNamespace")) && is_name(text("targetName")) &&
         is_name(text("name")) && is_name(text("uid"));
}

} // namespace

extern const char* const fixed_vector_lines[]; // generated from fixed.jsonl; ends with nullptr

const std::vector<vector_input>& fixed_vectors() {
  static const auto all = [] {
    std::vector<vector_input> vectors;
    for (const char* const* line = fixed_vector_lines; *line != nullptr; ++line) {
      const auto read = read_json(*line);
      const auto text = [&](std::string_view name) { return read.root.find(name)->text.decode(); };
      vectors.push_back({text("name"), text("cluster"), text("namespace"), text("inventory"),
                         text("exportedAt"), integer_of(read.root.find("generation")).value_or(0),
                         static_cast<std::size_t>(integer_of(read.root.find("maxExportBytes")).value_or(0)),
                         std::string(read.root.find("items")->raw)});
    }
    return vectors;
  }();
  return all;
}

bool is_kubernetes_namespace(std::string_view name) noexcept {
  return is_made_of(name, lower, "-", 63);
}

bool has_kubernetes_names(const vector_input& one) {
  const auto rows = read_json(one.items);
  return is_label_value(one.cluster) && is_kubernetes_namespace(one.namespace_) && is_name(one.inventory) &&
         std::ranges::all_of(rows.root.elements(), has_names);
}

} // namespace kollect::conformance::exercises::sink

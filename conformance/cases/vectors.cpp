#include "vectors.hpp"

#include <suite/json_tree.hpp>
#include <suite/message_facts.hpp>

#include <string_view>

namespace kollect::conformance::cases {

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

} // namespace kollect::conformance::cases

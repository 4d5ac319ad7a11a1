#ifndef KOLLECT_CONFORMANCE_EXERCISES_SINK_VECTORS_HPP
#define KOLLECT_CONFORMANCE_EXERCISES_SINK_VECTORS_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance::exercises::sink {

/// The inputs of one line of conformance/vectors/fixed.jsonl, which this program carries within itself.
struct vector_input {
  std::string name;
  std::string cluster;
  std::string namespace_;
  std::string inventory;
  std::string exported_at;
  std::int64_t generation = 0;
  std::size_t max_export_bytes = 0;
  std::string items; ///< as spelled
};

const std::vector<vector_input>& fixed_vectors();

/// Whether Kubernetes allows a namespace of this name: an RFC 1123 label.
bool is_kubernetes_namespace(std::string_view name) noexcept;

/// Whether Kubernetes allows all names of a vector: its namespace and inventory, its cluster as a label's
/// value, and those of its rows.
bool has_kubernetes_names(const vector_input& one);

} // namespace kollect::conformance::exercises::sink

#endif

#ifndef KOLLECT_PRODUCER_EXPORT_PLAN_HPP
#define KOLLECT_PRODUCER_EXPORT_PLAN_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/manifest.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kollect::producer {

/// What a person asks for on the command line; empty where nothing is said.
struct export_request {
  std::string namespace_;
  std::string inventory;
  std::string sink; ///< NAME or NAMESPACE/NAME
};

/// An event sink that a snapshot goes to.
struct planned_sink {
  event_sink sink;
  std::optional<std::uint64_t> max_export_bytes{}; ///< as the inventory says
};

/// Where one snapshot goes.
struct export_plan {
  std::string namespace_; ///< of the inventory
  std::string inventory;
  std::vector<planned_sink> event_sinks;
  std::vector<database_sink> database_sinks;
  std::vector<failure> missing;      ///< sinks that the inventory names and the manifest lacks
  std::vector<std::string> warnings; ///< what a person might not expect
};

/// Plans the export of a snapshot of an inventory. A KollectInventory in the manifest tells the snapshot's
/// namespace and name, its sinks (eventSinkRefs, databaseSinkRefs) and their maxExportBytes; where there are
/// several, the request picks one. Without one the request must name all three, but for a sink that is alone.
/// error::invalid_value says what to name.
result<export_plan> plan_export(const manifest_file& manifest, const export_request& request);

} // namespace kollect::producer

#endif

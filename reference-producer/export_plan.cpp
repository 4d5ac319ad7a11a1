#include "export_plan.hpp"

#include <kollect/manifest/select_sink.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace kollect::producer {

namespace {

failure refuse(const manifest_file& manifest, std::string what) {
  auto refusal = make_failure(error::invalid_value, std::move(what));
  refusal.source = manifest.source;
  return refusal;
}

std::string names_of(const std::vector<inventory_pairing>& inventories) {
  std::string names;
  for (const auto& one : inventories)
    names += (names.empty() ? "" : ", ") + to_string(one.metadata);
  return names;
}

/// The inventory that is meant; nothing where the manifest has none of that name.
result<const inventory_pairing*> find_inventory(const manifest_file& manifest,
                                                const export_request& request) {
  const inventory_pairing* found = nullptr;
  for (const auto& one : manifest.inventories) {
    const bool fits = (request.namespace_.empty() || request.namespace_ == one.metadata.namespace_) &&
                      (request.inventory.empty() || request.inventory == one.metadata.name);
    if (fits && found != nullptr)
      return refuse(manifest, "it has several inventories that fit; name one of " +
                                  names_of(manifest.inventories) + " with --namespace and --inventory");
    if (fits)
      found = &one;
  }
  return found;
}

bool is_meant(const object_metadata& sink, const export_request& request) {
  return request.sink.empty() || request.sink == sink.name || request.sink == to_string(sink);
}

/// A sink that an inventory names stands in the inventory's namespace.
template <class Sink>
const Sink* find_sink(const std::vector<Sink>& sinks, const inventory_pairing& inventory,
                      const sink_reference& reference) {
  const auto found = std::find_if(sinks.begin(), sinks.end(), [&](const Sink& one) {
    return one.metadata.name == reference.name && one.metadata.namespace_ == inventory.metadata.namespace_;
  });
  return found == sinks.end() ? nullptr : &*found;
}

failure describe_missing(const manifest_file& manifest, const inventory_pairing& inventory,
                         std::string_view kind, const sink_reference& reference) {
  return refuse(manifest, "the inventory " + to_string(inventory.metadata) + " names the " +
                              std::string(kind) + " " + inventory.metadata.namespace_ + "/" + reference.name +
                              ", which is not in this file: add it, or take it out of the inventory");
}

/// Sinks that nothing is exported to, as no inventory of the file names them.
void note_unnamed_sinks(const manifest_file& manifest, export_plan& plan) {
  const auto is_named = [&](const event_sink& sink) {
    return std::any_of(manifest.inventories.begin(), manifest.inventories.end(), [&](const auto& inventory) {
      return std::any_of(
          inventory.event_sinks.begin(), inventory.event_sinks.end(),
          [&](const auto& reference) { return find_sink(manifest.sinks, inventory, reference) == &sink; });
    });
  };
  for (const auto& sink : manifest.sinks)
    if (!is_named(sink))
      plan.warnings.push_back("no inventory of this file names the event sink " + to_string(sink.metadata) +
                              ": the operator would export nothing to it");
}

result<export_plan> plan_without_inventory(const manifest_file& manifest, const export_request& request) {
  if (request.namespace_.empty() || request.inventory.empty())
    return refuse(manifest,
                  "it has no KollectInventory: name the snapshot's with --namespace and --inventory");
  auto sink = select_sink(manifest, request.sink.empty() ? std::nullopt
                                                         : std::optional<std::string_view>(request.sink));
  if (!sink)
    return sink.error();
  export_plan plan{request.namespace_, request.inventory, {{std::move(*sink)}}, {}, {}, {}};
  if (!manifest.inventories.empty())
    plan.warnings.push_back("this file has no inventory " + request.namespace_ + "/" + request.inventory +
                            " but " + names_of(manifest.inventories) + ": only the flags tell where it goes");
  return plan;
}

} // namespace

result<export_plan> plan_export(const manifest_file& manifest, const export_request& request) {
  const auto found = find_inventory(manifest, request);
  if (!found)
    return found.error();
  if (*found == nullptr)
    return plan_without_inventory(manifest, request);
  const auto& inventory = **found;
  export_plan plan{inventory.metadata.namespace_, inventory.metadata.name, {}, {}, {}, {}};
  for (const auto& reference : inventory.event_sinks) {
    const auto* const sink = find_sink(manifest.sinks, inventory, reference);
    if (sink == nullptr)
      plan.missing.push_back(describe_missing(manifest, inventory, "event sink", reference));
    else if (is_meant(sink->metadata, request))
      plan.event_sinks.push_back(
          {*sink, reference.max_export_bytes ? reference.max_export_bytes : inventory.max_export_bytes});
  }
  for (const auto& reference : inventory.database_sinks) {
    const auto* const sink = find_sink(manifest.database_sinks, inventory, reference);
    if (sink == nullptr)
      plan.missing.push_back(describe_missing(manifest, inventory, "database sink", reference));
    else if (is_meant(sink->metadata, request))
      plan.database_sinks.push_back(*sink);
  }
  note_unnamed_sinks(manifest, plan);
  if (plan.event_sinks.empty() && plan.database_sinks.empty() && plan.missing.empty())
    return refuse(manifest, "the inventory " + to_string(inventory.metadata) + " names no sink" +
                                (request.sink.empty() ? "" : " called " + request.sink) +
                                ": add it to spec.eventSinkRefs");
  return plan;
}

} // namespace kollect::producer

#include "command/commands.hpp"
#include "command/open_store.hpp"

#include <kollect/detail/json_writer.hpp>
#include <kollect/program/exit_code.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace kollect::consumer {
namespace {

struct doctor_flags {
  store_flags store;
};

std::string json_text(std::string_view text) {
  std::string out;
  detail::append_string(out, text);
  return out;
}

std::string to_json(const stored_position& position) {
  return "{\"log\":" + json_text(position.log) + ",\"partition\":" + std::to_string(position.partition) +
         ",\"nextOffset\":" + std::to_string(position.next_offset) +
         ",\"ownerEpoch\":" + std::to_string(position.owner_epoch) +
         ",\"owner\":" + json_text(position.owner) + "}";
}

/// Scopes that several inventories seem to share: not wrong in the store, but somebody should know.
std::vector<std::string> shared_scopes(const std::vector<scope_summary>& scopes) {
  std::vector<std::string> out;
  for (const auto& one : scopes)
    if (one.target_conflicts > 0)
      out.push_back("several inventories share the scope " + one.scope.cluster + "/" + one.scope.namespace_ +
                    "/" + one.scope.inventory + ": snapshots with disjoint targets took turns " +
                    std::to_string(one.target_conflicts) +
                    " times; give them ADR-0405 message keys (KAF-01)");
  return out;
}

template <class Range, class Text>
std::string json_array(const Range& values, Text&& text) {
  std::string out = "[";
  for (const auto& value : values)
    out += (out.size() > 1 ? "," : "") + text(value);
  return out + "]";
}

result<int> doctor(const doctor_flags& flags) {
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto counts = (*opened)->counts();
  if (!counts)
    return counts.error();
  auto positions = (*opened)->positions();
  if (!positions)
    return positions.error();
  auto wrong = (*opened)->contradictions();
  if (!wrong)
    return wrong.error();
  auto scopes = (*opened)->scopes();
  if (!scopes)
    return scopes.error();
  const auto warnings = shared_scopes(*scopes);
  std::cout << "{\"positions\":" << json_array(*positions, [](const auto& one) { return to_json(one); })
            << ",\"counters\":" << to_json(*counts)
            << ",\"contradictions\":" << json_array(*wrong, &json_text)
            << ",\"warnings\":" << json_array(warnings, &json_text) << "}\n";
  if (!std::cout.flush())
    return make_failure(error::store_full, "the output could not be written");
  return wrong->empty() && warnings.empty() ? program::success : program::findings;
}

} // namespace

void add_doctor(CLI::App& program, command_action& chosen) {
  auto flags = std::make_shared<doctor_flags>();
  auto* const command =
      program.add_subcommand("doctor", "check that a store does not contradict itself; print its positions");
  add_store_flags(*command, flags->store);
  command->callback([flags, &chosen] { chosen = [flags] { return doctor(*flags); }; });
}

} // namespace kollect::consumer

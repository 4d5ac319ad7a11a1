// Messages of two scopes in any order, doubled and torn: the projection against the newest whole snapshot.

#include "require.hpp"

#include <kollect/export.hpp>
#include <kollect/projection.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using kollect::fuzz::require;

constexpr std::size_t snapshots_of_a_scope = 6;
constexpr std::size_t most_rows = 5;
constexpr std::array<std::string_view, 2> clusters{"east", "west"};

/// One snapshot: the rows that it has, and its messages.
struct made_snapshot {
  std::set<std::string> names;
  std::vector<std::string> messages;
};

/// Bits 0 to 4 say which rows there are, bit 7 that each goes into a part of its own.
made_snapshot make_snapshot(std::string_view cluster, std::size_t number, std::uint8_t bits) {
  kollect::snapshot source;
  source.scope = {std::string(cluster), "team", "all"};
  made_snapshot out;
  for (std::size_t row = 0; row < most_rows; ++row) {
    if ((bits >> row & 1U) == 0)
      continue;
    kollect::item one;
    one.name = one.uid = "row-" + std::to_string(row);
    one.kind = "ConfigMap";
    out.names.insert(one.name);
    source.items.push_back(std::move(one));
  }
  kollect::connection sink;
  sink.system = kollect::broker_system::kafka;
  sink.destination = "topic";
  sink.cluster = std::string(cluster);
  const kollect::timestamp instant{1'700'000'000 + static_cast<std::int64_t>(number), 0};
  kollect::payload_options options;
  options.max_export_bytes = (bits & 0x80U) != 0 ? 420 : 0;
  for (auto& message : kollect::make_messages(source, sink, instant, options).value())
    out.messages.push_back(std::move(message.value));
  return out;
}

/// What must be held: the newest snapshot of which every message has come.
class oracle {
public:
  void hear(std::size_t snapshot, std::size_t message) { heard_[snapshot].insert(message); }

  std::optional<std::set<std::string>> rows(std::span<const made_snapshot> made) const {
    std::optional<std::set<std::string>> newest;
    for (std::size_t number = 0; number < made.size(); ++number)
      if (const auto found = heard_.find(number);
          found != heard_.end() && found->second.size() == made[number].messages.size())
        newest = made[number].names;
    return newest;
  }

private:
  std::map<std::size_t, std::set<std::size_t>> heard_;
};

void require_same(const kollect::projection& fleet, std::string_view cluster,
                  const std::optional<std::set<std::string>>& expected) {
  std::optional<std::set<std::string>> held;
  fleet.for_each([&](const kollect::scope& which, const kollect::row_map& rows) {
    if (which.cluster != cluster)
      return;
    held.emplace();
    for (const auto& [identity, row] : rows)
      held->insert(identity.name);
  });
  require(held == expected, "the rows are those of the newest whole snapshot");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t shapes = clusters.size() * snapshots_of_a_scope, most_messages = 256;
  if (size < shapes)
    return 0;
  std::array<std::vector<made_snapshot>, clusters.size()> made;
  for (std::size_t at = 0; at < shapes; ++at)
    made[at % clusters.size()].push_back(
        make_snapshot(clusters[at % clusters.size()], at / clusters.size(), data[at]));

  kollect::projection fleet;
  std::array<oracle, clusters.size()> expected;
  std::int64_t sent = 0, poisoned = 0;
  for (const auto letter : std::span(data, size).subspan(shapes, std::min(size - shapes, most_messages))) {
    ++sent;
    if (letter >= 0xF8) {
      require(!fleet.apply("{\"schemaVersion\":"), "poison is refused");
      ++poisoned;
      continue;
    }
    const std::size_t which = letter % clusters.size();
    const std::size_t number = letter / clusters.size() % snapshots_of_a_scope;
    const auto& messages = made[which][number].messages;
    const std::size_t message = letter / shapes % messages.size();
    require(fleet.apply(messages[message]).has_value(), "what a producer makes is taken");
    expected[which].hear(number, message);
    require_same(fleet, clusters[which], expected[which].rows(made[which]));
  }
  const auto& counts = fleet.counts();
  require(counts.consumed == sent && counts.dead_lettered == poisoned && counts.is_conserved(),
          "each message has one ending");
  return 0;
}

// Parts of sets in any order, with little room for them: nothing is lost without a word.

#include "require.hpp"

#include <kollect/assembler.hpp>
#include <kollect/export.hpp>
#include <kollect/snapshot.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using kollect::fuzz::require;

constexpr std::size_t sets = 4, rows_of_a_set = 4, most_parts = 512;

/// The messages of a set: a part a row.
std::vector<std::string> make_set(std::size_t number) {
  kollect::snapshot source;
  source.scope = {number % 2 == 0 ? "east" : "west", "team", "all"};
  for (std::size_t row = 0; row < rows_of_a_set; ++row) {
    kollect::item one;
    one.name = one.uid = std::to_string(number) + "-" + std::to_string(row);
    one.kind = "ConfigMap";
    source.items.push_back(std::move(one));
  }
  kollect::connection sink;
  sink.system = kollect::broker_system::kafka;
  sink.destination = "topic";
  sink.cluster = source.scope.cluster;
  kollect::payload_options options;
  options.max_export_bytes = 420;
  std::vector<std::string> out;
  for (auto& message :
       kollect::make_messages(source, sink, {1'700'000'000 + static_cast<std::int64_t>(number), 0}, options)
           .value())
    out.push_back(std::move(message.value));
  require(out.size() > 1, "the set has parts");
  return out;
}

/// Which parts of each set must be held.
using expected_parts = std::map<kollect::part_set, std::set<std::uint32_t>>;

std::set<std::uint32_t> indexes_of(const kollect::collected_set& set) {
  std::set<std::uint32_t> out;
  for (const auto& part : set.parts)
    require(out.insert(part.part.part_index).second, "each index is there once");
  return out;
}

void take_out(expected_parts& expected, const kollect::collected_set& set, const char* what) {
  require(expected.contains(set.set) && expected[set.set] == indexes_of(set), what);
  expected.erase(set.set);
}

/// Adds one part, and compares what the assembler says with what must be held.
void add(kollect::assembler& parts, const std::string& message, kollect::assembler::clock::time_point now,
         expected_parts& expected) {
  const auto head = kollect::read_head(message).value();
  const auto snapshot = kollect::parse_snapshot(head.envelope).value();
  const auto set = kollect::part_set_of(head, snapshot);
  const auto index = kollect::held_part_of(head, snapshot).part_index;
  const bool is_held = expected.contains(set) && expected[set].contains(index);
  const auto before = parts.held_bytes();
  auto answer = parts.add({}, head, snapshot, {}, now);
  if (!answer) {
    require(answer.error().reason() == kollect::error::too_large && parts.held_bytes() == before,
            "a part is refused for its size alone, and changes nothing then");
    return;
  }
  require((answer->found.ending == kollect::outcome::duplicate) == is_held, "what is held is a duplicate");
  if (!is_held)
    expected[set].insert(index);
  if (answer->whole) {
    require(answer->whole->parts.size() == set.part_total, "a whole set has all of its parts");
    take_out(expected, *answer->whole, "a whole set has what came");
  }
  for (const auto& one : answer->given_up)
    take_out(expected, one, "a set that is given up has what came");
}

} // namespace

/// The first two bytes say how much room there is; each of the others adds a part, lets time pass or
/// drops what is superseded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2)
    return 0;
  static const auto made = [] {
    std::vector<std::vector<std::string>> out;
    for (std::size_t number = 0; number < sets; ++number)
      out.push_back(make_set(number));
    return out;
  }();
  kollect::assembler parts({.max_bytes = std::size_t{data[0]} * 64U,
                            .max_sets = data[1] % (sets + 1U),
                            .max_age = std::chrono::minutes(10)});
  kollect::assembler::clock::time_point now{};
  expected_parts expected;
  for (const auto letter : std::span(data, size).subspan(2, std::min(size - 2, most_parts))) {
    const auto& messages = made[letter % sets];
    if (letter >= 0xF0) {
      now += std::chrono::minutes(letter - 0xEF);
      for (const auto& one : parts.expire(now))
        take_out(expected, one, "a set that has expired has what came");
    } else if (letter >= 0xE0) {
      const auto head = kollect::read_head(messages[0]).value();
      const auto snapshot = kollect::parse_snapshot(head.envelope).value();
      const auto set = kollect::part_set_of(head, snapshot);
      for (const auto& one : parts.drop_superseded(set.scope, kollect::order_of(head, snapshot)))
        take_out(expected, one, "a set that is superseded has what came");
    } else {
      add(parts, messages[letter / sets % messages.size()], now, expected);
    }
    require(parts.pending_sets() == expected.size(), "as many sets wait as must");
    require(parts.held_bytes() <= std::size_t{data[0]} * 64U, "it holds no more than it may");
    require(expected.empty() == (parts.held_bytes() == 0), "what holds nothing takes no bytes");
  }
  return 0;
}

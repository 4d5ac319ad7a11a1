#include "consumer_oracle.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace kollect::conformance {

namespace {

using set_name = std::tuple<scope, timestamp, std::int64_t, std::int64_t>; // generation, parts

/// The parts of one set that were sent.
struct sent_set {
  std::map<std::int64_t, std::vector<std::string>> parts{};
  bool has_conflict = false; ///< one index came with two contents: nobody knows the snapshot

  bool is_complete(std::int64_t total) const {
    return !has_conflict && static_cast<std::int64_t>(parts.size()) == total && parts.begin()->first == 1 &&
           parts.rbegin()->first == total;
  }
};

std::vector<meant_snapshot> whole_snapshots(std::span<const sent_message> sent) {
  std::vector<meant_snapshot> whole;
  std::map<set_name, sent_set> sets;
  for (const auto& message : sent) {
    if (!message.meaning)
      continue;
    const auto& one = *message.meaning;
    if (one.part_total == 0) {
      whole.push_back(one);
      continue;
    }
    auto& set = sets[{one.which, one.instant, one.generation, one.part_total}];
    const auto [place, is_new] = set.parts.emplace(one.part_index, one.rows);
    set.has_conflict = set.has_conflict || (!is_new && place->second != one.rows);
  }
  for (const auto& [name, set] : sets) {
    const auto& [which, instant, generation, total] = name;
    if (!set.is_complete(total))
      continue;
    meant_snapshot joined{.which = which, .instant = instant, .generation = generation};
    for (const auto& [index, rows] : set.parts)
      joined.rows.insert(joined.rows.end(), rows.begin(), rows.end());
    whole.push_back(std::move(joined));
  }
  return whole;
}

} // namespace

expected_state expect_state(std::span<const sent_message> sent) {
  auto whole = whole_snapshots(sent);
  std::ranges::stable_sort(whole, {}, [](const meant_snapshot& one) {
    return std::tuple(one.which, one.instant, one.generation);
  });
  expected_state out;
  for (auto& one : whole) // the newest of each scope comes last
    out[one.which] = {one.instant, std::move(one.rows)};
  return out;
}

std::size_t expect_refused(std::span<const sent_message> sent) {
  std::set<std::string> different;
  for (const auto& message : sent)
    if (!message.meaning)
      different.insert(message.value);
  return different.size();
}

} // namespace kollect::conformance

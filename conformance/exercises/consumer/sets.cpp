#include "exercises.hpp"

#include <algorithm>
#include <array>

namespace kollect::conformance::exercises::consumer {

namespace {

/// One part with one row of its own.
struct part {
  scope where;
  std::int64_t second; ///< of exportedAt
  std::int64_t index, total;
  std::int64_t generation = 3;
  std::string name{}; ///< of its row; empty: one that says round and index
};

sent_message make_part(const consumer_session& now, const part& plan) {
  const auto name = plan.name.empty()
                        ? "round-" + std::to_string(plan.second) + "-part-" + std::to_string(plan.index)
                        : plan.name;
  return make_sent_message(
      {.which = plan.where,
       .instant = now.at(plan.second),
       .rows = {consumer_row(plan.where.namespace_, name)},
       // Parts are made one after the other.
       .timestamp_of_envelope = now.at(plan.second, static_cast<std::uint32_t>(plan.index) * 1'000'000),
       .generation = plan.generation,
       .part_index = plan.index,
       .part_total = plan.total});
}

sent_message make_whole(const consumer_session& now, const scope& where, std::int64_t second) {
  return make_sent_message({.which = where,
                            .instant = now.at(second),
                            .rows = {consumer_row(where.namespace_, "whole-" + std::to_string(second))}});
}

} // namespace

result<void> sets(consumer_session& now) {
  std::array<std::int64_t, 3> order{1, 2, 3};
  std::vector<sent_message> messages;
  std::int64_t second = 0;
  do {
    for (const bool is_spread : {false, true}) {
      ++second;
      std::string name = is_spread ? "spread" : "in-turn";
      for (const auto index : order)
        name += "-" + std::to_string(index);
      for (const auto index : order)
        messages.push_back(in_partition(make_part(now, {now.make_scope(name), second, index, 3}),
                                        static_cast<std::int32_t>(is_spread ? index : 0)));
    }
  } while (std::ranges::next_permutation(order).found);
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("MP-04", "sets of three parts in every order");
}

result<void> torn(consumer_session& now) {
  const auto where = now.make_scope("replaced"), empty = now.make_scope("first");
  if (auto sent = now.publish({make_whole(now, where, 1), make_part(now, {where, 2, 1, 3}),
                               make_part(now, {where, 2, 3, 3}), make_part(now, {empty, 2, 2, 2})});
      !sent)
    return sent;
  if (auto seen = now.expect("MP-04", "a set that lacks a part is not applied, not even in part"); !seen)
    return seen;
  if (auto sent = now.publish({make_whole(now, where, 3), make_whole(now, empty, 3)}); !sent)
    return sent;
  return now.expect("MP-04", "a newer snapshot after a set that lacks a part");
}

result<void> part_twice(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const auto first = make_part(now, {where, 2, 1, 2});
  if (auto sent = now.publish({make_whole(now, where, 1), first, first, first, in_partition(first, 3)});
      !sent)
    return sent;
  if (auto seen = now.expect("MP-04", "one part four times is not a set of two"); !seen)
    return seen;
  if (auto sent = now.publish({make_part(now, {where, 2, 2, 2})}); !sent)
    return sent;
  return now.expect("MP-04", "a set one of whose parts came four times");
}

result<void> two_contents(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  if (auto sent = now.publish({make_whole(now, where, 1), make_part(now, {where, 2, 1, 2, 3, "one"}),
                               make_part(now, {where, 2, 1, 2, 3, "another"})});
      !sent)
    return sent;
  if (auto seen = now.expect("MP-04", "two contents under one index are not a set of two"); !seen)
    return seen;
  if (auto sent = now.publish({make_whole(now, where, 3)}); !sent)
    return sent;
  return now.expect("MP-04", "a newer snapshot after two contents under one index");
}

result<void> out_of_range(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  auto beyond = make_part(now, {where, 2, 3, 2});
  beyond.meaning.reset();
  if (auto sent = now.publish({make_whole(now, where, 1), make_part(now, {where, 2, 1, 2}), beyond}); !sent)
    return sent;
  if (auto seen = now.expect("MP-04", "part 3 of 2 completes no set"); !seen)
    return seen;
  if (auto sent = now.publish({make_part(now, {where, 2, 2, 2})}); !sent)
    return sent;
  return now.expect("MP-04", "a set, a part 3 of 2 among it");
}

result<void> late_part(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  if (auto sent = now.publish(
          {make_part(now, {where, 1, 1, 2}), make_whole(now, where, 2), make_part(now, {where, 1, 2, 2})});
      !sent)
    return sent;
  return now.expect("MP-04", "a set that is whole only after a newer snapshot was applied is stale");
}

result<void> rounds_mixed(consumer_session& now) {
  const auto where = [&now](const char* name) { return now.make_scope(name); };
  if (auto sent = now.publish(
          {make_whole(now, where("rounds"), 1), make_part(now, {where("rounds"), 2, 1, 2}),
           make_part(now, {where("rounds"), 3, 2, 2}), make_part(now, {where("generations"), 2, 1, 2, 3}),
           make_part(now, {where("generations"), 2, 2, 2, 4}),
           make_part(now, {where("larger-total"), 2, 1, 2}), make_part(now, {where("larger-total"), 2, 2, 3}),
           make_part(now, {where("smaller-total"), 2, 2, 3}),
           make_part(now, {where("smaller-total"), 2, 1, 2})});
      !sent)
    return sent;
  if (auto seen = now.expect("MP-05", "parts that differ in exportedAt, generation or partTotal are no set");
      !seen)
    return seen;
  if (auto sent = now.publish(
          {make_part(now, {where("rounds"), 3, 1, 2}), make_part(now, {where("rounds"), 2, 2, 2}),
           make_part(now, {where("in-turn"), 1, 1, 2}), make_part(now, {where("in-turn"), 2, 1, 2}),
           make_part(now, {where("in-turn"), 1, 2, 2}), make_part(now, {where("in-turn"), 2, 2, 2})});
      !sent)
    return sent;
  return now.expect("MP-05", "two rounds whose parts come in turn");
}

result<void> scopes_mixed(consumer_session& now) {
  std::vector<sent_message> messages{make_part(now, {now.make_scope("team-a"), 1, 1, 2}),
                                     make_part(now, {now.make_scope("team-b"), 1, 2, 2}),
                                     make_part(now, {now.make_scope("team-c", "all", "west"), 1, 1, 2}),
                                     make_part(now, {now.make_scope("team-c", "all", "east"), 1, 2, 2})};
  if (now.system() == broker_system::kafka) {
    messages.push_back(make_part(now, {now.make_scope("team-d", "one"), 1, 1, 2}));
    messages.push_back(make_part(now, {now.make_scope("team-d", "two"), 1, 2, 2}));
  }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("MP-05", "parts of two namespaces, clusters or inventories are no set");
}

} // namespace kollect::conformance::exercises::consumer

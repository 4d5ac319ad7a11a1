#include "exercises.hpp"

#include <kollect/checksum.hpp>

#include <algorithm>
#include <array>

namespace kollect::conformance::exercises::consumer {

namespace {

constexpr std::int64_t year = 366LL * 86'400;

/// A snapshot with one row of this name and one that never changes.
message_plan one_row(const scope& where, const timestamp& instant, const std::string& name) {
  return {.which = where,
          .instant = instant,
          .rows = {consumer_row(where.namespace_, name), consumer_row(where.namespace_, "same")}};
}

} // namespace

result<void> duplicates(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  const auto first = make_sent_message(one_row(where, now.at(1), "first"));
  const auto second = make_sent_message(one_row(where, now.at(2), "second"));
  if (auto sent = now.publish({first, first, in_partition(first, 3)}); !sent)
    return sent;
  if (auto seen = now.expect("DED-01", "one message at three offsets"); !seen)
    return seen;
  if (auto sent = now.publish({second, first, in_partition(first, 4), second, in_partition(second, 5)});
      !sent)
    return sent;
  return now.expect("DED-01", "messages that come again after newer ones");
}

result<void> there_and_back(consumer_session& now) {
  std::vector<sent_message> messages;
  for (const bool is_array : {false, true})
    for (std::int64_t second = 1; second <= 3; ++second) {
      auto plan =
          one_row(now.make_scope(is_array ? "array" : "envelope"), now.at(second), second == 2 ? "b" : "a");
      plan.is_array = is_array;
      messages.push_back(make_sent_message(plan));
    }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-01", "A, B, A: the last is a snapshot of its own, not the first once more");
}

result<void> same_content_elsewhere(consumer_session& now) {
  std::vector<sent_message> messages;
  for (const auto* const cluster : {"west", "east"})
    for (const auto* const namespace_ : {"team-a", "team-b"}) {
      auto plan = message_plan{.which = now.make_scope(namespace_, "all", cluster),
                               .instant = now.at(1),
                               .rows = {consumer_row("shared", "row")},
                               .is_array = true};
      messages.push_back(make_sent_message(plan));
    }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-01", "one payload with one timestamp from two clusters and two namespaces");
}

result<void> same_moment(consumer_session& now) {
  const auto where = now.make_scope("parts");
  std::vector<sent_message> messages;
  for (std::int64_t index = 1; index <= 2; ++index) {
    auto part = one_row(where, now.at(1), "row-" + std::to_string(index));
    part.rows.resize(1);
    part.part_index = index;
    part.part_total = 2;
    messages.push_back(make_sent_message(part));
  }
  if (now.system() == broker_system::kafka)
    for (const auto* const inventory : {"one", "two"})
      messages.push_back(
          make_sent_message(one_row(now.make_scope("inventories", inventory), now.at(1), inventory)));
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-01", "two payloads with one timestamp in one namespace");
}

result<void> raw_checksum(consumer_session& now) {
  auto first = one_row(now.make_scope("same-items"), now.at(1), "row");
  first.timestamp_of_envelope = now.at(1);
  auto again = first;
  again.instant = now.at(2);
  const auto good = [&] {
    auto plan = one_row(now.make_scope("forged"), now.at(2), "good");
    plan.timestamp_of_envelope = now.at(1);
    return plan;
  }();
  auto forged = one_row(good.which, now.at(1), "forged"); // says the checksum of what comes after it
  forged.timestamp_of_envelope = good.timestamp_of_envelope;
  auto members = payload_members(forged);
  members[1].second = payload_members(good)[1].second;
  auto other = with_value(forged, write_object(envelope_members(forged, write_object(members))));
  other.meaning.reset();
  std::vector<sent_message> messages{make_sent_message(first), make_sent_message(again), std::move(other),
                                     make_sent_message(good)};
  if (now.system() == broker_system::kafka)
    for (const auto* const inventory : {"one", "two"}) { // payloads that are alike once they are read
      const auto plan = one_row(now.make_scope("inventories", inventory), now.at(1), "row");
      const auto payload =
          write_object(payload_members(plan), inventory == std::string_view("one") ? "" : " ");
      messages.push_back(with_value(plan, write_object(envelope_members(plan, payload))));
    }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-02", "payloads that differ in their bytes and not in the checksum that they tell");
}

result<void> orders(consumer_session& now) {
  std::array<std::int64_t, 3> order{1, 2, 3};
  std::vector<sent_message> messages;
  do {
    for (const bool is_spread : {false, true}) {
      std::string name = is_spread ? "spread" : "in-turn";
      for (const auto second : order)
        name += "-" + std::to_string(second);
      for (const auto second : order) {
        auto plan = one_row(now.make_scope(name), now.at(second), "row-" + std::to_string(second));
        plan.partition = static_cast<std::int32_t>(is_spread ? second : 0);
        messages.push_back(make_sent_message(plan));
      }
    }
  } while (std::ranges::next_permutation(order).found);
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-03", "three snapshots in every order, in one partition and over three");
}

result<void> older_later(consumer_session& now) {
  const auto where = now.make_scope("team-a");
  if (auto sent = now.publish({make_sent_message(one_row(where, now.at(2), "newer"))}); !sent)
    return sent;
  if (auto seen = now.expect("DED-03", "a snapshot"); !seen)
    return seen;
  if (auto sent = now.publish({make_sent_message(one_row(where, now.at(1), "older"))}); !sent)
    return sent;
  return now.expect("DED-03", "a snapshot that comes after a newer one is not applied");
}

result<void> text_order(consumer_session& now) {
  struct pair {
    const char* name;
    std::uint32_t older, newer; ///< nanoseconds
  };
  std::vector<sent_message> messages;
  for (const auto& [name, older, newer] : {pair{"whole-and-half", 0, 500'000'000},
                                           {"tenth-and-more", 100'000'000, 100'001'000},
                                           {"nine-digits", 123'456'000, 123'456'789}})
    for (const bool is_array : {false, true})
      for (const bool is_newer_first : {false, true}) {
        const auto where = now.make_scope(std::string(name) + (is_array ? "-array" : "-envelope") +
                                          (is_newer_first ? "-newer-first" : "-older-first"));
        for (const bool is_newer : {is_newer_first, !is_newer_first}) {
          auto plan = one_row(where, now.at(1, is_newer ? newer : older), is_newer ? "newer" : "older");
          plan.is_array = is_array;
          messages.push_back(make_sent_message(plan));
        }
      }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-03", "instants that sort otherwise as text than as time");
}

result<void> two_clocks(consumer_session& now) {
  std::vector<sent_message> messages;
  for (const bool is_newer_first : {false, true}) {
    const auto where = now.make_scope(is_newer_first ? "newer-first" : "older-first");
    for (const bool is_newer : {is_newer_first, !is_newer_first}) {
      auto plan = one_row(where, now.at(is_newer ? 2 : 1), is_newer ? "newer" : "older");
      plan.timestamp_of_envelope = now.at(is_newer ? 10 : 20);
      messages.push_back(make_sent_message(plan));
    }
  }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-03", "exportedAt says what is newer, and not the envelope's timestamp");
}

result<void> generations(consumer_session& now) {
  std::vector<sent_message> messages;
  for (const bool is_newer_first : {false, true}) {
    const auto where = now.make_scope(is_newer_first ? "newer-first" : "older-first");
    for (const bool is_newer : {is_newer_first, !is_newer_first}) {
      auto plan = one_row(where, now.at(is_newer ? 2 : 1), is_newer ? "newer" : "older");
      plan.generation = is_newer ? 1 : 7; // the inventory was deleted and recreated
      messages.push_back(make_sent_message(plan));
    }
  }
  if (auto sent = now.publish(std::move(messages)); !sent)
    return sent;
  return now.expect("DED-03", "a newer snapshot of an inventory with a lower generation");
}

result<void> future(consumer_session& now) {
  const auto far = now.make_scope("last-year-of-all"), near = now.make_scope("in-three-years");
  if (auto sent = now.publish({make_sent_message(one_row(far, now.at(1), "first")),
                               make_sent_message(one_row(near, now.at(1), "first"))});
      !sent)
    return sent;
  if (auto seen = now.expect("DED-03", "a snapshot"); !seen)
    return seen;
  const auto later = [&] {
    return std::vector{make_sent_message(one_row(far, now.at(2), "second")),
                       make_sent_message(one_row(near, now.at(2), "second"))};
  }();
  auto without = now.expected();
  for (auto& one : later)
    without[one.meaning->which] = {one.meaning->instant, one.meaning->rows};
  if (auto sent =
          now.publish({make_sent_message(one_row(far, {last_timestamp.seconds - 86'400, 0}, "future")),
                       make_sent_message(one_row(near, now.at(3 * year), "future"))});
      !sent)
    return sent;
  if (auto sent = now.publish(later); !sent)
    return sent;
  return now.expect_either("DED-03",
                           "a snapshot from the future is the newest of its scope, or is set aside and does "
                           "not hold up those of today",
                           without);
}

} // namespace kollect::conformance::exercises::consumer

#ifndef KOLLECT_PROGRAM_STATE_HPP
#define KOLLECT_PROGRAM_STATE_HPP

#include <kollect/diff.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/order.hpp>
#include <kollect/scope.hpp>
#include <kollect/version.hpp>

#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace kollect {

/// Current rows of a whole fleet: what any consumer must arrive at, in whatever order the messages
/// come. The simulator says what it expects with it, and tests hold consumers against it.
class fleet_state {
public:
  /// Replaces a scope's rows if the snapshot is newer than the one held (DED-03, DEL-01).
  /// Answers whether it did.
  bool apply(const scope& which, const snapshot_order& order, row_map rows) {
    auto [place, is_new] = scopes_.try_emplace(which);
    if (!is_new && order <= place->second.order)
      return false;
    place->second = {order, std::move(rows)};
    return true;
  }

  /// Calls `visit(scope, rows)` for each scope, sorted.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [which, held] : scopes_)
      visit(which, held.rows);
  }

private:
  struct newest_snapshot {
    snapshot_order order;
    row_map rows;
  };
  std::map<scope, newest_snapshot> scopes_;
};

/// Writes a state as a JSON array of `{cluster, namespace, inventory, item}`, one entry a line,
/// sorted by those and by row identity: two states are equal if and only if their texts are.
/// Rows must be given in that order. The item is written as it was sent.
class state_writer {
public:
  explicit state_writer(std::ostream& out) : out_(out) {}

  void write(const scope& which, std::string_view item) {
    std::string line = is_first_ ? "[\n" : ",\n";
    is_first_ = false;
    json_writer(line)
        .begin_object()
        .member("cluster", which.cluster)
        .member("namespace", which.namespace_)
        .member("inventory", which.inventory)
        .name("item")
        .raw(item)
        .end_object();
    out_ << line;
  }

  void finish() { out_ << (is_first_ ? "[]\n" : "\n]\n"); }

private:
  std::ostream& out_;
  bool is_first_ = true;
};

/// Writes what a fleet_state or a projection holds.
template <class State>
void write_state(std::ostream& out, const State& state) {
  state_writer writer(out);
  state.for_each([&](const scope& which, const row_map& rows) {
    for (const auto& row : rows)
      writer.write(which, row.second);
  });
  writer.finish();
}

} // namespace kollect

#endif

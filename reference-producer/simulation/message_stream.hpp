#ifndef KOLLECT_PRODUCER_MESSAGE_STREAM_HPP
#define KOLLECT_PRODUCER_MESSAGE_STREAM_HPP

#include "simulation/inventory_model.hpp"
#include "simulation/random_source.hpp"
#include "simulation/row_texts.hpp"
#include "simulation/simulated_clock.hpp"

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/message.hpp>
#include <kollect/multipart.hpp>
#include <kollect/scope.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/timestamp.hpp>
#include <program/state.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kollect::producer {

using shared_message = std::shared_ptr<const outgoing_message>;

/// Which payload forms a simulation sends (PAY-01).
enum class payload_mix { mixed, array, export_envelope };

/// Rows of some 400,000 simulated objects.
inline constexpr std::size_t default_row_memory = 384UL * 1024 * 1024;

/// What to simulate.
struct simulation_options {
  std::size_t clusters = 1;
  std::size_t namespaces = 4; ///< in each cluster; each has one inventory, called `all`
  std::size_t items = 100;    ///< rows an inventory has at first
  std::size_t rounds = 10;    ///< snapshots of each inventory
  double churn = 0.05;        ///< share of rows that change between two rounds
  double empty_share = 0.01;  ///< share of snapshots without rows (DEL-02)
  std::uint64_t seed = 1;
  payload_mix payload = payload_mix::mixed;
  std::size_t max_export_bytes = default_max_export_bytes; ///< larger snapshots go as multipart sets (MP-01)
  double duplicates = 0;         ///< share of messages that are sent again byte for byte
  double poison = 0;             ///< share of additional messages that nobody can apply
  bool is_state_expected = true; ///< whether expected() is wanted, which holds all rows of the last round
  std::size_t row_memory =
      default_row_memory; ///< bytes of rows to keep from round to round; further ones are made again
  std::optional<timestamp> base_time; ///< fixes all instants too; see simulated_clock
};

/// What a simulation has made so far.
struct simulation_counts {
  std::uint64_t messages = 0; ///< all of them: snapshots, further parts, duplicates, poison
  std::uint64_t snapshots = 0;
  std::uint64_t parts = 0; ///< messages of multipart sets
  std::uint64_t duplicates = 0;
  std::uint64_t poison = 0;
  std::uint64_t bytes = 0; ///< of all values
};

/// Makes the messages of a whole fleet, round by round, one snapshot at a time: memory is bounded by the
/// fleet's size, not by the number of rounds. The text of rows is kept, up to a limit, as few change in a
/// round. The same options give the same messages, but for the time where there is no base time.
///
/// On NATS a snapshot whose array would be the bytes of an earlier one goes as an export envelope:
/// otherwise the stream's duplicate window would swallow it (NAT-06).
class message_stream {
public:
  message_stream(const simulation_options& options, connection sink);

  /// The next message, or nothing at the end; a duplicate is the very same one. error::item_exceeds_limit
  /// when one row is too large for max_export_bytes (MP-02).
  result<shared_message> next();

  const simulation_counts& counts() const noexcept { return counts_; }
  std::uint64_t total_snapshots() const noexcept { return scopes_.size() * options_.rounds; }
  std::size_t scope_count() const noexcept { return scopes_.size(); }

  /// What a consumer must hold in the end, in whatever order the messages reach it. Inventories have
  /// no name on NATS, as its messages have no key. Complete once next() has answered nothing; empty if
  /// no state is expected.
  const fleet_state& expected() const noexcept { return expected_; }
  std::uint64_t expected_rows() const noexcept { return expected_rows_; }

private:
  struct simulated_scope {
    std::string cluster;
    inventory_model inventory;
    row_texts texts{};
  };

  result<void> make_snapshot(simulated_scope& which);
  payload_form choose_form(const inventory_model& inventory);
  void add(shared_message message);
  result<void> make_whole(const simulated_scope& from, const scope& where,
                          const export_envelope_header& header, payload_form form);
  result<void> make_parts(const simulated_scope& from, const scope& where,
                          const export_envelope_header& header);
  result<void> add_copies(result<outgoing_message> made, const scope& where);
  void keep_texts(row_texts& texts, std::size_t kept_before);
  void expect(const simulated_scope& from, scope where, const export_envelope_header& header);

  simulation_options options_;
  connection sink_;
  simulated_clock clock_;
  random_source numbers_;
  std::vector<simulated_scope> scopes_;
  std::deque<shared_message> ready_;
  std::size_t round_ = 0;
  std::size_t next_scope_ = 0;
  simulation_counts counts_;
  std::size_t kept_ = 0; ///< bytes of row_memory in use
  fleet_state expected_;
  std::uint64_t expected_rows_ = 0;
};

/// All messages that are left in a stream, in an order that the seed decides.
result<std::vector<shared_message>> take_shuffled(message_stream& stream, std::uint64_t seed);

} // namespace kollect::producer

#endif

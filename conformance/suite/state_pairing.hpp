#ifndef KOLLECT_CONFORMANCE_STATE_PAIRING_HPP
#define KOLLECT_CONFORMANCE_STATE_PAIRING_HPP

#include "judgement.hpp"
#include "recording.hpp"

#include <kollect/error.hpp>
#include <kollect/projection.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace kollect::conformance {

/// A row of the state table inventory_items, as a databaseSink keeps it.
struct state_row {
  std::string inventory_namespace;
  std::string inventory_name; ///< of a multipart export `NAME.part-0001-of-0003`
  std::string target_name;
  std::string source_uid;
  std::string cluster;
  std::string payload; ///< the whole row as JSON
};

/// What comparing an event stream with a state table shows.
struct pairing {
  std::size_t expected_rows = 0; ///< in the newest snapshots of the stream
  std::size_t table_rows = 0;
  std::size_t overwritten = 0;      ///< rows that another cluster holds, as the table's key lacks the cluster
  std::vector<finding> differences; ///< rows missing, extra and different
};

/// The newest snapshot of each scope; messages that cannot be read are left to the judges.
class newest_snapshots {
public:
  newest_snapshots();
  void add(const recorded_message& message);
  const projection& fleet() const noexcept { return fleet_; }

private:
  projection fleet_;
};

/// Compares them, knowing the table's two defects: its key lacks the cluster, and parts of a multipart export
/// stand under names of their own. Where a message's key does not tell the inventory, a namespace is compared
/// as a whole. JSON is compared by meaning, as the table does not keep its spelling.
pairing compare_state(const projection& stream, std::span<const state_row> table);

/// Reads the table. `url` is postgresql://…, without a password. error::store_unavailable and what the server
/// says.
result<std::vector<state_row>> read_state_table(const std::string& url);

/// As a person reads it: numbers, then the first differences.
std::string describe(const pairing& compared);

} // namespace kollect::conformance

#endif

#ifndef KOLLECT_CONSUMER_POSTGRESQL_TRANSACTION_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_TRANSACTION_HPP

#include "postgresql_block_table.hpp"
#include "postgresql_connection.hpp"
#include "postgresql_snapshot_writer.hpp"
#include "transaction.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer::postgresql {

/// The id of a log, which is registered if it is new.
result<std::int64_t> log_id_of(connection& target, const std::string& log);

/// One batch on a PostgreSQL session. What all processes write (counters, feed cursors, the position in
/// a NATS stream) is gathered and written by commit(), so that its locks are held for a moment only. Writes
/// are posted: the server does them while the next message is looked at, and failures are told no later than
/// by commit().
class postgresql_transaction final : public transaction {
public:
  static result<std::unique_ptr<transaction>> begin(connection& target, postgresql_block_table& blocks);
  ~postgresql_transaction() override;

  result<void> advance(const std::string& log, const owned_position& held,
                       const owned_position& moved) override;
  result<void> note_position(const std::string& log, const owned_position& reached) override;
  result<void> lock_scopes(const std::set<scope>& scopes) override;
  result<scope_record> open_scope(const scope& which) override;
  result<void> expect_keys(std::span<const expected_key> keys) override;
  result<bool> is_known(std::int64_t scope_id, const dedup_key& key) override;
  result<void> remember(std::int64_t scope_id, const dedup_key& key, const timestamp& instant) override;
  result<held_rows> rows(std::int64_t scope_id) override;
  result<void> distrust(std::int64_t scope_id) override;
  result<void> stage(std::int64_t scope_id, std::span<const staged_row> rows) override;
  result<row_counts> compare_staged(std::int64_t scope_id) override;
  result<std::vector<change>> take_staged(std::int64_t scope_id, std::int64_t bytes) override;
  result<void> clear_staged(std::int64_t scope_id) override;
  result<std::unique_ptr<snapshot_writer>> write_snapshot(const snapshot_place& place) override;
  result<void> note_held_back(std::int64_t scope_id, const sha256_digest& items) override;
  result<waiting_parts> waiting(std::int64_t scope_id, const part_set& set) override;
  result<void> hold_part(std::int64_t scope_id, const pending_part& part) override;
  result<pending_part> read_part(std::int64_t scope_id, const part_set& set,
                                 std::uint32_t part_index) override;
  result<void> drop_parts(std::int64_t scope_id, const part_set& set) override;
  result<std::int64_t> drop_superseded_parts(std::int64_t scope_id, const snapshot_order& held) override;
  result<std::optional<torn_set>> find_torn_set(const retention& bounds, const timestamp& now) override;
  result<bool> bury(const dead_letter& letter, std::string_view value) override;
  result<std::optional<stored_dead_letter>> take_dead_letter(std::int64_t id) override;
  result<void> count(const outcome_counts& counts) override;
  result<void> prune(const retention& bounds) override;
  result<void> commit() override;

private:
  /// What is added to the only row of `totals`.
  struct gathered {
    outcome_counts counts;
    std::int64_t pending_bytes = 0;
    std::int64_t dead_letter_bytes = 0;
    bool is_anything() const;
  };

  postgresql_transaction(connection& target, postgresql_block_table& blocks)
      : connection_(target), blocks_(blocks) {}

  result<void> read_locked(const std::vector<std::string_view>& digests);
  result<std::int64_t> log_id(const std::string& log);
  result<feed_place*> find_feed_place();
  result<void> remove_misfiled_rows(std::int64_t scope_id);
  result<void> prune_dedup_keys(const retention& bounds);
  result<void> prune_dead_letter_bodies(const retention& bounds);
  result<void> prune_changes(std::int64_t horizon);
  result<void> number_changes(std::int64_t last_cursor);
  result<void> write_positions();
  result<void> write_totals();

  connection& connection_;
  postgresql_block_table& blocks_;
  std::optional<index_writing> index_; ///< once rows are written
  std::map<std::string, std::int64_t> log_ids_;
  std::map<std::string, scope_record> locked_;    // by digest: locked, but not opened yet
  std::map<std::string, std::int64_t> scope_ids_; // by digest: of all that are locked
  std::map<std::int64_t, bool> has_parts_;        // scope id to whether it may have pending parts
  std::map<std::pair<std::int64_t, dedup_key>, bool> known_keys_; // those that were looked for, or written
  std::map<std::int64_t, std::int64_t> remembered_;               // scope id to number of keys added
  std::map<std::pair<std::string, std::int32_t>, owned_position> positions_;
  std::optional<feed_place> feed_; // where it goes on: so many changes were told
  std::int64_t last_staged_ = 0;   // of the staged changes that were taken
  std::optional<std::int64_t> kept_changes_;
  gathered gathered_;
};

} // namespace kollect::consumer::postgresql

#endif

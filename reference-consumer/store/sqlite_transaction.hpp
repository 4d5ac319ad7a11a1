#ifndef KOLLECT_CONSUMER_SQLITE_TRANSACTION_HPP
#define KOLLECT_CONSUMER_SQLITE_TRANSACTION_HPP

#include "row_blocks.hpp"
#include "sqlite_database.hpp"
#include "transaction.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer::sqlite {

/// The id of a log, which is registered if it is new.
result<std::int64_t> log_id_of(database& target, const std::string& log);

/// One batch on an SQLite connection. The connection's owner begins no other one meanwhile.
class sqlite_transaction final : public transaction {
public:
  /// `index` is asked within the transaction.
  static result<std::unique_ptr<transaction>> begin(database& target,
                                                    const std::function<result<index_writing>()>& index);
  ~sqlite_transaction() override;

  result<void> advance(const std::string& log, const owned_position& held,
                       const owned_position& moved) override;
  result<void> note_position(const std::string& log, const owned_position& reached) override;
  result<void> lock_scopes(const std::set<scope>&) override { return {}; } // the file is locked
  result<scope_record> open_scope(const scope& which) override;
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
  explicit sqlite_transaction(database& target) : database_(target) {}

  result<std::int64_t> log_id(const std::string& log);
  result<void> remove_misfiled_rows(std::int64_t scope_id);
  result<void> prune_dedup_keys(const retention& bounds);
  result<void> prune_changes(const retention& bounds);
  result<void> prune_dead_letter_bodies(const retention& bounds);

  database& database_;
  index_writing index_;
  std::map<std::string, std::int64_t> log_ids_;
  std::map<std::int64_t, std::int64_t> remembered_; // scope id to number of keys after this batch
  std::optional<std::int64_t> last_cursor_;         // of the change feed, this transaction's own included
  std::int64_t last_staged_ = 0;                    // of the staged changes that were taken
};

} // namespace kollect::consumer::sqlite

#endif

#ifndef KOLLECT_CONSUMER_TEST_MEMORY_TRANSACTION_HPP
#define KOLLECT_CONSUMER_TEST_MEMORY_TRANSACTION_HPP

#include "store/transaction.hpp"
#include "support/memory_database.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kollect::consumer::test {

/// One transaction on a copy of all tables.
class memory_transaction final : public transaction {
public:
  explicit memory_transaction(std::shared_ptr<memory_database> target);

  result<void> advance(const std::string& log, const owned_position& held,
                       const owned_position& moved) override;
  result<void> note_position(const std::string& log, const owned_position& reached) override;
  result<void> lock_scopes(const std::set<scope>& scopes) override;
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
  void wrote(const std::string& table) { ++tables_.writes[table]; }

  std::shared_ptr<memory_database> target_;
  memory_database::tables_pointer before_;
  memory_tables tables_;
  row_map staged_;
  std::vector<change> staged_changes_;
};

} // namespace kollect::consumer::test

#endif

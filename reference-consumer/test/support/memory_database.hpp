#ifndef KOLLECT_CONSUMER_TEST_MEMORY_DATABASE_HPP
#define KOLLECT_CONSUMER_TEST_MEMORY_DATABASE_HPP

#include "store/records.hpp"

#include <kollect/diff.hpp>
#include <kollect/outcome.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer::test {

/// All of one scope.
struct memory_scope {
  scope_record record;
  timestamp applied_at;
  row_map rows;
  /// When the snapshot of each was exported: by payload digest and timestamp as it was sent.
  std::map<std::pair<sha256_digest, std::string>, std::int64_t> keys;
  std::map<part_set, std::map<std::uint32_t, pending_part>> parts;
};

/// All that a store in memory keeps. A transaction works on a copy, which takes its place at COMMIT.
struct memory_tables {
  std::map<scope, memory_scope> scopes;
  std::map<std::pair<std::string, std::int32_t>, stored_position> positions;
  std::map<std::string, std::int64_t> feeds; ///< cursor by destination
  std::vector<feed_entry> changes;
  std::int64_t last_cursor = 0;
  std::map<std::int64_t, stored_dead_letter> letters; ///< by id
  std::int64_t last_letter_id = 0;
  outcome_counts counts;
  std::map<std::string, std::int64_t> writes; ///< rows written since somebody watches, by table

  memory_scope* find(std::int64_t scope_id);
  std::int64_t pending_bytes() const;
  std::int64_t pending_parts() const;
  std::int64_t body_bytes() const;
};

/// What all who have a store in memory open share. Thread-safe.
class memory_database {
public:
  using tables_pointer = std::shared_ptr<const memory_tables>;

  memory_database();

  const std::string& id() const noexcept { return id_; }
  const std::string& key() const noexcept { return key_; }

  tables_pointer tables() const;
  /// Puts new tables in the place of those that they were made from. error::store_unavailable where they are
  /// not the present ones any more.
  result<void> replace(const tables_pointer& before, memory_tables after);
  /// Waits until the tables are others than these, or the time is over.
  void wait(const tables_pointer& known, std::chrono::milliseconds longest);

private:
  const std::string id_, key_;
  mutable std::mutex mutex_;
  std::condition_variable replaced_;
  tables_pointer tables_ = std::make_shared<memory_tables>();
};

} // namespace kollect::consumer::test

#endif

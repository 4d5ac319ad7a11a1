#ifndef KOLLECT_CONSUMER_RESYNC_HPP
#define KOLLECT_CONSUMER_RESYNC_HPP

#include "ingest/ingest.hpp"

#include <kollect/diff.hpp>
#include <kollect/log_reader.hpp>

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// Brings what a reader gives up to the log's end into an empty store, and answers how the messages ended.
/// `told` is called after each batch with the counts so far; false from it ends the reading with
/// error::closed.
result<outcome_counts> rebuild(log_reader& log, store& into, ingest_settings settings,
                               const std::function<bool(const outcome_counts&)>& told);

/// A scope as the log has it, against the store.
enum class resync_relation {
  same,           ///< the same rows
  missing,        ///< the store has no snapshot of it
  different,      ///< the store's rows are not those of the log's newest snapshot
  newer_in_store, ///< the store has a newer snapshot than the log told; it is left as it is
  forgotten       ///< its cluster was forgotten, and the log tells nothing newer; it is left as it is
};

std::string_view to_string(resync_relation value) noexcept;

struct resynced_scope {
  kollect::scope scope;
  resync_relation relation = resync_relation::same;
  timestamp exported_at;       ///< of the log's newest snapshot
  std::vector<change> changes; ///< from the store's rows to those of the log
};

enum class resync_mode { look_only, apply };

/// Compares every scope of `rebuilt` with `target`, by order of scope, each in a transaction of its own. With
/// resync_mode::apply the rows of scopes that are missing or different become those of the log, told in the
/// change feed with partition and offset -1; each is visited after its commit. Scopes that `rebuilt` does not
/// have, and the counters of messages, stay as they are.
result<void> resync(store& rebuilt, store& target, const ingest_settings& settings, resync_mode mode,
                    const std::function<void(const resynced_scope&)>& visit);

} // namespace kollect::consumer

#endif

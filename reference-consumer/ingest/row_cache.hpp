#ifndef KOLLECT_CONSUMER_ROW_CACHE_HPP
#define KOLLECT_CONSUMER_ROW_CACHE_HPP

#include "store/transaction.hpp"

#include <kollect/scope.hpp>

#include <cstddef>
#include <list>
#include <map>
#include <optional>

namespace kollect::consumer {

/// Default of --row-cache-bytes.
inline constexpr std::size_t default_row_cache_bytes = 256U * 1024 * 1024;

/// Rows of scopes from batch to batch, so that they need not be read from the store for each: at most so many
/// bytes of them; the scopes that were not asked for longest go first.
///
/// What is here is what the store holds, or is not used: rows are put here only after the commit of what they
/// are, are gone from here while a batch works on them, and are taken out only where the scope's record, read
/// and locked by the transaction that takes them, names the snapshot that they are of. Its items_digest is
/// SHA-256 over the items' bytes, and whoever writes rows writes it in the same transaction.
class row_cache {
public:
  explicit row_cache(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

  /// The rows of a scope whose record this is. They are not here any more, right or not.
  std::optional<held_rows> take(const scope& which, const scope_record& record);

  /// Keeps the rows of the snapshot that the record names, unless they alone are too many.
  void put(const scope& which, const scope_record& record, held_rows rows);

  void clear() noexcept;

  std::size_t bytes() const noexcept { return bytes_; } ///< kept now, about
  /// Whether about so many bytes more can be kept without giving others up.
  bool has_room(std::size_t bytes) const noexcept {
    return bytes_ < max_bytes_ && bytes <= max_bytes_ - bytes_;
  }
  std::size_t size() const noexcept { return entries_.size(); }

private:
  struct entry {
    kollect::scope scope;
    std::int64_t scope_id = 0;
    snapshot_order order;
    sha256_digest items_digest;
    held_rows rows;
    std::size_t bytes() const noexcept;
  };
  using entries = std::list<entry>;

  entry remove(entries::iterator place);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  entries entries_; // the last used first
  std::map<kollect::scope, entries::iterator> places_;
};

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_HELD_SCOPES_HPP
#define KOLLECT_CONSUMER_HELD_SCOPES_HPP

#include "row_cache.hpp"

#include <kollect/error.hpp>
#include <kollect/scope.hpp>

#include <cstddef>
#include <map>
#include <optional>

namespace kollect::consumer {

/// What a scope holds at this point of a batch. No rows: they have not been needed yet.
struct held_scope {
  scope_record record;
  std::optional<held_rows> rows;
};

/// The scopes of one batch: each is read once and then kept up to date here. So are its rows, which stay from
/// batch to batch as long as there is room for them.
class held_scopes {
public:
  /// Keeps at most so many bytes of rows between batches, and little more within one.
  explicit held_scopes(std::size_t max_bytes) noexcept : max_bytes_(max_bytes), cache_(max_bytes) {}

  /// Begins a batch. What an earlier one opened and did not commit is forgotten.
  void begin() { open_.clear(); }

  /// Valid until the batch ends.
  result<held_scope*> open(transaction& within, const scope& which);

  /// Its rows, read from the store if nobody has yet. Valid until those of another scope are asked for: where
  /// all of them are too many, the others are given up.
  result<const held_rows*> rows_of(transaction& within, held_scope& opened);

  /// Whether rows of about so many bytes more can be kept without giving others up.
  bool has_room(std::size_t bytes) const noexcept { return cache_.has_room(bytes); }

  /// The rows that are kept between batches.
  const row_cache& kept() const noexcept { return cache_; }

  /// Keeps the rows that are held now. To be called after the transaction is committed, and only then.
  void commit();

  /// Forgets all rows: others may write those scopes from now on.
  void forget() noexcept {
    open_.clear();
    cache_.clear();
  }

private:
  void give_others_up(const held_scope& but);

  std::size_t max_bytes_;
  row_cache cache_;
  std::map<scope, held_scope> open_;
};

} // namespace kollect::consumer

#endif

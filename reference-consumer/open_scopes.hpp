#ifndef KOLLECT_CONSUMER_OPEN_SCOPES_HPP
#define KOLLECT_CONSUMER_OPEN_SCOPES_HPP

#include "held_rows.hpp"
#include "row_cache.hpp"
#include "store/store.hpp"

#include <kollect/error.hpp>
#include <kollect/scope.hpp>

#include <map>
#include <optional>

namespace kollect::consumer {

/// What a scope holds at this point of a batch. No rows: they have not been needed yet.
struct open_scope {
  scope_record record;
  std::optional<held_rows> rows;
};

/// The scopes of one batch: each is read once and then kept up to date here; so are its rows, where they are
/// not left from an earlier batch.
class open_scopes {
public:
  open_scopes(transaction& target, row_cache& cache) noexcept : target_(target), cache_(cache) {}

  /// Valid as long as this is.
  result<open_scope*> open(const scope& which);

  /// Its rows, read from the store if nobody has yet.
  result<held_rows*> rows_of(open_scope& opened);

  /// Leaves the rows that are held now to later batches. To be called after the commit, and only then.
  void keep_rows();

private:
  transaction& target_;
  row_cache& cache_;
  std::map<scope, open_scope> scopes_;
};

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_PRODUCER_ROW_MODEL_HPP
#define KOLLECT_PRODUCER_ROW_MODEL_HPP

#include <kollect/item.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace kollect::producer {

/// A simulated object: just enough to make its row from, so that large fleets fit into memory.
struct row_model {
  std::size_t kind = 0;       ///< index into the object kinds
  std::uint64_t ordinal = 0;  ///< tells rows of one namespace apart; makes the name
  std::uint64_t seed = 0;     ///< fixes the uid and all that stays: a re-created object has another one
  std::uint64_t revision = 0; ///< never the same twice in one namespace; fixes all that changes
};

/// How many kinds of objects there are: Deployment, Service, ConfigMap and so on.
std::size_t object_kind_count() noexcept;

/// Whether two revisions of the object have different rows: not so for a kind without attributes.
bool shows_revisions(const row_model& model) noexcept;

/// The row of an object in `namespace_` as it is sent (ROW-01), and what it is sorted by (ORD-01). Its
/// attributes have nested objects, lists, numbers of all sorts, escapes, text in several scripts and redacted
/// values.
serialized_item make_row(const row_model& model, const std::string& namespace_);

/// What that row is told from others by (ROW-03).
row_identity identity_of(const row_model& model, const std::string& namespace_);

} // namespace kollect::producer

#endif

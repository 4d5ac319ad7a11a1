#ifndef KOLLECT_PRODUCER_INVENTORY_MODEL_HPP
#define KOLLECT_PRODUCER_INVENTORY_MODEL_HPP

#include "simulation/random_source.hpp"
#include "simulation/row_model.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kollect::producer {

/// How an inventory changes between two of its snapshots.
struct churn_options {
  std::size_t items = 0;  ///< rows that an inventory has at first, and about how many it keeps
  double churn = 0;       ///< share of rows that something happens to, 0 to 1
  double empty_share = 0; ///< share of snapshots that have no rows (DEL-02), 0 to 1
};

/// The rows of one inventory of one namespace over time.
class inventory_model {
public:
  inventory_model(std::string name_of_namespace, const churn_options& options, std::uint64_t seed);

  /// One round on: rows are changed, removed, added, and re-created under the same name with another
  /// uid. Now and then all are gone for one snapshot, and as many new ones come with the next.
  void advance();

  /// Whether the present rows hold one that no earlier snapshot had, so that the snapshot's bytes are
  /// new; false for one that only lost rows, or did not change at all.
  bool is_novel() const noexcept { return is_novel_; }

  std::size_t size() const noexcept { return rows_.size(); }
  const std::string& in_namespace() const noexcept { return namespace_; }

  /// The present rows. Their revisions are never used twice, so that one tells a row's text.
  std::span<const row_model> rows() const noexcept { return rows_; }

private:
  void fill();
  void change_rows();
  void add_row();
  /// A new object under an old name.
  void recreate(row_model& row);

  std::string namespace_;
  churn_options options_;
  random_source numbers_;
  std::vector<row_model> rows_;
  std::uint64_t next_ordinal_ = 0;
  std::uint64_t next_revision_ = 1;
  bool is_novel_ = true;
};

} // namespace kollect::producer

#endif

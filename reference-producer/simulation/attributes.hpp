#ifndef KOLLECT_PRODUCER_ATTRIBUTES_HPP
#define KOLLECT_PRODUCER_ATTRIBUTES_HPP

#include "simulation/random_source.hpp"

#include <kollect/text_end.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kollect::producer {

/// What attributes are made from. `lasting` gives the same numbers for an object's whole life,
/// `changing` others at each revision.
struct attribute_source {
  std::string name;
  std::string namespace_;
  std::uint64_t revision = 0;
  random_source lasting;
  random_source changing;
};

/// A kind of Kubernetes object and how its attributes are written: as they are sent (BYT-01 to BYT-04).
struct object_kind {
  std::string_view group; ///< empty for the core group
  std::string_view version;
  std::string_view kind;
  std::string_view target_name; ///< of the inventory's target that collects it
  bool has_attributes;          ///< whether a revision shows: without attributes all revisions look alike
  void (*append)(text_end&, attribute_source&);
};

/// All kinds, in a fixed order.
std::span<const object_kind> object_kinds() noexcept;

} // namespace kollect::producer

#endif

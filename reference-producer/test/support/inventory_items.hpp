#ifndef KOLLECT_PRODUCER_TEST_INVENTORY_ITEMS_HPP
#define KOLLECT_PRODUCER_TEST_INVENTORY_ITEMS_HPP

#include "simulation/inventory_model.hpp"
#include "simulation/row_texts.hpp"

#include <kollect/parse.hpp>

#include <string>
#include <vector>

namespace kollect::test {

/// The rows of an inventory, read from the text that they are sent as.
inline std::vector<item> items_of(const producer::inventory_model& inventory) {
  producer::row_texts texts;
  texts.update(inventory.rows(), inventory.in_namespace());
  std::string array;
  for (const auto& row : texts.rows())
    array += (array.empty() ? "[" : ",") + row.text.json;
  return parse_items(array.empty() ? "[]" : array + "]").value();
}

} // namespace kollect::test

#endif

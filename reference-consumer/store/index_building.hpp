#ifndef KOLLECT_CONSUMER_INDEX_BUILDING_HPP
#define KOLLECT_CONSUMER_INDEX_BUILDING_HPP

#include "row_blocks.hpp"
#include "store_reader.hpp"

#include <cstdint>

namespace kollect::consumer {

/// Brings up to so many of these rows into the index. To be called within the transaction that has found
/// them, with their scope locked. Answers how many rows it were.
result<std::int64_t> build_blocks(store_reader& source, block_table& table, const term_maker& terms,
                                  const unbuilt_rows& where, std::int64_t rows);

} // namespace kollect::consumer

#endif

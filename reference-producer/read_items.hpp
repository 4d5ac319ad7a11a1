#ifndef KOLLECT_PRODUCER_READ_ITEMS_HPP
#define KOLLECT_PRODUCER_READ_ITEMS_HPP

#include <kollect/error.hpp>
#include <kollect/item.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace kollect::producer {

/// Reads the rows to export from a file, or from standard input if its name is `-`: at most 256 MiB.
/// Rows may nest so deep that a message around them nests at most `max_depth` deep in either form.
/// Failures name the file, line, column and byte, and the row and field where there is one.
result<std::vector<item>> read_items(const std::string& path, std::size_t max_depth);

} // namespace kollect::producer

#endif

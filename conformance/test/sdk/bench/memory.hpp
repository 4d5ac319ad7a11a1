#ifndef KOLLECT_SDK_BENCH_MEMORY_HPP
#define KOLLECT_SDK_BENCH_MEMORY_HPP

#include "goal.hpp"

#include <string>
#include <vector>

namespace kollect::bench {

/// Reads a message of 256 MiB in a process of its own, and a million small ones in this one.
std::vector<finding> measure_memory(const std::string& own_program, const std::string& folder);

/// What that other process does: reads the file, looks at the view or at the rows, and prints its
/// largest resident size in bytes. Answers the exit code.
int print_peak(const std::string& what, const std::string& path);

} // namespace kollect::bench

#endif

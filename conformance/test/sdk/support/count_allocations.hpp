#ifndef KOLLECT_SDK_TEST_COUNT_ALLOCATIONS_HPP
#define KOLLECT_SDK_TEST_COUNT_ALLOCATIONS_HPP

#include <cstddef>

namespace kollect::test {

/// How often this thread has allocated by operator new, in programs that count_allocations.cpp is part of: it
/// replaces the operator.
extern thread_local std::size_t allocations;

/// More than this at once throws std::bad_alloc in this thread, as if memory had run out.
extern thread_local std::size_t largest_allocation;

} // namespace kollect::test

#endif

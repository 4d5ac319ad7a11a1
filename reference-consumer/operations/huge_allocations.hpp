#ifndef KOLLECT_CONSUMER_HUGE_ALLOCATIONS_HPP
#define KOLLECT_CONSUMER_HUGE_ALLOCATIONS_HPP

#include <cstddef>

namespace kollect::consumer {

/// From now on what librdkafka's threads allocate in one piece of more than `bytes` lies in a file without a
/// name in `folder` instead of in memory, until it is freed; 0: as before. That is the last resort for what
/// decompression::bound() does not reach, Snappy, which librdkafka brings along: it ends the process where
/// malloc() fails, and a batch of 45 MB may become 900 MB (S26). The kernel writes such pages out when memory
/// is short. Where the file cannot be made, or would be in memory all the same (tmpfs), malloc() fails.
/// `folder` must outlive the process. Without effect in a build with sanitizers, which have a malloc() of
/// their own.
void put_huge_allocations_into(const char* folder, std::size_t bytes) noexcept;

} // namespace kollect::consumer

#endif

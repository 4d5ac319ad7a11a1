#ifndef KOLLECT_CONSUMER_DECOMPRESSION_HPP
#define KOLLECT_CONSUMER_DECOMPRESSION_HPP

#include <cstddef>

namespace kollect::consumer {

/// Bounds what this process decompresses with zlib, LZ4 and Zstandard and has not given back: librdkafka
/// decompresses a batch as a whole, before anybody can look at it, and 0.9 MB of gzip may be 900 MB (S26).
/// It has no setting for that, so this program has its own `inflate`, `LZ4F_decompress` and
/// `ZSTD_decompress`, which ask the libraries' and fail where the bound is passed: librdkafka then reports a
/// batch with bad compression. Snappy is inside librdkafka; it makes at most 21 bytes of one.
///
/// Thread-safe. There is one of each symbol in a process, and so of its bound.
namespace decompression {

/// From now on at most so many bytes; 0: as many as it takes, which is how a process begins.
void bound(std::size_t bytes) noexcept;

/// So many bytes of those have been given back.
void give_back(std::size_t bytes) noexcept;

/// All have been given back.
void give_back_all() noexcept;

/// Whether something was refused since the last question that would have fitted alone: it is worth another
/// try when more was given back.
[[nodiscard]] bool take_lack_of_room() noexcept;

} // namespace decompression
} // namespace kollect::consumer

#endif

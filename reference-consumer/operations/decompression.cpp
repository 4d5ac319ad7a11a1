#include "operations/decompression.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include <dlfcn.h>

namespace kollect::consumer::decompression {
namespace {

/// Less than that of the bound in use, and a batch that does not fit would not fit alone either.
constexpr std::size_t small_share = 8;

// The functions below take no argument that could lead to a state: it is the process's, as they are.
std::atomic<std::size_t> most{0};
std::atomic<std::size_t> in_use{0};
std::atomic<bool> has_lacked_room{false};

/// Whether `size` bytes may be made, beside what is in use.
bool has_room(std::size_t size) noexcept {
  const auto limit = most.load(), used = in_use.load();
  if (limit == 0 || size <= limit - std::min(limit, used))
    return true;
  if (used > limit / small_share)
    has_lacked_room = true;
  return false;
}

void take(std::size_t size) noexcept {
  in_use += size;
}

/// The next library's function of that name.
template <class Function>
Function* next(const char* name) noexcept {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

void bound(std::size_t bytes) noexcept {
  most = bytes;
  in_use = 0;
}

void give_back(std::size_t bytes) noexcept {
  for (auto used = in_use.load(); !in_use.compare_exchange_weak(used, used - std::min(used, bytes));) {
  }
}

void give_back_all() noexcept {
  in_use = 0;
}

bool take_lack_of_room() noexcept {
  return has_lacked_room.exchange(false);
}

} // namespace kollect::consumer::decompression

namespace {

namespace room = kollect::consumer::decompression;

/// How zlib's z_stream begins, which its binary interface fixes.
struct zlib_stream {
  const unsigned char* next_in;
  unsigned available_in;
  unsigned long total_in;
  unsigned char* next_out;
  unsigned available_out;
  unsigned long total_out;
};

constexpr int zlib_stream_end = 1, zlib_data_error = -3;

/// librdkafka first counts, into a buffer of some hundred bytes that it throws away.
constexpr unsigned counting_buffer = 4096;

/// What liblz4 and libzstd answer where memory is lacking.
constexpr std::size_t lz4_error = std::numeric_limits<std::size_t>::max() - 8;
constexpr std::size_t zstd_error = std::numeric_limits<std::size_t>::max() - 63;

constexpr bool is_lz4_error(std::size_t answer) noexcept {
  return answer > std::numeric_limits<std::size_t>::max() - 32;
}
constexpr bool is_zstd_error(std::size_t answer) noexcept {
  return answer > std::numeric_limits<std::size_t>::max() - 120;
}

/// What the frame that this thread decompresses has become so far.
thread_local std::size_t lz4_frame = 0;

} // namespace

extern "C" {

// Their libraries declare them; their headers are not needed for this.
int inflate(zlib_stream* stream, int flush);
std::size_t LZ4F_decompress(void* context, void* to, std::size_t* to_size, const void* from,
                            std::size_t* from_size, const void* options);
std::size_t LZ4F_createDecompressionContext(void** context, unsigned version);
std::size_t ZSTD_decompress(void* to, std::size_t to_size, const void* from, std::size_t from_size);

__attribute__((visibility("default"))) int inflate(zlib_stream* stream, int flush) {
  static auto* const real = room::next<decltype(inflate)>("inflate");
  const bool is_counting = stream->available_out <= counting_buffer;
  const int answer = real(stream, flush);
  if (!room::has_room(stream->total_out))
    return zlib_data_error;
  if (answer == zlib_stream_end && !is_counting)
    room::take(stream->total_out);
  return answer;
}

__attribute__((visibility("default"))) std::size_t LZ4F_createDecompressionContext(void** context,
                                                                                   unsigned version) {
  static auto* const real =
      room::next<decltype(LZ4F_createDecompressionContext)>("LZ4F_createDecompressionContext");
  room::take(std::exchange(lz4_frame, 0)); // of a frame without an end, which librdkafka takes all the same
  return real(context, version);
}

__attribute__((visibility("default"))) std::size_t LZ4F_decompress(void* context, void* to,
                                                                   std::size_t* to_size, const void* from,
                                                                   std::size_t* from_size,
                                                                   const void* options) {
  static auto* const real = room::next<decltype(LZ4F_decompress)>("LZ4F_decompress");
  const auto answer = real(context, to, to_size, from, from_size, options);
  const bool is_over = is_lz4_error(answer) || answer == 0;
  const auto made = lz4_frame + (is_lz4_error(answer) ? 0 : *to_size);
  lz4_frame = is_over ? 0 : made;
  if (is_lz4_error(answer))
    return answer;
  if (!room::has_room(made)) {
    lz4_frame = 0;
    return lz4_error;
  }
  if (answer == 0)
    room::take(made);
  return answer;
}

__attribute__((visibility("default"))) std::size_t ZSTD_decompress(void* to, std::size_t to_size,
                                                                   const void* from, std::size_t from_size) {
  static auto* const real = room::next<decltype(ZSTD_decompress)>("ZSTD_decompress");
  if (!room::has_room(to_size))
    return zstd_error;
  const auto answer = real(to, to_size, from, from_size);
  if (!is_zstd_error(answer))
    room::take(answer);
  return answer;
}

} // extern "C"

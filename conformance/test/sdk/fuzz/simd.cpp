// The scanner and the check by blocks, at each level, against the plain ones and the checking cursor.

#include "require.hpp"

#include <kollect/checksum.hpp>
#include <kollect/detail/compact_cursor.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/simd/check.hpp>
#include <kollect/detail/simd/find_stop.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/detail/simd/scan_escapes.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace simd = kollect::detail::simd;
using kollect::fuzz::require;

namespace {

void check_by_blocks(std::string_view text, std::size_t at, std::size_t end) {
  for (const auto level : simd::all_levels)
    if (level != simd::level::plain && simd::is_available(level))
      require(simd::check_container(text, at, kollect::max_depth_ceiling, nullptr, level) == end,
              "the check by blocks takes what the fast reader takes, and ends where it does");
  if (!simd::can_digest())
    return;
  simd::running_digest digest(text.data(), text.data() + text.size());
  require(simd::check_container(text, at, kollect::max_depth_ceiling, &digest) == end,
          "the check that hashes finds the same");
  const auto made = digest.finish(text.data() + text.size());
  require(made && kollect::sha256_digest{*made} == kollect::sha256(text), "the digest is that of the text");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  // libFuzzer's copy ends with its last byte, so the address sanitizer sees a read past it.
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t at = size == 1 ? 0 : data[0] % size;
  const auto plain = simd::level::plain;
  const std::size_t end = simd::find_value_end(text, at, plain);
  for (const auto level : simd::all_levels) {
    if (!simd::is_available(level))
      continue;
    require(simd::find_value_end(text, at, level) == end, "every level finds the same end");
    require(simd::find_string_stop(text, at, level) == simd::find_string_stop(text, at, plain),
            "every level stops at the same place in a string");
    require(simd::find_escape_stop(text, at, level) == simd::find_escape_stop(text, at, plain),
            "every level stops at the same place to escape");
    require(simd::find_space_end(text, at, level) == simd::find_space_end(text, at, plain),
            "every level finds the same end of white space");
    require(simd::scan_escapes(text, at, level) == simd::scan_escapes(text, at, plain),
            "every level finds the same end of escapes");
  }
  kollect::detail::json_cursor cursor(text, kollect::max_depth_ceiling);
  cursor.move_to(simd::find_space_end(text, at, plain));
  const std::size_t begin = cursor.position();
  std::string_view raw;
  if (cursor.skip_value(raw) && (raw.front() == '{' || raw.front() == '[' || raw.front() == '"'))
    require(simd::find_value_end(text, begin) == begin + raw.size(),
            "what is JSON has the extent of its check");
  kollect::detail::compact_cursor quick(text, begin);
  kollect::detail::no_values ignored;
  const bool is_taken = begin < text.size() && quick.read_value(kollect::max_depth_ceiling, ignored);
  if (is_taken)
    require(!cursor.failed() && cursor.position() == quick.position(),
            "what the fast reader takes is JSON, and ends where it says");
  if (begin < text.size() && (text[begin] == '{' || text[begin] == '['))
    check_by_blocks(text, begin, is_taken ? quick.position() : std::string_view::npos);
  return 0;
}

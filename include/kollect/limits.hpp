#ifndef KOLLECT_LIMITS_HPP
#define KOLLECT_LIMITS_HPP

#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Every bound of the library, with its default. A program offers each as a flag.
struct limits {
  /// Deepest nesting of arrays and objects in one message; the message itself is level 1. More than
  /// max_depth_ceiling counts as max_depth_ceiling, and the error says so.
  std::size_t max_depth = 256;

  /// Longest message that is read, in bytes. A longer one is error::too_large.
  std::size_t max_message_bytes = 256U * 1024 * 1024;

  /// Longest name of a cluster, a namespace or an inventory, in bytes of UTF-8 (ENV-06, ENV-07, KAF-01). A
  /// longer one is error::too_large: names are kept for good, and repeated with every row.
  std::size_t max_name_bytes = 4096;

  /// Largest partTotal of a multipart set (MP-04).
  std::size_t max_part_total = 10'000;

  /// How far a snapshot may be dated after the later of the broker's append time and our clock.
  /// One dated further ahead would hold its scope back until that time comes.
  std::chrono::nanoseconds max_future = std::chrono::minutes(5);
};

/// Default of spec maxExportBytes: the largest payload that is sent in one message, in bytes (MP-01).
inline constexpr std::size_t default_max_export_bytes = 1'572'864;

/// A hard upper bound of limits::max_depth: keeps recursion within a small stack.
inline constexpr std::size_t max_depth_ceiling = 1024;

namespace detail {

/// What error::too_deep says.
[[nodiscard]] inline std::string too_deep_sentence(std::size_t max_depth) {
  if (max_depth > max_depth_ceiling)
    return "the JSON value is nested deeper than " + std::to_string(max_depth_ceiling) +
           " levels, the most that limits::max_depth may allow (it asks for " + std::to_string(max_depth) +
           ")";
  return "the JSON value is nested deeper than " + std::to_string(max_depth) +
         " levels (see limits::max_depth)";
}

} // namespace detail

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

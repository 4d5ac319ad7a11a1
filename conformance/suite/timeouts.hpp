#ifndef KOLLECT_CONFORMANCE_TIMEOUTS_HPP
#define KOLLECT_CONFORMANCE_TIMEOUTS_HPP

#include <array>
#include <chrono>
#include <functional>
#include <string_view>

namespace kollect::conformance {

/// How long each kind of wait may take. Every wait ends with its condition; these only bound it.
struct timeouts {
  std::chrono::milliseconds hello = std::chrono::seconds(20);         ///< the testee's first answer
  std::chrono::milliseconds open = std::chrono::seconds(30);          ///< its answer to open
  std::chrono::milliseconds answer = std::chrono::seconds(60);        ///< its answer to export
  std::chrono::milliseconds close = std::chrono::seconds(20);         ///< its answer to close
  std::chrono::milliseconds read_back = std::chrono::seconds(20);     ///< reading what was published
  std::chrono::milliseconds connect = std::chrono::seconds(10);       ///< our own way to a broker
  std::chrono::milliseconds frozen = std::chrono::milliseconds(1500); ///< how long a frozen broker is watched
  std::chrono::milliseconds late = std::chrono::milliseconds(500); ///< from a success to its message, at most
  /// How long exports may take that end with an error while none has succeeded; no more are asked for then.
  std::chrono::milliseconds in_vain = std::chrono::seconds(120);
  /// Ends every wait for the testee's answer when it says so.
  std::function<bool()> is_stopped = [] { return false; };
};

/// A timeout under the name that --timeout NAME=SECONDS gives it.
struct named_timeout {
  std::string_view name;
  std::chrono::milliseconds timeouts::*value;
};

inline constexpr auto named_timeouts = std::to_array<named_timeout>({{"hello", &timeouts::hello},
                                                                     {"open", &timeouts::open},
                                                                     {"answer", &timeouts::answer},
                                                                     {"close", &timeouts::close},
                                                                     {"read-back", &timeouts::read_back},
                                                                     {"connect", &timeouts::connect},
                                                                     {"frozen", &timeouts::frozen},
                                                                     {"late", &timeouts::late},
                                                                     {"in-vain", &timeouts::in_vain}});

} // namespace kollect::conformance

#endif

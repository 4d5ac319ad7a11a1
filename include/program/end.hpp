#ifndef KOLLECT_PROGRAM_END_HPP
#define KOLLECT_PROGRAM_END_HPP

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace kollect::program {

/// Ends the process with its output written, and without exit handlers. cnats' threads outlive its last
/// connection by a moment, and read what its exit handlers and those of OpenSSL free: one in some hundred
/// processes crashed after its work was done (cnats 3.4.1, with nats_CloseAndWait() even more of them).
/// Whatever has to be closed in order must have been closed before.
[[noreturn]] inline void end(int code) noexcept {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

} // namespace kollect::program

#endif

#ifndef KOLLECT_NATS_END_PROCESS_HPP
#define KOLLECT_NATS_END_PROCESS_HPP

#include <kollect/version.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// Ends the process with its output written, and without exit handlers: the last call of a program that has
/// used NATS. cnats' threads outlive its last connection by a moment, and read what its exit handlers and
/// those of OpenSSL free: of programs that returned from main() right after their last publisher, one in some
/// hundred crashed after its work was done. nats_Close() and nats_CloseAndWait() do not help: seen with
/// cnats 3.4.1, where the second made it worse.
///
/// No destructor of a static or local object runs: whatever has to be closed in order must have been closed
/// before, publishers and subscribers included.
[[noreturn]] inline void end_process(int code) noexcept {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif

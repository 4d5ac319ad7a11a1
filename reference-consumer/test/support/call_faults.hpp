#ifndef KOLLECT_CONSUMER_TEST_CALL_FAULTS_HPP
#define KOLLECT_CONSUMER_TEST_CALL_FAULTS_HPP

#include <cstdint>
#include <string>

namespace kollect::consumer::test {

/// Faults of the system calls that change files below a folder: pwrite, fdatasync, fsync, ftruncate and
/// unlink. A program that links call_faults.cpp has them take the place of the C library's, for the
/// libraries it uses too.
struct call_faults {
  static constexpr int kill = 0;

  std::string folder;      ///< calls on other files go through uncounted; empty: all do
  std::int64_t calls = 0;  ///< counted so far
  std::int64_t first = 0;  ///< the first call to fail, from 1; 0: none does
  std::int64_t length = 1; ///< how many calls fail from then on
  int error_number = kill; ///< what they fail with; kill: SIGKILL before anything is done

  /// The faults of this process.
  static call_faults& current();
};

} // namespace kollect::consumer::test

#endif

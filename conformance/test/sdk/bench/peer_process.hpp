#ifndef KOLLECT_SDK_BENCH_PEER_PROCESS_HPP
#define KOLLECT_SDK_BENCH_PEER_PROCESS_HPP

#include "measure.hpp"

#include <string>
#include <vector>

#include <sys/types.h>

namespace kollect::bench {

/// A peer in another language: a program that reads commands, one a line, and answers each with a line.
///   load PATH          ok: takes the file as what the next commands are about
///   check WORK         what the work gives, as text
///   run WORK COUNT     nanoseconds of CPU time that so many runs took
class peer_process {
public:
  /// Starts it; ends this program with a message where that fails.
  explicit peer_process(const std::vector<std::string>& command);
  ~peer_process();
  peer_process(const peer_process&) = delete;
  peer_process& operator=(const peer_process&) = delete;

  std::string ask(const std::string& command);
  contender work(const std::string& name);

private:
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
  std::string unread_;
};

} // namespace kollect::bench

#endif

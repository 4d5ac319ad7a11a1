#ifndef KOLLECT_PROGRAM_PROGRESS_HPP
#define KOLLECT_PROGRAM_PROGRESS_HPP

#include <program/terminal.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::program {

/// One line on a terminal that is written over again, at most ten times a second; silent elsewhere,
/// where the log tells the same.
class progress {
public:
  explicit progress(bool is_shown = stderr_is_terminal()) : is_shown_(is_shown) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { clear(); }

  /// `make_text()` is called only when the line is due.
  template <class MakeText>
  void update(MakeText&& make_text) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_shown_ || now - last_ < std::chrono::milliseconds(100))
      return;
    last_ = now;
    is_drawn_ = true;
    std::cerr << "\r\033[K" << std::string_view(make_text()) << std::flush;
  }

  /// Removes the line, before anything else is written to the terminal.
  void clear() {
    if (std::exchange(is_drawn_, false))
      std::cerr << "\r\033[K" << std::flush;
  }

private:
  bool is_shown_;
  bool is_drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

} // namespace kollect::program

#endif

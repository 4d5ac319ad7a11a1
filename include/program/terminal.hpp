#ifndef KOLLECT_PROGRAM_TERMINAL_HPP
#define KOLLECT_PROGRAM_TERMINAL_HPP

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace kollect::program {

inline bool is_terminal(int descriptor) noexcept {
  return ::isatty(descriptor) == 1;
}

inline bool stderr_is_terminal() noexcept {
  return is_terminal(STDERR_FILENO);
}

/// Whether colours are wanted there: on a terminal that has them, unless NO_COLOR is set
/// (https://no-color.org).
inline bool has_color(int descriptor) noexcept {
  const char* const unwanted = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  return is_terminal(descriptor) && (unwanted == nullptr || *unwanted == '\0') && kind != nullptr &&
         std::string_view(kind) != "dumb";
}

/// Letters in a line: those of the terminal, at most 100, as longer lines are hard to read; 80 elsewhere.
inline std::size_t line_width(int descriptor) noexcept {
  winsize size{};
  if (!is_terminal(descriptor) || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return std::clamp<std::size_t>(size.ws_col, 40, 100);
}

} // namespace kollect::program

#endif

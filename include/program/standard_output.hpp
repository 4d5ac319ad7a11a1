#ifndef KOLLECT_PROGRAM_STANDARD_OUTPUT_HPP
#define KOLLECT_PROGRAM_STANDARD_OUTPUT_HPP

#include <array>
#include <cerrno>
#include <cstddef>
#include <streambuf>

#include <poll.h>
#include <unistd.h>

namespace kollect::program {

/// What std::cout writes to in our programs: descriptor 1, with a buffer, and with a memory of why writing
/// failed, which std::ostream does not tell.
class standard_output final : public std::streambuf {
public:
  standard_output() { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

  /// The errno of the first write that failed; 0: none did.
  [[nodiscard]] int error() const noexcept { return error_; }

  /// Whether the reader of a pipe went away: it has what it wanted, as in `… | head`.
  [[nodiscard]] bool has_no_reader() const noexcept { return error_ == EPIPE; }

protected:
  int_type overflow(int_type letter) override {
    if (!write_out())
      return traits_type::eof();
    if (!traits_type::eq_int_type(letter, traits_type::eof()))
      sputc(traits_type::to_char_type(letter));
    return traits_type::not_eof(letter);
  }
  int sync() override { return write_out() ? 0 : -1; }

private:
  bool write_out() {
    const char* next = pbase();
    while (error_ == 0 && next != pptr()) {
      const auto written = ::write(STDOUT_FILENO, next, static_cast<std::size_t>(pptr() - next));
      if (written >= 0) {
        next += written;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) { // another process made the pipe non-blocking
        pollfd room{STDOUT_FILENO, POLLOUT, 0};
        (void)::poll(&room, 1, -1);
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ == 0;
  }

  std::array<char, 64UL * 1024> buffer_{};
  int error_ = 0;
};

} // namespace kollect::program

#endif

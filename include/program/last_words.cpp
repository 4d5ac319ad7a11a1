#include <program/last_words.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace kollect::program {
namespace {

/// A terminate handler takes no argument, so what it needs stands here: set once, before any thread starts.
struct speaker {
  std::array<char, 64> program{};
  log::format how = log::format::json;
};
constinit speaker the_speaker;

/// A line of bounded length on the stack; what does not fit is left out.
class line_buffer {
public:
  line_buffer& add(std::string_view text) noexcept {
    for (const char letter : text)
      put(letter);
    return *this;
  }
  line_buffer& quote(std::string_view text) noexcept {
    for (const char letter : text)
      put(letter == '"' || letter == '\\' || static_cast<unsigned char>(letter) < 0x20 ? '?' : letter);
    return *this;
  }
  line_buffer& now() noexcept {
    using namespace std::chrono;
    const auto instant = floor<std::chrono::seconds>(system_clock::now());
    const auto day = floor<days>(instant);
    const year_month_day date(day);
    const hh_mm_ss time(instant - day);
    std::array<char, 32> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ldZ", int{date.year()},
                      unsigned{date.month()}, unsigned{date.day()}, long{time.hours().count()},
                      long{time.minutes().count()}, static_cast<long>(time.seconds().count()));
    return add({text.data(), static_cast<std::size_t>(std::max(length, 0))});
  }
  void write_out() noexcept {
    letters_[size_++] = '\n';
    (void)!::write(STDERR_FILENO, letters_.data(), size_);
  }

private:
  void put(char letter) noexcept {
    if (size_ + 1 < letters_.size())
      letters_[size_++] = letter;
  }

  std::array<char, 1024> letters_{};
  std::size_t size_ = 0;
};

/// Whether a system call failed as there was too little of something.
bool is_shortage(int code) noexcept {
  return code == EAGAIN || code == ENOMEM || code == EMFILE || code == ENFILE || code == ENOSPC;
}

[[noreturn]] void end_here() noexcept {
  std::string_view sentence = "the program ended itself without saying why; please report it";
  auto code = internal_error;
  if (std::current_exception())
    code = explain_exception(sentence);
  write_last_words(the_speaker.program.data(), the_speaker.how, sentence);
  ::_exit(code);
}

/// Whether the process may not have as much memory as the largest things that libraries ask for at once, such
/// as the stack of a thread. Only a system call: whoever aborted may hold the lock of malloc().
bool is_memory_short() noexcept {
  constexpr std::size_t enough = 64UL << 20;
  void* const place = ::mmap(nullptr, enough, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED)
    return true;
  ::munmap(place, enough);
  return false;
}

/// Libraries in C abort where they get no memory, and where they find a defect.
void end_after_abort(int) {
  const bool is_short = is_memory_short();
  write_last_words(the_speaker.program.data(), the_speaker.how,
                   is_short ? out_of_memory_sentence
                            : "a library found a defect and ended the program; please report it");
  ::_exit(is_short ? out_of_resources : internal_error);
}

} // namespace

void write_last_words(std::string_view program, log::format how, std::string_view sentence) noexcept {
  line_buffer line;
  if (how == log::format::json)
    line.add(R"({"time":")")
        .now()
        .add(R"(","level":"error","program":")")
        .quote(program)
        .add(R"(","message":")");
  else
    line.add(program).add(": error: ");
  line.quote(sentence).add(how == log::format::json ? R"("})" : "").write_out();
}

void end_with_last_words(std::string_view program, log::format how) noexcept {
  the_speaker.how = how;
  const auto size = std::min(program.size(), the_speaker.program.size() - 1);
  std::copy_n(program.begin(), size, the_speaker.program.begin());
  std::set_terminate(end_here);
  (void)std::signal(SIGABRT, end_after_abort);
}

exit_code explain_exception(std::string_view& sentence) noexcept {
  constexpr std::string_view shortage = "the system has no more threads, descriptors or memory for this "
                                        "process; see ulimit, or lower its limits";
  try {
    throw;
  } catch (const std::bad_alloc&) {
    sentence = out_of_memory_sentence;
    return out_of_resources;
  } catch (const std::system_error& reason) {
    if (is_shortage(reason.code().value())) {
      sentence = shortage;
      return out_of_resources;
    }
  } catch (const boost::system::system_error& reason) {
    if (is_shortage(reason.code().value())) {
      sentence = shortage;
      return out_of_resources;
    }
  } catch (...) { // below
  }
  sentence = "a defect ended the program; please report it";
  return internal_error;
}

} // namespace kollect::program

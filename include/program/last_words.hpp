#ifndef KOLLECT_PROGRAM_LAST_WORDS_HPP
#define KOLLECT_PROGRAM_LAST_WORDS_HPP

#include <program/exit_code.hpp>
#include <program/log.hpp>

#include <string_view>

namespace kollect::program {

/// Writes an error to standard error in the form of the log, without allocating: for a program that has no
/// memory left, or cannot trust what it has. Quotes and control characters become question marks.
void write_last_words(std::string_view program, log::format how, std::string_view sentence) noexcept;

/// What is said when memory ran out.
inline constexpr std::string_view out_of_memory_sentence =
    "memory ran out, and the program ends without what it was at; give it more, or lower its limits";

/// From here on an exception that nobody catches, on whatever thread, ends the process with a line in the log
/// and an exit code: out_of_resources for want of memory, else internal_error. Nothing else runs, as the
/// state that the exception left is unknown.
void end_with_last_words(std::string_view program, log::format how) noexcept;

/// The exit code that an exception ends a program with, and the sentence for it: the one that is being
/// handled. Call within a catch clause.
exit_code explain_exception(std::string_view& sentence) noexcept;

} // namespace kollect::program

#endif

#ifndef KOLLECT_PROGRAM_COMPLETION_HPP
#define KOLLECT_PROGRAM_COMPLETION_HPP

#include <program/command.hpp>

#include <string>
#include <string_view>

namespace kollect::program {

/// The script that lets a shell complete commands, flags and values of a program: for bash, zsh or fish.
[[nodiscard]] std::string completion_script(const command& program, std::string_view shell);

} // namespace kollect::program

#endif

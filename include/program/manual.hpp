#ifndef KOLLECT_PROGRAM_MANUAL_HPP
#define KOLLECT_PROGRAM_MANUAL_HPP

#include <program/command.hpp>

#include <string>

namespace kollect::program {

/// The manual of a program for man(1): all commands with all flags, their defaults and variables.
[[nodiscard]] std::string man_page(const command& program);

/// The same as a page of docs.
[[nodiscard]] std::string markdown_page(const command& program);

} // namespace kollect::program

#endif

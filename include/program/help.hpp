#ifndef KOLLECT_PROGRAM_HELP_HPP
#define KOLLECT_PROGRAM_HELP_HPP

#include <program/command.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::program {

/// How a page of help looks.
struct page_style {
  std::size_t width = 80;
  bool has_color = false;
};

/// What --help prints for a command, or for the program.
[[nodiscard]] std::string help_text(const command& of, const page_style& style = {});

/// `kollect-consumer state --store URL [FLAGS]`.
[[nodiscard]] std::string usage_of(const command& of);

/// What is to be known of a flag's value beside its description: whether it is required, its range, its
/// default.
[[nodiscard]] std::vector<std::string> details_of(const flag& one);

/// A text that begins a sentence.
[[nodiscard]] std::string capitalized(std::string text);

/// The headings of a command's flags, in their order.
[[nodiscard]] std::vector<std::string> sections_of(const command& of);

/// The commands of a program that do something, in their order, and groups of them; the program itself is not
/// among them.
[[nodiscard]] std::vector<const command*> all_commands(const command& program);

/// What holds for the values of all flags, one paragraph each.
inline constexpr std::array<std::string_view, 2> notes_on_values{
    "Each flag can also be given in the environment, as KOLLECT_<FLAG>: --max-depth is KOLLECT_MAX_DEPTH; "
    "and as a key "
    "of the YAML file that --config names: `max-depth: 64`, or below the name of a command for this one "
    "only. The "
    "command line is stronger than the environment, and that is stronger than the file. An empty variable "
    "counts as "
    "none. Secrets are never given on a command line or in that file.",
    "Times take a unit (500ms, 30s, 5m, 2h, 1d), sizes too (64KiB, 512MiB, 1GiB, 10MB). Without a unit they "
    "are what "
    "the flag says: SECONDS, MILLISECONDS, BYTES."};

} // namespace kollect::program

#endif

#ifndef KOLLECT_PROGRAM_SCHEMA_HPP
#define KOLLECT_PROGRAM_SCHEMA_HPP

#include <program/command.hpp>

#include <string_view>
#include <vector>

namespace kollect::program {

/// A document of docs/schema that a program has inside.
struct schema {
  std::string_view name;
  std::string_view about;
  std::string_view text;
};

/// Adds the command `schema NAME`, which prints one of them.
void add_schema(command& to, std::vector<schema> known);

} // namespace kollect::program

#endif

#include "read_items.hpp"

#include <kollect/limits.hpp>
#include <kollect/parse.hpp>
#include <kollect/read_file.hpp>

#include <iostream>
#include <string>

namespace kollect::producer {

namespace {

result<std::string> read_standard_input(std::size_t max_bytes) {
  constexpr std::size_t step = 64UL * 1024;
  std::string text;
  while (std::cin && text.size() <= max_bytes) {
    const auto size = text.size();
    text.resize(size + step);
    std::cin.read(text.data() + size, step);
    text.resize(size + static_cast<std::size_t>(std::cin.gcount()));
  }
  if (std::cin.bad())
    return make_failure(error::file_unreadable, "standard input cannot be read");
  if (text.size() <= max_bytes)
    return text;
  return make_failure(error::too_large,
                      "standard input is longer than " + std::to_string(max_bytes) + " bytes");
}

} // namespace

result<std::vector<item>> read_items(const std::string& path, std::size_t max_depth) {
  limits bounds;
  const bool is_standard_input = path == "-";
  auto text = is_standard_input ? read_standard_input(bounds.max_message_bytes)
                                : read_file(path, bounds.max_message_bytes);
  if (!text)
    return text.error();
  bounds.max_depth = max_depth;
  auto rows = parse_items(*text, bounds);
  if (rows)
    return rows;
  auto reason = rows.error();
  reason.source = is_standard_input ? "standard input" : path;
  if (reason.position)
    reason.message += ", at byte " + std::to_string(reason.position->offset);
  return reason;
}

} // namespace kollect::producer

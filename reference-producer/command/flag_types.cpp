#include "command/flag_types.hpp"

#include <kollect/utf8.hpp>

namespace kollect::producer {

CLI::Validator is_label() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        if (text.empty())
          return "must not be empty";
        return is_utf8(text) ? "" : "must be UTF-8";
      },
      "TEXT");
}

void add_timestamp(CLI::App& command, const std::string& name, std::optional<timestamp>& value,
                   const std::string& description) {
  const auto read = [&value, name](const std::string& text) {
    const auto instant = parse_timestamp(text);
    if (!instant)
      throw CLI::ValidationError(name, to_string(instant.error()));
    value = *instant;
  };
  command.add_option_function<std::string>(name, read, description)->type_name("TIME");
}

} // namespace kollect::producer

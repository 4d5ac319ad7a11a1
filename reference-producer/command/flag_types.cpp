#include "command/flag_types.hpp"

#include <kollect/detail/utf8.hpp>

#include <cstddef>

namespace kollect::producer {

CLI::Validator is_label() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        if (text.empty())
          return "must not be empty";
        for (std::size_t at = 0; at < text.size();) {
          const auto length = detail::utf8_length(text, at);
          if (length == 0)
            return "must be UTF-8";
          at += length;
        }
        return {};
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

#ifndef KOLLECT_PRODUCER_COMMAND_FLAG_TYPES_HPP
#define KOLLECT_PRODUCER_COMMAND_FLAG_TYPES_HPP

#include <kollect/timestamp.hpp>

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace kollect::producer {

/// Accepts text that may stand in an envelope as a label: UTF-8, not empty.
CLI::Validator is_label();

/// Adds a flag that takes an instant as of ENV-05.
void add_timestamp(CLI::App& command, const std::string& name, std::optional<timestamp>& value,
                   const std::string& description);

} // namespace kollect::producer

#endif

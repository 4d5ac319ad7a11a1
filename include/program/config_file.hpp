#ifndef KOLLECT_PROGRAM_CONFIG_FILE_HPP
#define KOLLECT_PROGRAM_CONFIG_FILE_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/document.hpp>
#include <program/command.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kollect::program {

/// A value in a configuration file, and where it stands.
struct configured_value {
  std::string text;
  std::string place; ///< `file:line:column`
};

/// The file that --config names: YAML, one key a flag. At the top a key holds for each command that has the
/// flag; below a command's name for this one, which is stronger.
class config_file {
public:
  config_file() = default;

  /// Reads the file and holds its keys against the flags of the program's commands.
  /// error::unknown_key for one that no command has, error::invalid_value for what cannot be a flag's value
  /// or is a secret, error::manifest_syntax and error::file_unreadable.
  static result<config_file> read(const std::filesystem::path& path, const command& program);

  /// The values of a flag of a command; none where the file does not name it.
  [[nodiscard]] std::vector<configured_value> values_of(const command& of, const flag& named) const;

private:
  std::string source_;
  node root_;
};

} // namespace kollect::program

#endif

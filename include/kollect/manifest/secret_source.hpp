#ifndef KOLLECT_MANIFEST_SECRET_SOURCE_HPP
#define KOLLECT_MANIFEST_SECRET_SOURCE_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/detail/manifest_names.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/read_file.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Longest file of a mounted Secret, in bytes: no Kubernetes Secret is longer.
inline constexpr std::size_t max_secret_file_bytes = 1024UL * 1024;

/// Most files of a mounted Secret.
inline constexpr std::size_t max_secret_files = 100;

/// Where secrets come from beside the manifest itself. They are asked in this order, after the Secrets
/// in the manifest, and the first that has the Secret gives all of it.
struct secret_sources {
  /// A mounted Secret, or a folder with one mounted Secret for each name: where `directory/NAME` is a
  /// directory it is taken for the Secret NAME, else `directory` itself is.
  std::optional<std::filesystem::path> directory;

  /// Looks up KOLLECT_SECRET_USERNAME, KOLLECT_SECRET_PASSWORD and KOLLECT_SECRET_TOKEN, in a program
  /// by means of getenv. Gives credentials only, no certificates. Empty values count as absent.
  std::function<std::optional<std::string>(const std::string& variable)> environment;
};

/// Reads a Secret as Kubernetes mounts it: each file's name is a key, its bytes are the value, verbatim.
/// Files whose names begin with a dot are skipped, and so is what is not a file. If there is a `..data`
/// link then all files come from the one directory that it points to, so an update that happens
/// meanwhile cannot mix old values with new ones.
/// error::file_unreadable: a file or the directory cannot be read or is too large; no content is repeated.
[[nodiscard]] inline result<secret_values> read_secret_directory(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code code;
  const fs::path mounted = fs::canonical(path / "..data", code);
  const fs::path& from = code ? path : mounted;
  secret_values values;
  fs::directory_iterator entry(from, code);
  for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
    const std::string key = entry->path().filename().string();
    std::error_code trouble;
    if (key.starts_with('.'))
      continue;
    const auto type = entry->status(trouble).type();
    if (type == fs::file_type::not_found)
      return detail::file_failure(entry->path(), "it is a link to a file that is not there");
    if (type == fs::file_type::none)
      return detail::file_failure(entry->path(), trouble.message());
    if (type != fs::file_type::regular)
      continue;
    if (values.size() == max_secret_files)
      return detail::file_failure(path, "it has more than " + std::to_string(max_secret_files) + " files");
    auto bytes = read_file(entry->path(), max_secret_file_bytes);
    if (!bytes)
      return bytes.error();
    values.emplace(key, std::move(*bytes));
  }
  if (code)
    return detail::file_failure(path, code.message());
  return values;
}

namespace detail {

/// The Secret from the mounted directory; nothing if the directory has no file for it.
[[nodiscard]] inline result<std::optional<secret_values>>
find_mounted_secret(const std::filesystem::path& directory, std::string_view name) {
  namespace fs = std::filesystem;
  fs::path from = directory;
  // A name that is no Kubernetes name could lead out of the directory.
  if (is_object_name(name)) {
    std::error_code trouble;
    const auto type = fs::status(directory / name, trouble).type();
    if (type == fs::file_type::none)
      return file_failure(directory / name, trouble.message());
    if (type == fs::file_type::directory)
      from /= name;
  }
  auto values = read_secret_directory(from);
  if (!values)
    return values.error();
  if (values->empty())
    return std::optional<secret_values>();
  return std::optional(std::move(*values));
}

/// The credentials from the environment; nothing if there are none.
[[nodiscard]] inline std::optional<secret_values> find_environment_secret(const secret_sources& sources) {
  if (!sources.environment)
    return {};
  secret_values values;
  const auto take = [&](const char* variable, const char* key) {
    if (auto value = sources.environment(variable); value && !value->empty())
      values.emplace(key, std::move(*value));
  };
  take("KOLLECT_SECRET_USERNAME", "username");
  take("KOLLECT_SECRET_PASSWORD", "password");
  take("KOLLECT_SECRET_TOKEN", "token");
  if (values.empty())
    return {};
  return values;
}

} // namespace detail

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

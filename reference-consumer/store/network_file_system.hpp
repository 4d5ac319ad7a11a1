#ifndef KOLLECT_CONSUMER_NETWORK_FILE_SYSTEM_HPP
#define KOLLECT_CONSUMER_NETWORK_FILE_SYSTEM_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// The name of a file system that several hosts share, by the type that statfs(2) gives; nothing for any
/// other. SQLite's write-ahead log needs shared memory and locks that these do not have.
std::optional<std::string_view> name_network_file_system(std::uint64_t type) noexcept;

/// The same for where a file is, or would be made; nothing where that cannot be told.
std::optional<std::string_view> find_network_file_system(const std::string& path);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_SERVERS_FILES_HPP
#define KOLLECT_SERVERS_FILES_HPP

#include <kollect/error.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace kollect::servers {

/// The file's bytes, or error::file_unreadable.
result<std::string> read_file(const std::filesystem::path& path);

/// Replaces the file's content; a new file can be read by its owner only.
result<void> write_file(const std::filesystem::path& path, std::string_view content);

/// The last `count` lines of `text`: what a person needs of a long log.
std::string_view last_lines(std::string_view text, std::size_t count = 30) noexcept;

} // namespace kollect::servers

#endif

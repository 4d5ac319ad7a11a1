#include "operations/memory_budget.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace kollect::consumer {
namespace {

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void take_least(std::optional<std::size_t>& least, const std::filesystem::path& file) {
  if (const auto found = parse_memory_limit(read_text(file)); found && (!least || *found < *least))
    least = found;
}

/// Limits a cgroup and all those above it: the least counts. A container may see its own cgroup as the root,
/// and be told another path.
void take_limits(std::optional<std::size_t>& least, const std::filesystem::path& root, std::string_view path,
                 const char* file) {
  for (std::filesystem::path group(path); group.has_relative_path(); group = group.parent_path())
    take_least(least, root / group.relative_path() / file);
  take_least(least, root / file);
}

/// Of the line `ID:CONTROLLERS:PATH`.
struct membership_line {
  std::string_view controllers;
  std::string_view path;
};

membership_line parse_line(std::string_view line) {
  const auto first = line.find(':'), second = line.find(':', first + 1);
  if (first == line.npos || second == line.npos)
    return {};
  return {line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

bool holds_memory(std::string_view controllers) {
  return (',' + std::string(controllers) + ',').find(",memory,") != std::string::npos;
}

/// The bytes of /proc/self/status' VmData, which RLIMIT_DATA bounds.
std::size_t data_in_use() {
  const auto text = read_text("/proc/self/status");
  const auto at = text.find("VmData:");
  return at == text.npos ? 0 : std::strtoull(text.c_str() + at + 7, nullptr, 10) * 1024;
}

} // namespace

std::optional<std::size_t> parse_memory_limit(std::string_view text) noexcept {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max() / 4; // version 1 rounds 2^63 to pages
  std::size_t bytes = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return read.ec != std::errc{} || bytes == 0 || bytes >= none ? std::nullopt : std::optional(bytes);
}

std::optional<std::size_t> find_memory_limit(std::string_view membership, const std::filesystem::path& root) {
  std::optional<std::size_t> least;
  while (!membership.empty()) {
    const auto end = std::min(membership.find('\n'), membership.size());
    const auto line = parse_line(membership.substr(0, end));
    membership.remove_prefix(std::min(end + 1, membership.size()));
    if (holds_memory(line.controllers))
      take_limits(least, root / "memory", line.path, "memory.limit_in_bytes");
    else if (line.controllers.empty() && !line.path.empty())
      take_limits(least, root, line.path, "memory.max");
  }
  return least;
}

std::size_t available_memory() {
  const auto machine =
      static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto limit = find_memory_limit(read_text("/proc/self/cgroup"), "/sys/fs/cgroup");
  return std::min(machine, limit.value_or(machine));
}

bool limit_memory(std::size_t bytes) noexcept {
  rlimit limit{};
  if (data_in_use() >= bytes || ::getrlimit(RLIMIT_DATA, &limit) != 0)
    return false;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= bytes)
    return true;
  limit.rlim_cur = bytes;
  return ::setrlimit(RLIMIT_DATA, &limit) == 0;
}

} // namespace kollect::consumer

#include "operations/process_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace kollect::consumer {
namespace {

void add(std::string& to, std::string_view name, std::string_view type, std::string_view help, double value) {
  to += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, type, help, value);
}

/// The fields of /proc/self/stat that follow the program's name, which may hold blanks and parentheses.
std::vector<double> fields_of(const std::filesystem::path& stat) {
  std::ifstream file(stat);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream rest(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::vector<double> out;
  std::string word;
  rest >> word; // the state, a letter
  for (double value = 0; rest >> value;)
    out.push_back(value);
  return out;
}

std::optional<double> boot_time(const std::filesystem::path& stat) {
  std::ifstream file(stat);
  for (std::string name; file >> name; file.ignore(4'096, '\n'))
    if (double value = 0; name == "btime" && file >> value)
      return value;
  return {};
}

std::optional<double> open_descriptors(const std::filesystem::path& folder) {
  std::error_code unknown;
  const std::filesystem::directory_iterator entries(folder, unknown);
  if (unknown)
    return {};
  return static_cast<double>(std::distance(begin(entries), end(entries)));
}

} // namespace

std::string process_metrics(const std::filesystem::path& proc) {
  // Counted from the parent's id, as proc(5) numbers them from 4 on.
  constexpr std::size_t user_ticks = 10, system_ticks = 11, start_ticks = 18, virtual_bytes = 19,
                        resident_pages = 20;
  std::string out;
  const auto fields = fields_of(proc / "self/stat");
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (fields.size() > resident_pages) {
    add(out, "process_cpu_seconds_total", "counter", "CPU time of the process, in seconds",
        (fields[user_ticks] + fields[system_ticks]) / ticks);
    add(out, "process_virtual_memory_bytes", "gauge", "Virtual memory of the process", fields[virtual_bytes]);
    add(out, "process_resident_memory_bytes", "gauge", "Resident memory of the process",
        fields[resident_pages] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    if (const auto booted = boot_time(proc / "stat"))
      add(out, "process_start_time_seconds", "gauge", "When the process began, in seconds since the epoch",
          *booted + fields[start_ticks] / ticks);
  }
  if (const auto open = open_descriptors(proc / "self/fd"))
    add(out, "process_open_fds", "gauge", "Open file descriptors", *open);
  rlimit bounds{};
  if (::getrlimit(RLIMIT_NOFILE, &bounds) == 0)
    add(out, "process_max_fds", "gauge", "Most file descriptors that may be open",
        static_cast<double>(bounds.rlim_cur));
  return out;
}

} // namespace kollect::consumer

#ifndef KOLLECT_CONSUMER_PROCESS_METRICS_HPP
#define KOLLECT_CONSUMER_PROCESS_METRICS_HPP

#include <filesystem>
#include <string>

namespace kollect::consumer {

/// What Prometheus' own clients tell of each process, in its text format: process_cpu_seconds_total,
/// process_resident_memory_bytes, process_virtual_memory_bytes, process_open_fds, process_max_fds and
/// process_start_time_seconds. `proc` has what the kernel tells, of this process unless another is given;
/// what cannot be read is left out.
std::string process_metrics(const std::filesystem::path& proc = "/proc");

} // namespace kollect::consumer

#endif

#include "memory.hpp"

#include "peer_process.hpp"
#include "works.hpp"

#include <kollect/kollect.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace kollect::bench {

namespace {

constexpr double mebibyte = 1U << 20U;

/// A line of /proc/self/status in bytes.
double own_memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":"))
      return 1024 * std::strtod(line.c_str() + name.size() + 1, nullptr);
  return 0;
}

/// Written row by row, as a text of this size is not to be held here.
void write_largest_message(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  out << R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":"2026-01-15T12:00:00Z","cluster":"c","namespace":"n","payload":[)";
  std::size_t bytes = 200;
  for (std::size_t number = 0;; ++number) {
    const auto row = serialize(make_row(number, false)).value();
    bytes += row.size() + 1;
    if (bytes > limits{}.max_message_bytes)
      break;
    out << (number == 0 ? "" : ",") << row;
  }
  out << "]}";
}

finding measure_peak(const std::string& own_program, const std::string& path, const std::string& what) {
  const double size = static_cast<double>(std::filesystem::file_size(path));
  const double peak = std::strtod(peer_process({own_program, "--peak", what, path}).ask("").c_str(), nullptr);
  const bool is_view = what == "view";
  const double measured = is_view ? (peak - size) / mebibyte : peak / size;
  return {.goal = "P7",
          .what = is_view ? "view: memory beyond the message" : "checked snapshot and its rows: memory",
          .beside = is_view ? "nothing" : "the message",
          .corpus = "256 MiB array",
          .unit = is_view ? "MiB" : "x",
          .measured = {measured, measured, measured},
          .wanted = is_view ? 8 : 1.5,
          .at_least = false};
}

/// How much larger the process is after 10^6 messages than after the first ten thousand.
finding measure_growth() {
  const corpus data = make_corpora().front();
  const auto work = duplicate_message(data);
  double before = 0;
  for (int count = 0; count < 1'000'000; ++count) {
    if (count == 10'000)
      before = own_memory("VmRSS");
    work();
  }
  const double grown = (own_memory("VmRSS") - before) / mebibyte;
  return {.goal = "P15",
          .what = "duplicates: memory gained over a million messages",
          .beside = "nothing",
          .corpus = data.name,
          .unit = "MiB",
          .measured = {grown, grown, grown},
          .wanted = 1,
          .at_least = false};
}

} // namespace

std::vector<finding> measure_memory(const std::string& own_program, const std::string& folder) {
  const auto path = folder + "/largest.json";
  write_largest_message(path);
  std::vector<finding> out{measure_peak(own_program, path, "view"), measure_peak(own_program, path, "rows"),
                           measure_growth()};
  std::filesystem::remove(path);
  return out;
}

int print_peak(const std::string& what, const std::string& path) {
  const auto size = static_cast<std::size_t>(std::filesystem::file_size(path));
  const std::unique_ptr<char[]> bytes(new char[size]); // not zeroed first
  std::ifstream(path, std::ios::binary).read(bytes.get(), static_cast<std::streamsize>(size));
  const auto envelope = parse_envelope({bytes.get(), size});
  std::size_t rows = 0;
  if (what == "rows" && envelope)
    if (const auto snapshot = parse_snapshot(*envelope))
      for (const auto& row : snapshot->rows())
        rows += row.uid.empty() ? 0 : 1;
  if (!envelope || (what == "rows" && rows == 0))
    return 65;
  std::string line;
  std::getline(std::cin, line); // the one that asks writes before it reads
  std::cout << static_cast<long long>(own_memory("VmHWM")) << std::endl;
  return 0;
}

} // namespace kollect::bench

// Reads messages, one a line, and prints which rows each new snapshot adds, changes and removes:
//   kcat -C -e -b localhost:9092 -t inventory.changes -K '\t' | read_snapshots
#include <kollect/projection.hpp>

#include <iostream>
#include <string>

int main() {
  kollect::projection fleet;
  for (std::string line; std::getline(std::cin, line);) {
    const auto tab = line.find('\t'); // JSON on one line has none: the key stands before it
    const auto key = line.substr(0, tab == std::string::npos ? 0 : tab);
    const auto step = fleet.apply(line.substr(tab + 1), key);
    if (!step) {
      std::cerr << step.error() << '\n';
      continue;
    }
    for (const auto& change : step->changes)
      std::cout << change.kind << ' ' << step->scope << ' ' << change.identity << '\n';
  }
}

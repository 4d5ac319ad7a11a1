#ifndef KOLLECT_SDK_BENCH_GOAL_HPP
#define KOLLECT_SDK_BENCH_GOAL_HPP

#include "measure.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace kollect::bench {

/// One measurement held against what is wanted.
struct finding {
  std::string goal;   ///< as in P1
  std::string what;   ///< what of the SDK was measured
  std::string beside; ///< what it was measured beside
  std::string corpus; ///< on what bytes
  std::string unit;   ///< of the numbers: x, GB/s, MiB
  spread measured;
  double wanted = 0;    ///< 0: there is no goal, but it is worth knowing
  bool at_least = true; ///< whether `measured` must be no less than `wanted`, or no more

  bool has_goal() const noexcept { return wanted != 0; }
  bool is_reached() const noexcept {
    return at_least ? measured.median >= wanted : measured.median <= wanted;
  }

  /// How far it is on the good side: 1 is just reached.
  double headroom() const noexcept { return at_least ? measured.median / wanted : wanted / measured.median; }

  /// Whether it tells less than another measurement of the same.
  bool is_worse_than(const finding& other) const noexcept {
    return has_goal() ? headroom() < other.headroom() : measured.median < other.measured.median;
  }
};

/// Of each goal and peer the finding that is the worst of all corpora.
std::vector<finding> worst_of(const std::vector<finding>& all);

void print_table(std::ostream& out, const std::vector<finding>& rows);
void write_json(std::ostream& out, const std::vector<finding>& all);
/// Bars of headroom on a logarithmic scale, a line where a goal is just reached; of what has a goal.
void draw(std::ostream& out, const std::vector<finding>& rows);

} // namespace kollect::bench

#endif

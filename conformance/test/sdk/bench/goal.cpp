#include "goal.hpp"

#include <kollect/serialize.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iterator>
#include <ostream>
#include <sstream>

namespace kollect::bench {

namespace {

std::string shown(double value) {
  std::ostringstream out;
  out << std::setprecision(value >= 100 ? 4 : 3) << value;
  return out.str();
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text)
    out += letter == '<' ? "&lt;" : letter == '&' ? "&amp;" : std::string(1, letter);
  return out;
}

} // namespace

std::vector<finding> worst_of(const std::vector<finding>& all) {
  std::vector<finding> out;
  for (const auto& one : all) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const finding& other) {
      return other.goal == one.goal && other.what == one.what && other.beside == one.beside;
    });
    if (same == out.end())
      out.push_back(one);
    else if (one.is_worse_than(*same))
      *same = one;
  }
  return out;
}

void print_table(std::ostream& out, const std::vector<finding>& rows) {
  out << "| # | measured | beside | worst on | goal | median | range | verdict "
         "|\n|---|---|---|---|---|---|---|---|\n";
  for (const auto& one : rows) {
    const auto goal = (one.at_least ? "≥ " : "≤ ") + shown(one.wanted) + ' ' + one.unit;
    const auto* const verdict = !one.has_goal()    ? "no goal"
                                : one.is_reached() ? "reached"
                                                   : "**not reached**";
    out << "| " << one.goal << " | " << one.what << " | " << one.beside << " | " << one.corpus << " | "
        << (one.has_goal() ? goal : "–") << " | " << shown(one.measured.median) << ' ' << one.unit << " | "
        << shown(one.measured.least) << " – " << shown(one.measured.most) << " | " << verdict << " |\n";
  }
}

void write_json(std::ostream& out, const std::vector<finding>& all) {
  boost::json::array rows;
  for (const auto& one : all)
    rows.push_back(
        {{"goal", one.goal},
         {"measured", one.what},
         {"beside", one.beside},
         {"corpus", one.corpus},
         {"unit", one.unit},
         {"wanted", one.wanted},
         {"atLeast", one.at_least},
         {"median", one.measured.median},
         {"least", one.measured.least},
         {"most", one.measured.most},
         {"reached", one.has_goal() ? boost::json::value(one.is_reached()) : boost::json::value()}});
  out << serialize(boost::json::value(std::move(rows))).value() << '\n';
}

void draw(std::ostream& out, const std::vector<finding>& all) {
  std::vector<finding> rows;
  std::copy_if(all.begin(), all.end(), std::back_inserter(rows),
               [](const auto& one) { return one.has_goal(); });
  constexpr int line_height = 24, text_width = 430, plot_width = 470, width = text_width + plot_width + 20;
  const int height = static_cast<int>(rows.size()) * line_height + 60;
  // A quarter of a goal to eight times a goal.
  const auto place = [](double headroom) {
    return static_cast<int>((std::log2(std::clamp(headroom, 0.25, 8.0)) + 2) / 5 * plot_width);
  };
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << ' ' << height
      << "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"" << width << "\" height=\""
      << height
      << "\" fill=\"#fff\"/>\n<text x=\"10\" y=\"20\" font-size=\"14\">How far each goal is reached: worst "
         "corpus, "
         "median of fifteen pairs; the line is the goal</text>\n";
  int top = 34;
  for (const auto& one : rows) {
    const char* const colour = one.is_reached() ? "#2e7d32" : "#c62828";
    out << "<text x=\"10\" y=\"" << top + 15 << "\">"
        << escaped(one.goal + " " + one.what + " / " + one.beside) << "</text><rect x=\"" << text_width
        << "\" y=\"" << top + 3 << "\" width=\"" << place(one.headroom()) << "\" height=\"16\" fill=\""
        << colour << "\"/><text x=\"" << text_width + 6 << "\" y=\"" << top + 15 << "\" fill=\"#fff\">"
        << shown(one.measured.median) << ' ' << one.unit << "</text>\n";
    top += line_height;
  }
  const int goal_at = text_width + place(1);
  out << "<line x1=\"" << goal_at << "\" x2=\"" << goal_at << "\" y1=\"30\" y2=\"" << top
      << "\" stroke=\"#000\" stroke-width=\"2\"/>\n";
  for (const double mark : {0.25, 0.5, 1.0, 2.0, 4.0, 8.0})
    out << "<text x=\"" << text_width + place(mark) - 8 << "\" y=\"" << top + 16 << "\">" << mark
        << "x</text>\n";
  out << "</svg>\n";
}

} // namespace kollect::bench

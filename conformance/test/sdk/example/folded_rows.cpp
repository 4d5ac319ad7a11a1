#include "folded_rows.hpp"

#include <kollect/json.hpp>
#include <kollect/serialize.hpp>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <servers/files.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <utility>

namespace kollect::test {

named_rows read_expected(const std::filesystem::path& path) {
  named_rows out;
  const auto text = servers::read_file(path);
  EXPECT_TRUE(text) << path;
  const auto entries = parse_value(text.value());
  EXPECT_TRUE(entries && entries->is_array()) << path;
  for (const auto& entry : entries.value().as_array()) {
    const auto label = [&entry](const char* name) {
      return std::string(std::string_view(entry.at(name).as_string()));
    };
    std::ostringstream name;
    name << scope{label("cluster"), label("namespace"), label("inventory")} << ' '
         << boost::json::value_to<item>(entry.at("item")).identity();
    out.emplace(name.str(), serialize(entry.at("item")).value());
  }
  return out;
}

std::set<std::string> fold_lines(const std::string& lines) {
  std::set<std::string> rows;
  std::istringstream text(lines);
  for (std::string kind, name; text >> kind && std::getline(text >> std::ws, name);) {
    if (kind == "added")
      EXPECT_TRUE(rows.insert(name).second) << kind << ' ' << name;
    else if (kind == "changed")
      EXPECT_TRUE(rows.contains(name)) << kind << ' ' << name;
    else
      EXPECT_EQ(rows.erase(name), kind == "removed" ? 1U : 0U) << kind << ' ' << name;
  }
  return rows;
}

std::set<std::string> names_of(const named_rows& rows) {
  std::set<std::string> out;
  for (const auto& row : rows)
    out.insert(row.first);
  return out;
}

servers::command_outcome run(std::vector<std::string> words, std::string input) {
  auto outcome = servers::run_command(
      {.arguments = std::move(words), .input = std::move(input), .timeout = std::chrono::minutes(2)});
  if (!outcome) {
    ADD_FAILURE() << outcome.error();
    return {{-1, 0}, {}, {}};
  }
  return *outcome;
}

} // namespace kollect::test

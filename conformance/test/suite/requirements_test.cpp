#include <requirements.hpp>
#include <servers/files.hpp>
#include <suite/exercise.hpp>
#include <suite/judge.hpp>
#include <testees/broken/fault.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace kollect::conformance {
namespace {

/// A clause as docs/contract.md has it: `| ID | LEVEL | sentence | operator |`.
struct documented {
  std::string how;
  std::string sentence;
  std::string departure; ///< of today's operator
};

std::string trim(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::map<std::string, documented> read_contract() {
  const auto text = servers::read_file(KOLLECT_CONTRACT);
  EXPECT_TRUE(text) << text.error();
  std::map<std::string, documented> found;
  std::istringstream lines(text ? *text : std::string());
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');)
      cells.push_back(trim(cell));
    const bool is_clause = cells.size() >= 4 && cells[1].size() >= 5 &&
                           cells[1].find('-') != std::string::npos && cells[1].back() >= '0' &&
                           cells[1].back() <= '9';
    if (is_clause) {
      EXPECT_TRUE(
          found.emplace(cells[1], documented{cells[2], cells[3], cells.size() > 4 ? cells[4] : ""}).second)
          << cells[1] << " is there twice";
    }
  }
  return found;
}

TEST(requirements_table, agrees_with_the_documented_contract) {
  const auto contract = read_contract();
  for (const auto& clause : requirements) {
    const auto found = contract.find(std::string(clause.id));
    ASSERT_NE(found, contract.end()) << clause.id << " is not in docs/contract.md";
    EXPECT_EQ(found->second.how, to_string(clause.how)) << clause.id;
    EXPECT_EQ(found->second.sentence, clause.sentence) << clause.id;
    EXPECT_EQ(found->second.departure, clause.departure) << clause.id;
  }
  EXPECT_EQ(contract.size(), requirements.size());
}

TEST(requirements_table, has_each_clause_once) {
  std::set<std::string_view> ids;
  for (const auto& clause : requirements)
    EXPECT_TRUE(ids.insert(clause.id).second) << clause.id;
  EXPECT_EQ(ids.size(), 51U);
}

TEST(requirements_table, every_clause_has_a_case_or_a_reason) {
  for (const auto& clause : requirements) {
    const bool is_shown = !exercises_for(clause.id, broker_system::kafka).empty() ||
                          !exercises_for(clause.id, broker_system::nats).empty();
    EXPECT_NE(is_shown, !clause.unseen.empty()) << clause.id;
    EXPECT_FALSE(find_judge(clause.id) != nullptr && !is_shown)
        << clause.id << " has a judge and no exercise";
  }
}

TEST(requirements_table, a_sink_clause_has_a_case_on_each_of_its_systems) {
  for (const auto& clause : requirements)
    for (const auto& [bit, system] :
         {std::pair{profile::kafka, broker_system::kafka}, std::pair{profile::nats, broker_system::nats}})
      if ((clause.profiles & bit) != 0 && clause.unseen.empty()) {
        EXPECT_FALSE(exercises_for(clause.id, system).empty()) << clause.id << " on " << to_string(system);
      }
}

TEST(requirements_table, cases_and_faults_name_no_other_clauses) {
  for (const auto& one : judges())
    EXPECT_NE(find_requirement(one.id), nullptr) << one.id;
  for (const auto& one : sink_exercises())
    for (const auto clause : one.shows)
      EXPECT_NE(find_requirement(clause), nullptr) << one.name << " shows " << clause;
}

TEST(requirements_table, every_clause_that_can_be_seen_has_a_fault_to_test_it_with) {
  std::set<std::string_view> broken;
  for (const auto& one : testees::faults())
    EXPECT_TRUE(broken.insert(one.clause).second) << one.clause;
  for (const auto& clause : requirements)
    EXPECT_EQ(broken.contains(clause.id), clause.unseen.empty()) << clause.id;
  EXPECT_GE(broken.size(), 45U);
}

} // namespace
} // namespace kollect::conformance

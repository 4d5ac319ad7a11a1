#ifndef KOLLECT_SDK_TEST_FOLDED_ROWS_HPP
#define KOLLECT_SDK_TEST_FOLDED_ROWS_HPP

#include <servers/process.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {

/// Rows by `SCOPE IDENTITY`, each with its JSON.
using named_rows = std::map<std::string, std::string>;

/// What `simulate --expect` has written. The test fails if it is not that.
named_rows read_expected(const std::filesystem::path& path);

/// The names of the rows that lines of `added|changed|removed SCOPE IDENTITY` lead to from nothing. The test
/// fails where a line does not follow from those before it.
std::set<std::string> fold_lines(const std::string& lines);

std::set<std::string> names_of(const named_rows& rows);

/// Runs a program to its end. The test fails if it cannot be run or does not end in time.
servers::command_outcome run(std::vector<std::string> words, std::string input = {});

} // namespace kollect::test

#endif

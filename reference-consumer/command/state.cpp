#include "command/commands.hpp"
#include "command/filter_flags.hpp"
#include "command/flush_output.hpp"
#include "command/open_store.hpp"
#include "command/outcome_json.hpp"

#include <program/exit_code.hpp>
#include <program/printable.hpp>
#include <program/state.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

namespace kollect::consumer {
namespace {

struct state_flags {
  store_flags store;
  filter_flags filter{};
  std::string output;
};

void print_scopes(const std::vector<scope_summary>& scopes) {
  std::size_t cluster = 7, namespace_ = 9, inventory = 9;
  for (const auto& one : scopes) {
    cluster = std::max(cluster, program::printable(one.scope.cluster).size());
    namespace_ = std::max(namespace_, program::printable(one.scope.namespace_).size());
    inventory = std::max(inventory, program::printable(one.scope.inventory).size());
  }
  const auto line = [&](const std::string& first, const std::string& second, const std::string& third,
                        const std::string& rows, const std::string& exported) {
    std::cout << std::left << std::setw(static_cast<int>(cluster) + 2) << first
              << std::setw(static_cast<int>(namespace_) + 2) << second
              << std::setw(static_cast<int>(inventory) + 2) << third << std::right << std::setw(8) << rows
              << "  " << exported << '\n';
  };
  line("CLUSTER", "NAMESPACE", "INVENTORY", "ROWS", "EXPORTED AT");
  for (const auto& one : scopes)
    line(program::printable(one.scope.cluster), program::printable(one.scope.namespace_),
         program::printable(one.scope.inventory), std::to_string(one.row_count),
         to_string(one.exported_at) +
             (one.target_conflicts > 0 ? "  several inventories share this scope" : ""));
}

bool fits(const item_filter& filter, std::string_view item) {
  const auto view = view_row(item);
  return view && holds(filter, *view);
}

result<int> print_state_table(store_reader& source, const item_filter& filter) {
  if (looks_at_rows(filter))
    return make_failure(error::invalid_value,
                        "a table of scopes is filtered by cluster, namespace and inventory; "
                        "for items ask `kollect-consumer items`, or for -o json");
  auto scopes = source.scopes();
  if (!scopes)
    return scopes.error();
  std::erase_if(*scopes, [&](const scope_summary& one) { return !holds(filter, one.scope); });
  print_scopes(*scopes);
  return flush_output(program::success);
}

result<int> state(const state_flags& flags, program::log&) {
  auto filter = read_filter(flags.filter);
  if (!filter)
    return filter.error();
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  if (flags.output == "table")
    return print_state_table(**opened, *filter);
  state_writer writer(std::cout);
  auto read = (*opened)->for_each_row([&](const scope& which, std::string_view item) {
    if (holds(*filter, which) && (!looks_at_rows(*filter) || fits(*filter, item)))
      writer.write(which, item);
  });
  if (!read)
    return read.error();
  writer.finish();
  return flush_output(program::success);
}

result<int> summary(const state_flags& flags, program::log& log) {
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto counts = (*opened)->counts();
  if (!counts)
    return counts.error();
  if (flags.output == "json") {
    std::cout << counts_json(*counts) << '\n';
    return flush_output(counts->is_conserved() ? program::success : program::findings);
  }
  auto scopes = (*opened)->scopes();
  if (!scopes)
    return scopes.error();
  std::int64_t rows = 0;
  for (const auto& one : *scopes)
    rows += one.row_count;
  const auto line = [](const char* name, std::int64_t value) {
    std::cout << std::left << std::setw(16) << name << std::right << std::setw(10) << value << '\n';
  };
  line("messages", counts->consumed);
  line("applied", counts->applied);
  line("duplicates", counts->duplicate);
  line("stale", counts->stale);
  line("dead letters", counts->dead_lettered);
  line("pending parts", counts->pending);
  line("rows", rows);
  std::cout << '\n';
  print_scopes(*scopes);
  if (counts->is_conserved())
    return flush_output(program::success);
  log.error("the counters do not add up; please report this");
  return flush_output(program::findings);
}

void add(program::command& to, const char* name, const char* what, const char* output,
         result<int> (*action)(const state_flags&, program::log&), bool has_filter) {
  auto flags = std::make_shared<state_flags>();
  flags->output = output;
  auto& added = to.add_command(name, what);
  if (has_filter)
    add_filter_words(added, flags->filter);
  add_store_flags(added, flags->store);
  added.section("What is printed");
  added.add("-o,--output", flags->output, program::one_of({"json", "table"}),
            "json for programs, a table for people");
  added.does([flags, action](program::log& log) { return action(*flags, log); });
}

} // namespace

void add_state(program::command& to) {
  add(to, "state", "print the current rows of all scopes", "json", &state, true);
}

void add_summary(program::command& to) {
  add(to, "summary", "print how messages ended, and the rows of each scope", "table", &summary, false);
}

} // namespace kollect::consumer

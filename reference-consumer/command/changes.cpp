#include "command/commands.hpp"
#include "command/open_store.hpp"
#include "feed_format.hpp"

#include <program/exit_code.hpp>
#include <program/printable.hpp>
#include <program/stop_signal.hpp>

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <string>

namespace kollect::consumer {
namespace {

struct changes_flags {
  store_flags store;
  std::int64_t after = 0;
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  bool is_followed = false;
  std::string output = "json";
};

constexpr std::int64_t page = 1000;

/// Prints what is there beyond the cursor, in pages; answers how many entries may still be printed.
result<std::int64_t> print_new(store& source, const std::string& store_id, const changes_flags& flags,
                               std::int64_t& cursor, std::int64_t left) {
  while (left > 0) {
    auto entries = source.changes_after(cursor, std::min(left, page));
    if (!entries)
      return entries.error();
    if (entries->empty())
      break;
    for (const auto& entry : *entries)
      std::cout << program::printable_json(flags.output == "json" ? feed_json(entry, store_id)
                                                                  : feed_text(entry))
                << '\n';
    std::cout.flush();
    cursor = entries->back().cursor;
    left -= static_cast<std::int64_t>(entries->size());
  }
  return left;
}

result<int> changes(const changes_flags& flags) {
  program::stop_signal stop;
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto store_id = (*opened)->store_id();
  if (!store_id)
    return store_id.error();
  std::int64_t cursor = flags.after;
  std::int64_t left = flags.limit;
  for (;;) {
    auto printed = print_new(**opened, *store_id, flags, cursor, left);
    if (!printed)
      return printed.error();
    left = *printed;
    if (!std::cout)
      return make_failure(error::store_full, "the output could not be written");
    if (!flags.is_followed || left == 0 || stop.is_requested())
      return program::success;
    if (auto waited = (*opened)->wait_for_commit(std::chrono::milliseconds(200)); !waited)
      return waited.error();
  }
}

} // namespace

void add_changes(CLI::App& program, command_action& chosen) {
  auto flags = std::make_shared<changes_flags>();
  auto* const command = program.add_subcommand("changes", "print the change feed, one entry a line");
  add_store_flags(*command, flags->store);
  command->add_option("--after", flags->after, "only entries after this cursor")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--limit", flags->limit, "end after this many entries")->check(CLI::PositiveNumber);
  command->add_flag("--follow", flags->is_followed, "go on with new entries as they come");
  command->add_option("-o,--output", flags->output, "json or text")
      ->check(CLI::IsMember({"json", "text"}))
      ->capture_default_str();
  command->callback([flags, &chosen] { chosen = [flags] { return changes(*flags); }; });
}

} // namespace kollect::consumer

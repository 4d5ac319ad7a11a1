#include "command/commands.hpp"
#include "command/filter_flags.hpp"
#include "command/flush_output.hpp"
#include "command/open_store.hpp"
#include "feed/feed_format.hpp"
#include "read_api/change_pages.hpp"

#include <program/exit_code.hpp>
#include <program/printable.hpp>
#include <program/stop_signal.hpp>

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace kollect::consumer {
namespace {

struct changes_flags {
  store_flags store;
  filter_flags filter{};
  std::int64_t after = 0;
  std::optional<std::int64_t> limit; ///< absent: no end
  bool is_followed = false;
  std::string output = "json";
};

constexpr std::int64_t entries_at_once = 1000;

/// Prints what is there beyond the cursor, in pages; answers how many entries may still be printed.
result<std::int64_t> print_new(feed_reader& source, const std::string& store_id, const changes_flags& flags,
                               const item_filter& filter, std::int64_t& cursor, std::int64_t left) {
  while (left > 0) {
    auto entries = source.changes_after(cursor, std::min(left, entries_at_once));
    if (!entries)
      return entries.error();
    if (entries->empty())
      break;
    for (const auto& entry : *entries) {
      if (!holds(filter, entry))
        continue;
      std::cout << program::printable_json(flags.output == "json" ? feed_json(entry, store_id)
                                                                  : feed_text(entry))
                << '\n';
      --left;
    }
    std::cout.flush();
    cursor = entries->back().cursor;
  }
  return left;
}

result<int> changes(const changes_flags& flags) {
  program::stop_signal stop;
  auto filter = read_filter(flags.filter);
  if (!filter)
    return filter.error();
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto store_id = (*opened)->store_id();
  if (!store_id)
    return store_id.error();
  std::int64_t cursor = flags.after;
  std::int64_t left = flags.limit.value_or(std::numeric_limits<std::int64_t>::max());
  for (;;) {
    auto printed = print_new(**opened, *store_id, flags, *filter, cursor, left);
    if (!printed)
      return printed.error();
    left = *printed;
    if (auto written = flush_output(program::success); !written)
      return written;
    if (!flags.is_followed || left == 0 || stop.is_requested())
      return program::success;
    if (auto waited = (*opened)->wait_for_commit(std::chrono::milliseconds(200)); !waited)
      return waited.error();
  }
}

} // namespace

void add_changes(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<changes_flags>();
  auto& added = to.add_command("changes", "print the change feed, one entry a line");
  add_filter_words(added, flags->filter);
  add_store_flags(added, flags->store);
  added.section("What is printed");
  added.add("--after", flags->after, count(), "only entries after this cursor");
  added.add("--limit", flags->limit, count(1), "exit after this many entries");
  added.add("--follow", flags->is_followed, "go on with new entries as they come");
  added.add("-o,--output", flags->output, one_of({"json", "text"}), "json for programs, text for people");
  added.shows("kollect-consumer changes --store sqlite:state.db --follow -o text", "Watch what changes");
  added.does([flags](log&) { return changes(*flags); });
}

} // namespace kollect::consumer

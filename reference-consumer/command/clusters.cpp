#include "command/commands.hpp"
#include "command/filter_flags.hpp"
#include "command/flush_output.hpp"
#include "command/item_table.hpp"
#include "command/open_store.hpp"
#include "read_api/cluster_list.hpp"

#include <kollect/json_writer.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace kollect::consumer {
namespace {

struct clusters_flags {
  store_flags store;
  filter_flags filter;
  bool is_stale = false;
  std::string sort{};
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  std::int64_t stale_after_seconds = 900;
  std::string output = "table";
};

result<cluster_question> question_of(const clusters_flags& flags) {
  auto filter = read_filter(flags.filter);
  if (!filter)
    return filter.error();
  cluster_question out;
  out.name = std::exchange(filter->cluster, {});
  if (looks_at_rows(*filter) || !filter->namespace_.empty() || !filter->inventory.empty())
    return make_failure(error::invalid_value, "clusters are filtered by cluster=NAME, and by --stale");
  if (flags.is_stale)
    out.is_stale = true;
  auto order = read_cluster_order(flags.sort);
  if (!order)
    return order.error();
  out.order = *order;
  out.limit = flags.limit;
  return out;
}

/// Clusters as the read API tells them: a row that several inventories carry is one.
result<std::vector<cluster_summary>> read_clusters(store_reader& source) {
  auto scopes = source.shared_scopes();
  if (!scopes)
    return scopes.error();
  auto shared = source.shared_rows();
  if (!shared)
    return shared.error();
  return summarise_clusters(**scopes, *shared);
}

result<int> clusters(const clusters_flags& flags) {
  auto asked = question_of(flags);
  if (!asked)
    return asked.error();
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto all = read_clusters(**opened);
  if (!all)
    return all.error();
  const auto now = from_system_clock(std::chrono::system_clock::now());
  const auto stale_after = std::chrono::seconds(flags.stale_after_seconds);
  const auto page = choose_clusters(std::move(*all), *asked, now, stale_after);
  text_table table({"CLUSTER", "ROWS", "SCOPES", "LAST SEEN", "STALE"});
  for (const auto& one : page.clusters) {
    if (flags.output == "table") {
      table.add({one.cluster, std::to_string(one.row_count), std::to_string(one.scope_count),
                 to_string(one.last_seen), is_stale(one.last_seen, now, stale_after) ? "stale" : ""});
      continue;
    }
    std::string line;
    json_writer out(line);
    write_cluster(out, one, now, stale_after);
    std::cout << program::printable_json(line) << '\n';
  }
  if (flags.output == "table")
    table.print(std::cout);
  return flush_output(program::success);
}

} // namespace

void add_clusters(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<clusters_flags>();
  auto& added = to.add_command("clusters", "print clusters with their freshness");
  add_filter_words(added, flags->filter);
  add_store_flags(added, flags->store);
  added.section("What is printed");
  added.add("--stale", flags->is_stale, "only clusters that have been silent for too long");
  added.add("--stale-after", flags->stale_after_seconds, seconds(1, 31'536'000), "how long that is");
  added.add("--sort", flags->sort, text("COLUMN"),
            "cluster, lastSeen, itemCount, lag or scopeCount, - before it to let it fall");
  added.add("--limit", flags->limit, count(1), "end after this many clusters").with_default("all");
  added.add("-o,--output", flags->output, one_of({"table", "json"}),
            "a table for people; json, one cluster a line, for programs");
  added.shows("kollect-consumer clusters --store sqlite:state.db --stale --sort lastSeen",
              "Which clusters are silent, the longest first");
  added.does([flags](log&) { return clusters(*flags); });
}

} // namespace kollect::consumer

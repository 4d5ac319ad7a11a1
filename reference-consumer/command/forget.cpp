#include "command/admin_actions.hpp"
#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/flush_output.hpp"
#include "command/open_store.hpp"

#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace kollect::consumer {
namespace {

struct forget_flags {
  store_flags store;
  std::string cluster;
  retention kept{};
};

result<int> forget(const forget_flags& flags, program::log& log) {
  auto opened = open_store_beside(flags.store, describe_owner("forget"));
  if (!opened)
    return opened.error();
  auto settings = make_ingest_settings({});
  settings.retention = flags.kept;
  auto done = forget_cluster(**opened, settings, flags.cluster);
  if (!done)
    return done.error();
  if (done->scopes == 0) {
    log.error("there is no cluster \"" + program::printable(flags.cluster) +
              "\": `kollect-consumer clusters` prints those there are");
    return program::not_found;
  }
  std::cout << program::printable_json(forgotten_json(flags.cluster, *done)) << '\n';
  return flush_output(program::success);
}

} // namespace

void add_forget(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<forget_flags>();
  auto& added =
      to.add_command("forget", "take a cluster that is gone out of the state, until it is heard of again");
  added.add("CLUSTER", flags->cluster, text("CLUSTER"), "as its items have it").required();
  add_store_flags(added, flags->store);
  added.section("Retention");
  added.add("--keep-changes", flags->kept.changes, count(1), "entries of the change feed that are kept");
  added.does([flags](log& to_log) { return forget(*flags, to_log); });
}

} // namespace kollect::consumer

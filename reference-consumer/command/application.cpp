#include "command/application.hpp"

#include "command/commands.hpp"

#include <program/libraries.hpp>

#include <libpq-fe.h>
#include <sqlite3.h>

namespace kollect::consumer {
namespace {

std::vector<program::library> libraries() {
  auto out = program::common_libraries();
  const int server = ::PQlibVersion(); // 15 and 4 as 150004
  out.push_back({"SQLite", ::sqlite3_libversion()});
  out.push_back({"libpq", std::to_string(server / 10'000) + "." + std::to_string(server % 10'000)});
  return out;
}

} // namespace

program::application application() {
  return {"kollect-consumer",
          "consumes inventory snapshots from Kafka or NATS JetStream into current state and a change feed",
          [](program::command& program) {
            add_run(program);
            add_inspect(program);
            add_state(program);
            add_summary(program);
            add_clusters(program);
            add_items(program);
            add_facets(program);
            add_history(program);
            add_diff(program);
            add_changes(program);
            add_dead_letters(program);
            add_forget(program);
            add_explain(program);
            add_doctor(program);
            add_tail(program);
            add_resync(program);
            add_schema(program);
            add_testee(program);
          },
          libraries};
}

} // namespace kollect::consumer

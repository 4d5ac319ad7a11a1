#include "command/application.hpp"

#include "command/commands.hpp"

#include <program/libraries.hpp>

namespace kollect::producer {

program::application application() {
  return {"kollect-producer",
          "publishes inventory snapshots to the sink of a KollectEventSink manifest, or simulates a fleet "
          "that does",
          [](program::command& program) {
            add_export(program);
            add_simulate(program);
            add_check(program);
            add_testee(program);
          },
          program::common_libraries};
}

} // namespace kollect::producer

#ifndef KOLLECT_CONFORMANCE_COMMAND_LINE_HPP
#define KOLLECT_CONFORMANCE_COMMAND_LINE_HPP

#include "suite/audit.hpp"
#include "suite/runner.hpp"
#include "suite/stage.hpp"
#include "suite/timeouts.hpp"

#include <kollect/error.hpp>
#include <program/command.hpp>
#include <program/connect.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace kollect::conformance {

/// What a command line asks for.
struct wish {
  program::sink_flags sink;
  broker_source source = broker_source::own;
  selection clauses;
  timeouts bounds;
  std::string kafka_version;
  std::chrono::seconds follow{0};
  std::chrono::seconds settle = default_settle;
  std::size_t audit_memory = default_audit_memory;
  std::vector<std::string> clusters; ///< --cluster; empty: all
  std::string state_url;             ///< --state; empty: no pairing check
  bool is_list = false;              ///< --list
  std::string list_output = "text";  ///< of --list: text or json
  bool is_json_progress = false;     ///< --progress json
  bool is_consumer = false;          ///< --consumer: the testee reads
  std::vector<std::string> testee;   ///< after --; empty: an audit
};

/// Flags as they are written, before they are put together.
struct wish_flags {
  wish asked;
  bool is_external = false;
  bool is_mock = false;
  int follow_seconds = 0;
  std::int64_t settle_seconds = default_settle.count();
  std::string known_failing;
  std::string progress = "auto";
  std::string report;
  std::vector<std::string> timeouts;
};

void add_flags(program::command& to, wish_flags& flags);

/// What the flags ask for together; the failure of a list of known failures that cannot be read, or
/// error::invalid_value for flags that contradict each other.
result<wish> make_wish(const wish_flags& flags);

} // namespace kollect::conformance

#endif

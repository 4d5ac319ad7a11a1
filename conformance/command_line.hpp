#ifndef KOLLECT_CONFORMANCE_COMMAND_LINE_HPP
#define KOLLECT_CONFORMANCE_COMMAND_LINE_HPP

#include "suite/runner.hpp"
#include "suite/stage.hpp"
#include "suite/timeouts.hpp"

#include <kollect/error.hpp>
#include <program/connect.hpp>

#include <chrono>
#include <optional>
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
  std::string state_url;           ///< --state; empty: no pairing check
  bool is_list = false;            ///< --list
  std::vector<std::string> testee; ///< after --; empty: an audit
};

/// Reads the command line: everything after `--` is the testee's. Nothing when the program is to end with
/// `code`, having printed help, the version, or what is wrong with the nearest valid names.
std::optional<wish> read_command_line(int count, const char* const* words, int& code);

} // namespace kollect::conformance

#endif

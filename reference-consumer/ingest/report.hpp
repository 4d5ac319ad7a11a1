#ifndef KOLLECT_CONSUMER_REPORT_HPP
#define KOLLECT_CONSUMER_REPORT_HPP

#include "store/records.hpp"

#include <kollect/error.hpp>
#include <kollect/outcome.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// How one message of a batch ended.
struct message_note {
  message_origin origin;
  outcome ending = outcome::pending;
  std::string reason{};   ///< error_name() of a dead letter
  std::string sentence{}; ///< and what is wrong with it
};

/// What one batch did: how its messages ended, and how many rows changed how.
struct batch_report {
  outcome_counts counts;
  outcome_counts settled; ///< the share of `counts` that is about parts which had been pending before
  std::map<std::string, std::int64_t> dead_letters; ///< by reason
  std::vector<message_note> notes;                  ///< one a message, in their order
  std::int64_t rows_added = 0;
  std::int64_t rows_changed = 0;
  std::int64_t rows_removed = 0;

  /// Parts that were pending have ended another way.
  void settle(std::int64_t parts, outcome value) {
    counts.settle(parts, value);
    settled.settle(parts, value);
  }
};

} // namespace kollect::consumer

#endif

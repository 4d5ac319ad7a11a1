#ifndef KOLLECT_TESTEES_CONSUMER_FAULT_HPP
#define KOLLECT_TESTEES_CONSUMER_FAULT_HPP

#include <span>
#include <string_view>

namespace kollect::testees {

/// A departure of a consumer from exactly one clause.
struct consumer_fault {
  std::string_view name;
  std::string_view clause;
  std::string_view what;      ///< one sentence
  bool is_kafka_only = false; ///< NATS has no keys and no records without a value
};

/// Every fault there is, by clause.
std::span<const consumer_fault> consumer_faults();

/// The fault of that name, or nullptr.
const consumer_fault* find_consumer_fault(std::string_view name);

} // namespace kollect::testees

#endif

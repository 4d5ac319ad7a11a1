#ifndef KOLLECT_TESTEES_CONSUMER_PLAIN_MESSAGE_HPP
#define KOLLECT_TESTEES_CONSUMER_PLAIN_MESSAGE_HPP

#include "fault.hpp"

#include <kollect/error.hpp>
#include <kollect/scope.hpp>
#include <kollect/timestamp.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::testees {

/// The one fault of a consumer, or none.
struct fault_in_use {
  const consumer_fault* fault = nullptr;
  bool has(std::string_view name) const { return fault != nullptr && fault->name == name; }
};

/// An instant, and how it was spelled.
struct instant {
  timestamp time{};
  std::string text{};
};

/// A message as the plain consumer reads it.
struct plain_message {
  scope where{};
  std::string timestamp_text{};
  std::string payload{};       ///< as it came
  std::string items{};         ///< the same
  std::string told_checksum{}; ///< of an export envelope
  instant exported_at{};       ///< else the envelope's timestamp
  std::int64_t generation = 0;
  std::int64_t part_index = 0, part_total = 0;
  std::vector<boost::json::object> rows{};
};

/// Why a message is set aside: `is_silent` where nobody is to hear of it, which is a fault.
struct set_aside {
  bool is_silent = false;
};

/// Reads a message in full. Nothing where it is to be set aside.
std::optional<plain_message> read_plain_message(std::string_view value, std::optional<std::string_view> key,
                                                const fault_in_use& faults, set_aside& why);

/// JSON text without white space between its tokens.
std::string compacted(std::string_view json);

} // namespace kollect::testees

#endif

#include "test/support/message_fold.hpp"

#include <program/state.hpp>

#include <sstream>

namespace kollect::test {

std::optional<error> message_fold::add(std::string_view value, std::optional<std::string_view> key) {
  const auto done = fleet_.apply(value, key);
  if (!done)
    return done.error().reason();
  ++forms_[parse_snapshot(read_head(value, key)->envelope)->form];
  return {};
}

std::string message_fold::state() const {
  std::ostringstream out;
  write_state(out, fleet_);
  return out.str();
}

} // namespace kollect::test

#ifndef KOLLECT_PRODUCER_TEST_MESSAGE_FOLD_HPP
#define KOLLECT_PRODUCER_TEST_MESSAGE_FOLD_HPP

#include <kollect/error.hpp>
#include <kollect/projection.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::test {

/// The SDK's projection: what any consumer must make of the same messages.
class message_fold {
public:
  /// Takes a message; answers why, if it is refused.
  std::optional<error> add(std::string_view value, std::optional<std::string_view> key);

  /// The state as kollect::write_state() writes it.
  std::string state() const;

  const std::map<payload_form, std::size_t>& forms() const noexcept { return forms_; }
  std::size_t pending_sets() const noexcept { return fleet_.pending_sets(); }
  const outcome_counts& counts() const noexcept { return fleet_.counts(); }

private:
  projection fleet_;
  std::map<payload_form, std::size_t> forms_;
};

} // namespace kollect::test

#endif

#ifndef KOLLECT_PRODUCER_TEST_MESSAGE_FOLD_HPP
#define KOLLECT_PRODUCER_TEST_MESSAGE_FOLD_HPP

#include <kollect/assembler.hpp>
#include <kollect/error.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/state.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::test {

/// A consumer in its plainest form: what any consumer must make of the same messages.
class message_fold {
public:
  /// Takes a message; answers why, if it is one for the dead letters.
  std::optional<error> add(std::string_view value, std::optional<std::string_view> key);

  /// The state as kollect::write_state() writes it.
  std::string state() const;

  const std::map<payload_form, std::size_t>& forms() const noexcept { return forms_; }
  std::size_t pending_sets() const noexcept { return parts_.pending_sets(); }

private:
  void add_part(const message_head& head, const snapshot_view& snapshot);

  fleet_state state_;
  assembler parts_;
  std::map<payload_form, std::size_t> forms_;
};

} // namespace kollect::test

#endif

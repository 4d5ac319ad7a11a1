#ifndef KOLLECT_CONFORMANCE_ROW_IDENTITIES_HPP
#define KOLLECT_CONFORMANCE_ROW_IDENTITIES_HPP

#include "message_facts.hpp"

#include <kollect/item.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// Half a SHA-256: what is kept of a text that only has to be known again.
using digest = std::array<unsigned char, 16>;
digest digest_of(std::string_view text);

row_identity identity_of(const json_node& row);
/// Whether all that identity_of() and sort_key_of() look at is there: else the row breaks ROW-01, and nothing
/// that goes by identities can be told of it.
bool has_identity(const json_node& row);
std::string sort_key_of(const json_node& row);
/// Of identity_of(); nothing where has_identity() is false.
std::optional<digest> identity_digest(const json_node& row);

/// The rows of a snapshot, known again by their identities (ROW-03): 16 bytes a row.
class row_identities {
public:
  /// Calls `repeated(row)` for each row of the message that was there before, in it or in another one.
  void add(const message_facts& message, const std::function<void(const json_node&)>& repeated);

  std::size_t size() const noexcept { return all_.size(); }

private:
  void tell(const message_facts& message, std::vector<digest> twice,
            const std::function<void(const json_node&)>& repeated) const;

  std::vector<digest> all_; // sorted
};

} // namespace kollect::conformance

#endif

#ifndef KOLLECT_PRODUCER_WHOLE_MESSAGE_HPP
#define KOLLECT_PRODUCER_WHOLE_MESSAGE_HPP

#include "simulation/row_texts.hpp"

#include <kollect/connection.hpp>
#include <kollect/envelope.hpp>
#include <kollect/message.hpp>
#include <kollect/scope.hpp>
#include <kollect/serialize.hpp>
#include <kollect/timestamp.hpp>

#include <cstddef>
#include <string>

namespace kollect::producer {

/// A snapshot that goes as one message: byte for byte what make_payloads() and make_message() give, but each
/// row is copied once, to where it is sent from. The rows must outlive it.
class whole_message {
public:
  /// `form`: array or export_envelope; the header's item count is that of the rows.
  whole_message(const row_texts& rows, const export_envelope_header& header, payload_form form);

  /// Of the payload in bytes, to hold against maxExportBytes (MP-03).
  std::size_t payload_size() const noexcept;

  /// The message, dated with the time of the export call (ENV-05). Linear.
  outgoing_message make(const connection& sink, const scope& where, const timestamp& instant) const;

private:
  std::size_t items_size() const noexcept;

  const row_texts& rows_;
  payload_form form_;
  std::string head_;               ///< of an export envelope, up to its items
  std::size_t checksum_place_ = 0; ///< in the head
};

} // namespace kollect::producer

#endif

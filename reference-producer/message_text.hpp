#ifndef KOLLECT_PRODUCER_MESSAGE_TEXT_HPP
#define KOLLECT_PRODUCER_MESSAGE_TEXT_HPP

#include <kollect/message.hpp>

#include <string>

namespace kollect::producer {

/// What a dry run prints of a message: one line of JSON without its line end,
/// `{"system","destination","key","headers","value"}`, the value in base64, the key null on NATS.
std::string describe_message(broker_system system, const outgoing_message& message);

/// What a publishing run prints of a message: one line of JSON without its line end, for Kafka
/// `{"system","destination","key","partition","offset","bytes"}`, for NATS
/// `{"system","destination","sequence","duplicate","bytes"}`.
std::string describe_receipt(broker_system system, const outgoing_message& message, const receipt& confirmed);

} // namespace kollect::producer

#endif

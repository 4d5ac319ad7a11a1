#ifndef KOLLECT_NATS_DETAIL_OUTGOING_HPP
#define KOLLECT_NATS_DETAIL_OUTGOING_HPP

#include <kollect/message.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/error.hpp>
#include <kollect/nats/detail/subject.hpp>
#include <kollect/version.hpp>

#include <nats/nats.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// A header's name is made of printable ASCII without a colon; its value has no line break and no NUL, or
/// it could smuggle in a header of its own.
[[nodiscard]] inline bool is_valid_header(const header& field) noexcept {
  const bool name_is_valid = !field.name.empty() && std::ranges::all_of(field.name, [](char letter) {
    return letter > 0x20 && letter < 0x7F && letter != ':';
  });
  return name_is_valid && field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
}

/// How many bytes the server counts against its max_payload: the headers as they are sent, and the value.
[[nodiscard]] inline std::size_t sent_size(const outgoing_message& message) noexcept {
  constexpr std::size_t version_line = std::string_view("NATS/1.0\r\n").size(), line_break = 2, separator = 2;
  std::size_t size = message.value.size();
  if (message.headers.empty())
    return size;
  size += version_line + line_break;
  for (const header& field : message.headers)
    size += field.name.size() + separator + field.value.size() + line_break;
  return size;
}

/// Fails where the server would end the whole connection because of this message.
[[nodiscard]] inline result<void> check_outgoing(const outgoing_message& message, std::size_t max_payload) {
  if (!is_valid_subject(message.destination))
    return make_failure(error::invalid_value, "the message's subject is not one that can be published to",
                        "NAT-01");
  if (!std::ranges::all_of(message.headers, is_valid_header))
    return make_failure(
        error::invalid_value,
        "a message header has a name or value that NATS cannot carry, such as one with a line break",
        "NAT-02");
  if (auto right = kollect::detail::check_made_for(broker_system::nats, message); !right)
    return right;
  const std::size_t size = sent_size(message);
  const std::size_t limit = std::min<std::size_t>(max_payload, std::numeric_limits<int>::max());
  if (size > limit)
    return explain(error::message_exceeds_limit, "the message is " + std::to_string(size) +
                                                     " bytes long and the server's max_payload is " +
                                                     std::to_string(limit) + "; nothing was sent");
  return {};
}

/// The message as cnats wants it, to be answered at `reply`.
[[nodiscard]] inline result<message_pointer> to_message(const outgoing_message& message,
                                                        const std::string& reply) {
  natsMsg* raw = nullptr;
  auto status = natsMsg_Create(&raw, message.destination.c_str(), reply.c_str(), message.value.data(),
                               static_cast<int>(message.value.size()));
  message_pointer made{raw};
  for (const header& field : message.headers)
    if (status == NATS_OK)
      status = natsMsgHeader_Add(raw, field.name.c_str(), field.value.c_str());
  if (status != NATS_OK)
    return explain(status, "preparing a message");
  return made;
}

/// Reads JetStream's answer to a message (NAT-05).
[[nodiscard]] inline result<receipt> read_receipt(std::string_view json) {
  const auto reply = read_reply(json);
  if (!reply)
    return explain(error::not_acknowledged, "the server's answer to the message is not JSON");
  if (reply->error_code != 0) {
    const error reason = to_error(reply->error_code, reply->status);
    return explain(reason == error::message_exceeds_limit ? reason : error::not_acknowledged,
                   "the stream did not take the message: " + reply->description);
  }
  const auto* duplicate = reply->body.if_contains("duplicate");
  return receipt{0, static_cast<std::int64_t>(number(reply->body, "seq")),
                 duplicate != nullptr && duplicate->is_bool() && duplicate->get_bool()};
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

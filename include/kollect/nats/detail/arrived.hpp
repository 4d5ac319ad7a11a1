#ifndef KOLLECT_NATS_DETAIL_ARRIVED_HPP
#define KOLLECT_NATS_DETAIL_ARRIVED_HPP

#include <kollect/message.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/detail/pointers.hpp>
#include <kollect/version.hpp>

#include <nats/nats.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// A message that has come and was not handed to our owner yet.
struct arrived_message {
  delivery place;
  received_message message;
  std::uint64_t ledger_number = 0;
};

/// The headers, in no particular order, as cnats keeps them.
[[nodiscard]] inline std::vector<header> read_headers(natsMsg* message) {
  std::vector<header> headers;
  const char** names = nullptr;
  int name_count = 0;
  if (natsMsgHeader_Keys(message, &names, &name_count) != NATS_OK)
    return headers; // there are none
  const std::unique_ptr<const char*, decltype([](const char** list) { std::free(list); })> owned_names{names};
  for (int index = 0; index < name_count; ++index) {
    const char** values = nullptr;
    int value_count = 0;
    if (natsMsgHeader_Values(message, names[index], &values, &value_count) != NATS_OK)
      continue;
    const std::unique_ptr<const char*, decltype([](const char** list) { std::free(list); })> owned_values{
        values};
    for (int value = 0; value < value_count; ++value)
      headers.push_back({names[index], values[value] == nullptr ? "" : values[value]});
  }
  return headers;
}

/// The code of a status message, which has headers only; empty for any other message.
[[nodiscard]] inline std::string_view status_code(natsMsg* message) {
  const char* code = nullptr;
  if (natsMsg_GetDataLength(message) != 0 || natsMsgHeader_Get(message, "Status", &code) != NATS_OK ||
      code == nullptr)
    return {};
  return code;
}

[[nodiscard]] inline std::string_view status_description(natsMsg* message) {
  const char* description = nullptr;
  if (natsMsgHeader_Get(message, "Description", &description) != NATS_OK || description == nullptr)
    return {};
  return description;
}

/// Takes a message over, without copying its value; nothing if it does not come from JetStream.
[[nodiscard]] inline std::optional<arrived_message> to_arrived(message_pointer message) {
  const char* reply = natsMsg_GetReply(message.get());
  const auto place = reply == nullptr ? std::nullopt : read_delivery(reply);
  if (!place)
    return {};
  arrived_message arrived{*place, {}, 0};
  auto& out = arrived.message;
  out.offset = static_cast<std::int64_t>(place->stream_sequence);
  out.delivery_count = place->count;
  out.appended_at = place->stored_at;
  out.subject = natsMsg_GetSubject(message.get());
  out.headers = read_headers(message.get());
  out.value = data_of(message.get());
  out.owner = std::shared_ptr<const void>(std::shared_ptr<natsMsg>(std::move(message)));
  return arrived;
}

/// Messages that wait for our owner, in the order in which they came.
class arrived_messages {
public:
  bool empty() const noexcept { return waiting_.empty(); }
  std::size_t size() const noexcept { return waiting_.size(); }
  std::size_t bytes() const noexcept { return bytes_; } ///< of their values
  auto begin() const noexcept { return waiting_.begin(); }
  auto end() const noexcept { return waiting_.end(); }

  void push(arrived_message message) {
    bytes_ += message.message.value.size();
    waiting_.push_back(std::move(message));
  }

  /// The oldest, if it and `taken` bytes are no more than `most`, or nothing was taken before.
  std::optional<arrived_message> pop(std::size_t taken, std::size_t most) {
    if (waiting_.empty() || (taken != 0 && taken + waiting_.front().message.value.size() > most))
      return {};
    arrived_message oldest = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= oldest.message.value.size();
    return oldest;
  }

  void clear() noexcept {
    waiting_.clear();
    bytes_ = 0;
  }

private:
  std::deque<arrived_message> waiting_;
  std::size_t bytes_ = 0;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

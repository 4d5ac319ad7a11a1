#ifndef KOLLECT_NATS_DETAIL_FETCH_HPP
#define KOLLECT_NATS_DETAIL_FETCH_HPP

#include <kollect/message.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/detail/pointers.hpp>
#include <kollect/nats/detail/pull.hpp>
#include <kollect/version.hpp>

#include <nats/nats.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// A message that a consumer has delivered.
struct fetched_message {
  delivery place;
  received_message message;
  std::uint64_t ledger_number = 0; ///< where it is to be acknowledged
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

/// Takes a message over, without copying its value.
[[nodiscard]] inline fetched_message to_fetched(const delivery& place, message_pointer message) {
  fetched_message fetched{place, {}, 0};
  auto& out = fetched.message;
  out.offset = static_cast<std::int64_t>(place.stream_sequence);
  out.delivery_count = place.count;
  out.appended_at = place.stored_at;
  out.subject = natsMsg_GetSubject(message.get());
  out.headers = read_headers(message.get());
  out.value = data_of(message.get());
  out.owner = std::shared_ptr<const void>(std::shared_ptr<natsMsg>(std::move(message)));
  return fetched;
}

/// What comes in answer to a request: a message, or the server's word on the request.
struct fetched {
  std::optional<fetched_message> message{};
  std::string acknowledge_at{}; ///< the subject for what becomes of the message
  pull_status status = pull_status::heartbeat;
  std::string description{}; ///< of the status, in the server's words
};

/// Fetches from a consumer by hand: requests to `$JS.API.CONSUMER.MSG.NEXT`, answered in an inbox of our own,
/// and the messages that wait for our owner, in the order in which they came.
class message_fetch {
public:
  message_fetch(client& server, inbox answers, const pull_limits& limits)
      : server_(server), answers_(std::move(answers)), pulls_(limits), losses_(server.events().losses()) {}

  /// Asks for more where that is due. True if it has.
  bool request_more(const std::string& stream, const std::string& consumer) {
    const auto request = pulls_.next(clock::now(), waiting_.size(), bytes_);
    if (!request)
      return false;
    const auto status = server_.publish("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer,
                                        answers_.prefix + "." + std::to_string(request->number),
                                        to_json(*request, pulls_.limits().expiry));
    if (status != NATS_OK)
      pulls_.ended(request->number, pull_status::busy, clock::now());
    return true;
  }

  /// Waits for what comes next; nothing if nothing has come until then. A request that nobody serves counts
  /// as pull_status::unavailable.
  [[nodiscard]] std::optional<fetched> next(clock::time_point deadline) {
    auto came = server_.next(answers_, deadline, losses_);
    if (came.event == inbox_event::closed)
      server_.events().wait_closed(deadline);
    if (came.event == inbox_event::no_responders) {
      pulls_.forget_all();
      pulls_.pause(clock::now());
      return fetched{.status = pull_status::unavailable};
    }
    if (came.event != inbox_event::message)
      return {};
    const char* const reply = natsMsg_GetReply(came.message.get());
    const auto place = reply == nullptr ? std::nullopt : read_delivery(reply);
    if (!place)
      return read_status_message(came.message.get());
    pulls_.message_arrived();
    std::string acknowledge_at = reply;
    return fetched{.message = to_fetched(*place, std::move(came.message)),
                   .acknowledge_at = std::move(acknowledge_at)};
  }

  /// Whether the connection was lost since this was asked last: what was requested before may not come.
  [[nodiscard]] bool has_lost_requests() {
    if (losses_ == server_.events().losses())
      return false;
    losses_ = server_.events().losses();
    pulls_.forget_all();
    return true;
  }

  /// What was requested does not come, or is wanted no more.
  void forget_requests() noexcept { pulls_.forget_all(); }

  /// Drops what waits, too.
  void forget_all() noexcept {
    pulls_.forget_all();
    waiting_.clear();
    bytes_ = 0;
  }

  void push(fetched_message message) {
    bytes_ += message.message.value.size();
    waiting_.push_back(std::move(message));
  }

  [[nodiscard]] const std::deque<fetched_message>& waiting() const noexcept { return waiting_; }

  /// Gives out what waits, the oldest first: a message at least, be it larger than `max_bytes`. Each is shown
  /// to `on_message(place)` before.
  template <class OnMessage>
  [[nodiscard]] std::vector<received_message> hand_out(std::size_t max_messages, std::size_t max_bytes,
                                                       OnMessage&& on_message) {
    std::vector<received_message> handed_out;
    std::size_t bytes = 0;
    while (!waiting_.empty() && handed_out.size() < max_messages) {
      fetched_message& oldest = waiting_.front();
      const std::size_t size = oldest.message.value.size();
      if (!handed_out.empty() && bytes + size > max_bytes)
        break;
      bytes += size;
      bytes_ -= size;
      on_message(oldest.place);
      handed_out.push_back(std::move(oldest.message));
      waiting_.pop_front();
    }
    return handed_out;
  }

  /// Takes nothing any more.
  void stop() noexcept { answers_.subscription.reset(); }

private:
  [[nodiscard]] fetched read_status_message(natsMsg* message) {
    const auto code = status_code(message), description = status_description(message);
    const auto number = answers_.number_of(message);
    if (code.empty() || !number) {
      server_.report("a message came that is not JetStream's; it is ignored");
      return {};
    }
    const auto status = read_status(code, description);
    if (!pulls_.ended(*number, status, clock::now()))
      return {}; // of a request that nobody waits for any more
    return {.status = status, .description = std::string(description)};
  }

  client& server_;
  inbox answers_;
  pull_requests pulls_;
  std::deque<fetched_message> waiting_;
  std::size_t bytes_ = 0; ///< of the values that wait
  std::uint64_t losses_;  ///< of the connection, when this was looked at last
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

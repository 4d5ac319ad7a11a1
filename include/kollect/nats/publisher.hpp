#ifndef KOLLECT_NATS_PUBLISHER_HPP
#define KOLLECT_NATS_PUBLISHER_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/detail/outgoing.hpp>
#include <kollect/nats/detail/target_stream.hpp>
#include <kollect/nats/detail/window.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

namespace detail {

/// Publishes to JetStream with many messages under way at once. Each has a reply subject of its own,
/// which ends in its number, so that answers may come in any order.
class jetstream_publisher final : public publisher {
public:
  jetstream_publisher(std::unique_ptr<client> server, const connection& target, inbox answers,
                      const publisher_options& options)
      : options_(options), server_(std::move(server)), stream_(*server_, target.stream, target.destination),
        answers_(std::move(answers)), window_(*server_, stream_, answers_, options_) {}
  ~jetstream_publisher() override { close(); }
  jetstream_publisher(const jetstream_publisher&) = delete;
  jetstream_publisher& operator=(const jetstream_publisher&) = delete;

  [[nodiscard]] std::vector<result<receipt>> publish(std::span<const outgoing_message> messages,
                                                     std::chrono::milliseconds timeout) override {
    window_.settle();
    const auto deadline = deadline_after(timeout);
    batch work{.messages = messages, .deadline = deadline, .first_number = next_number_};
    work.results.resize(messages.size());
    next_number_ += messages.size();
    server_->report_events();
    if (auto ready = prepare(work); !ready)
      return finish(std::move(work), ready.error());
    auto outcome = run(work);
    server_->report_events();
    return finish(std::move(work), std::move(outcome));
  }

  void post(std::shared_ptr<const outgoing_message> message, std::chrono::milliseconds timeout) override {
    server_->report_events();
    window_.post(std::move(message), deadline_after(timeout), next_number_++);
  }

  [[nodiscard]] std::vector<settled_message> take_settled(std::chrono::milliseconds timeout) override {
    auto settled = window_.take(deadline_after(timeout));
    server_->report_events();
    return settled;
  }

  [[nodiscard]] result<void> check(std::chrono::milliseconds timeout) override {
    window_.settle();
    const auto deadline = deadline_after(timeout);
    server_->report_events();
    if (auto open = server_->check_open(); !open)
      return open.error();
    if (!server_->events().wait_connected(deadline))
      return explain(error::broker_unavailable, "the connection to NATS is lost");
    const auto reply = server_->request("$JS.API.INFO", {}, time_left(deadline));
    if (!reply)
      return reply.error();
    if (reply->error_code != 0)
      return explain(*reply, "asking for JetStream's account");
    return {};
  }

  void close() noexcept override {
    window_.fail(make_failure(
        error::closed, "the NATS publisher was closed before the message was confirmed; it may or may not "
                       "have been stored"));
    answers_.subscription.reset();
    server_->close();
  }

private:
  /// One call of publish().
  struct batch {
    std::span<const outgoing_message> messages;
    clock::time_point deadline;
    std::uint64_t first_number; ///< of the first message, over all calls
    std::size_t sent = 0;
    std::size_t answered = 0;
    std::size_t without_stream = 0; ///< answered, but the server does not say which they were
    std::size_t bytes_in_flight = 0;
    std::uint64_t losses = 0;      ///< of the connection, when it began
    std::optional<failure> stop{}; ///< why no more is sent
    std::vector<std::optional<result<receipt>>> results{};

    [[nodiscard]] std::size_t in_flight() const noexcept { return sent - answered - without_stream; }
  };

  /// Nothing is sent unless all can be: half a multipart set is of no use to anybody.
  [[nodiscard]] result<void> prepare(batch& work) {
    if (auto open = server_->check_open(); !open)
      return open.error();
    if (!server_->events().wait_connected(work.deadline))
      return explain(error::broker_unavailable,
                     "the message was not sent, as the connection to NATS is lost");
    work.losses = server_->events().losses();
    discard_late_answers(*server_, answers_, work.losses);
    const auto limit = static_cast<std::size_t>(natsConnection_GetMaxPayload(server_->handle()));
    bool valid = true;
    for (std::size_t index = 0; index < work.messages.size(); ++index) {
      auto checked = check_outgoing(work.messages[index], limit);
      if (checked)
        continue;
      valid = false;
      work.results[index] = result<receipt>(checked.error());
    }
    if (valid)
      return work.messages.empty() ? result<void>() : stream_.ensure(work.deadline);
    return make_failure(error::not_acknowledged,
                        "the message was not sent, as another one of the same call cannot be", "NAT-05");
  }

  /// Sends and collects until all are answered. The failure is that of all messages without an answer.
  [[nodiscard]] failure run(batch& work) {
    while (has_room(work) || work.in_flight() > 0) {
      if (has_room(work)) {
        send_next(work);
        continue;
      }
      auto answer = server_->next(answers_, work.deadline, work.losses);
      switch (answer.kind) {
      case arrival::message:
        take_answer(work, answer.message.get());
        break;
      case arrival::no_responders:
        ++work.without_stream;
        break;
      case arrival::none:
        return unconfirmed("no answer came in time");
      case arrival::lost:
        return unconfirmed("the connection to NATS was lost");
      case arrival::closed:
        return unconfirmed("the connection to NATS was closed");
      }
    }
    if (work.stop)
      return *work.stop;
    return taken_by_no_stream();
  }

  [[nodiscard]] bool has_room(const batch& work) const noexcept {
    if (work.stop || work.sent == work.messages.size())
      return false;
    if (work.in_flight() == 0)
      return true;
    return work.in_flight() < options_.max_in_flight &&
           work.bytes_in_flight + work.messages[work.sent].value.size() <= options_.max_in_flight_bytes;
  }

  void send_next(batch& work) {
    const auto& message = work.messages[work.sent];
    auto prepared =
        to_message(message, answers_.prefix + "." + std::to_string(work.first_number + work.sent));
    natsStatus status = NATS_OK;
    if (!prepared)
      work.stop = prepared.error();
    else if ((status = natsConnection_PublishMsg(server_->handle(), prepared->get())) != NATS_OK)
      work.stop = unconfirmed("sending failed (" + std::string(natsStatus_GetText(status)) + ")");
    if (work.stop)
      return;
    ++work.sent;
    work.bytes_in_flight += message.value.size();
  }

  void take_answer(batch& work, const natsMsg* message) const {
    const auto number = number_of_answer(message, answers_);
    if (!number || *number < work.first_number)
      return; // of an earlier call, too late
    const auto index = static_cast<std::size_t>(*number - work.first_number);
    if (index >= work.sent || work.results[index])
      return;
    work.results[index] = read_receipt(data_of(message));
    work.bytes_in_flight -= work.messages[index].value.size();
    ++work.answered;
  }

  [[nodiscard]] static std::vector<result<receipt>> finish(batch work, const failure& of_the_rest) {
    std::vector<result<receipt>> results;
    results.reserve(work.results.size());
    for (auto& one : work.results)
      results.push_back(one ? std::move(*one) : result<receipt>(of_the_rest));
    return results;
  }

  publisher_options options_;
  std::unique_ptr<client> server_;
  target_stream stream_;
  inbox answers_;
  window window_;
  std::uint64_t next_number_ = 1;
};

} // namespace detail

/// Connects. Fails within a few seconds: error::broker_unavailable when nothing listens,
/// authentication_failed, tls_failed, or error::invalid_value for a stream or subject that cannot be. After
/// that, a lost connection is made anew in the background for ever, and publish() waits for it up to its
/// timeout; a server that takes no bytes can hold it write_timeout longer.
///
/// The first publish() or post() sees to it that the stream takes the subject (NAT-03): where that fails,
/// nothing was sent, each message's answer is what ensure_stream() says, and the next call tries again. A
/// publisher that is only asked to check() makes no stream.
///
/// A program that ends right after its last publisher should call end_process() of nats/end_process.hpp.
///
/// error::invalid_value for a connection to Kafka.
[[nodiscard]] inline result<std::unique_ptr<publisher>>
create_publisher(const connection& target, const publisher_options& options = {}) {
  if (auto right = kollect::detail::check_system(target, broker_system::nats); !right)
    return right.error();
  if (auto valid = detail::check_names(target.stream, target.destination, false); !valid)
    return valid.error();
  auto server = detail::client::connect(target, options.client);
  if (!server)
    return server.error();
  auto answers = (*server)->subscribe_inbox();
  if (!answers)
    return answers.error();
  return std::unique_ptr<publisher>(
      new detail::jetstream_publisher(std::move(*server), target, std::move(*answers), options));
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif

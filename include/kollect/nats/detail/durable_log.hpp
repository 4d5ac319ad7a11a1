#ifndef KOLLECT_NATS_DETAIL_DURABLE_LOG_HPP
#define KOLLECT_NATS_DETAIL_DURABLE_LOG_HPP

#include <kollect/checksum.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/consumer.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// What a look at a stream and its durable has found.
enum class log_finding {
  same,         ///< both are what they were
  stream_gone,  ///< it was deleted, or another one has its name
  durable_gone, ///< it was deleted
  replaced,     ///< the stream is not what the durable was made for: it has lost its tail, say
  recreated     ///< the durable may have lost messages, and now begins with the stream's first message
};

/// How a durable fits what its owner has read.
enum class position_fit {
  fits,
  replaced,  ///< the stream is not the one that was read
  new_store, ///< the owner has nothing of what the durable has acknowledged
  passed     ///< nor of some of it, as after its store was put back to an older copy
};

/// A stream as one durable reads it: whether both still are what they were.
class durable_log {
public:
  durable_log(client& server, stream_info stream, std::string subject, subscriber_options options,
              consumer_info durable)
      : server_(server), stream_(std::move(stream)), subject_(std::move(subject)),
        options_(std::move(options)), durable_(std::move(durable)) {}

  const stream_info& stream() const noexcept { return stream_; } ///< as it was at the last look
  const consumer_info& durable() const noexcept { return durable_; }
  const std::string& subject() const noexcept { return subject_; }

  /// Which log this is, also while it grows.
  log_identity identity() const { return identify_log(stream_, subject_); }

  /// The stream as it is now; nothing once it is gone.
  [[nodiscard]] result<std::optional<stream_info>> find_stream(std::chrono::milliseconds timeout) {
    auto found = detail::find_stream(server_, stream_.name, timeout);
    if (found && *found && (*found)->created != stream_.created)
      return std::optional<stream_info>{};
    return found;
  }

  /// The durable as it is now; nothing once it is gone.
  [[nodiscard]] result<std::optional<consumer_info>> find_durable(std::chrono::milliseconds timeout) {
    auto found = find_consumer(server_, stream_.name, options_.durable, timeout);
    if (found && *found)
      durable_ = **found;
    return found;
  }

  /// Looks at both, and corrects a durable that somebody has changed so that it would lose messages.
  [[nodiscard]] result<log_finding> look(std::chrono::milliseconds timeout) {
    const auto durable = find_durable(timeout);
    if (!durable)
      return durable.error();
    // After the durable: what it has delivered, the stream held before.
    auto stream = find_stream(timeout);
    if (!stream)
      return stream.error();
    if (!*stream)
      return log_finding::stream_gone;
    stream_ = std::move(**stream);
    if (!*durable)
      return log_finding::durable_gone;
    if (is_ahead(durable_, stream_))
      return log_finding::replaced;
    auto wanted = options_;
    wanted.ack_wait = std::chrono::ceil<std::chrono::milliseconds>(durable_.ack_wait); // any will do
    auto fits = fit_consumer(server_, stream_, subject_, durable_, wanted, timeout);
    if (!fits)
      return fits.error();
    durable_ = std::move(fits->info);
    return fits->is_recreated ? log_finding::recreated : log_finding::same;
  }

  /// Whether another message, or none, stands where a delivery stood.
  [[nodiscard]] result<bool> is_replaced(const delivery& known, std::chrono::milliseconds timeout) {
    if (known.stream_sequence == 0)
      return false;
    if (known.stream_sequence > stream_.last_sequence)
      return true;
    const auto found = settle(detail::find_message(server_, stream_.name, known.stream_sequence, timeout));
    if (!found || !*found)
      return found ? result<bool>(false) : found.error();
    const auto time = parse_timestamp((*found)->time);
    return time && *time != known.stored_at;
  }

  /// Compares the durable with what its owner has read, after a look.
  [[nodiscard]] result<position_fit> compare(const std::optional<read_position>& stored, log_finding found,
                                             std::chrono::milliseconds timeout) {
    if (found == log_finding::replaced)
      return position_fit::replaced;
    if (!stored)
      return durable_.has_acknowledged() ? position_fit::new_store : position_fit::fits;
    const auto replaced = is_replaced(*stored, timeout);
    if (!replaced)
      return replaced.error();
    if (*replaced)
      return position_fit::replaced;
    const auto passed = has_passed(*stored, timeout);
    if (!passed)
      return passed.error();
    return *passed ? position_fit::passed : position_fit::fits;
  }

  /// The sequence from which on nothing was read.
  std::uint64_t end_of(const std::optional<read_position>& stored) const noexcept {
    return stored && stored->next > 0 ? static_cast<std::uint64_t>(stored->next)
                                      : std::max(durable_.delivered_stream, durable_.floor_stream) + 1;
  }

  /// Whether messages that were delivered and not acknowledged will not come again. Of one that says that it
  /// waits for nothing.
  [[nodiscard]] result<bool> has_given_up(std::chrono::milliseconds timeout) {
    const auto found =
        settle(find_next_message(server_, stream_.name, subject_, durable_.floor_stream + 1, timeout));
    if (!found)
      return found.error();
    return *found && (*found)->sequence <= durable_.delivered_stream;
  }

  /// Makes the durable begin with the stream's first message again. After a failure it may be gone: to be
  /// called again.
  [[nodiscard]] result<void> recreate(std::chrono::milliseconds timeout) {
    auto made = recreate_consumer(server_, stream_.name, subject_, options_, timeout);
    if (!made)
      return made.error();
    durable_ = std::move(*made);
    return {};
  }

  /// Whether the stream takes nothing but our subject now: somebody may have given it another one.
  [[nodiscard]] bool takes_only_our_subject(std::chrono::milliseconds timeout) {
    if (!stream_.takes_only(subject_))
      return false;
    const auto now = find_stream(timeout);
    if (now && *now)
      stream_.subjects = (*now)->subjects;
    return stream_.takes_only(subject_);
  }

private:
  /// Whether another message, or none, stands where the last one stood that the owner has read.
  [[nodiscard]] result<bool> is_replaced(const read_position& known, std::chrono::milliseconds timeout) {
    const auto next = static_cast<std::uint64_t>(std::max<std::int64_t>(known.next, 0));
    if (next > stream_.last_sequence + 1)
      return true;
    if (next < 2 || !known.last)
      return false;
    const auto found = settle(detail::find_message(server_, stream_.name, next - 1, timeout));
    if (!found || !*found)
      return found ? result<bool>(false) : found.error();
    return fingerprint_of((*found)->value) != *known.last;
  }

  /// Whether the durable has acknowledged messages that the owner has not read, as after its store was put
  /// back to an older copy.
  [[nodiscard]] result<bool> has_passed(const read_position& known, std::chrono::milliseconds timeout) {
    const auto next = static_cast<std::uint64_t>(std::max<std::int64_t>(known.next, 0));
    if (next == 0 || durable_.floor_stream < next)
      return false;
    const auto found = settle(find_next_message(server_, stream_.name, subject_, next, timeout));
    if (!found)
      return found.error();
    return *found && (*found)->sequence <= durable_.floor_stream;
  }

  /// A server that does not let us read single messages cannot tell; one that is away will.
  [[nodiscard]] result<std::optional<stored_message>> settle(result<std::optional<stored_message>> answer) {
    if (answer || answer.error().reason() == error::broker_unavailable ||
        answer.error().reason() == error::broker_timeout)
      return answer;
    server_.report("it cannot be seen whether the stream " + stream_.name +
                   " still holds what was read of it: " + answer.error().message);
    return std::optional<stored_message>{};
  }

  client& server_;
  stream_info stream_;
  std::string subject_;
  subscriber_options options_;
  consumer_info durable_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

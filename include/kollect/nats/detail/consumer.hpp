#ifndef KOLLECT_NATS_DETAIL_CONSUMER_HPP
#define KOLLECT_NATS_DETAIL_CONSUMER_HPP

#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/pull.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/version.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// A durable as the server describes it. Sequences are 0 where nothing has happened yet.
struct consumer_info {
  std::vector<std::string> filters; ///< subjects that it delivers; none: all of the stream's
  std::string ack_policy;
  std::string deliver_policy;
  std::string replay_policy;
  bool is_push = false;
  bool has_headers_only = false; ///< messages come without their values
  bool has_back_off = false;     ///< its own pauses between deliveries, which win over ack_wait
  std::chrono::nanoseconds ack_wait{};
  std::int64_t max_deliver = -1;
  std::uint64_t max_request_messages = 0; ///< 0: no limit
  std::uint64_t max_request_bytes = 0;    ///< 0: no limit
  std::chrono::nanoseconds max_request_expiry{};

  std::uint64_t delivered_stream = 0;   ///< stream sequence of the last delivery
  std::uint64_t delivered_consumer = 0; ///< number of deliveries, repeated ones included
  std::uint64_t floor_stream = 0;       ///< all up to this stream sequence is settled
  std::uint64_t floor_consumer = 0;
  std::uint64_t unacknowledged = 0;
  std::uint64_t undelivered = 0;

  boost::json::object config; ///< as it came, with all that we know nothing of

  /// Whether a message may have been acknowledged, which is then not delivered again.
  bool has_acknowledged() const noexcept { return floor_consumer > 0 || delivered_consumer > unacknowledged; }

  /// Whether the server gives a message up that was delivered so often and not acknowledged.
  bool gives_up() const noexcept { return max_deliver > 0; }
};

[[nodiscard]] inline consumer_info read_consumer(const boost::json::object& body) {
  const auto& config = child(body, "config");
  const auto& delivered = child(body, "delivered");
  const auto& floor = child(body, "ack_floor");
  consumer_info info;
  if (auto filter = text(config, "filter_subject"); !filter.empty())
    info.filters.push_back(std::move(filter));
  if (const auto* several = config.if_contains("filter_subjects"); several != nullptr && several->is_array())
    for (const auto& filter : several->get_array())
      if (const auto* name = filter.if_string())
        info.filters.emplace_back(name->data(), name->size());
  info.ack_policy = text(config, "ack_policy");
  info.deliver_policy = text(config, "deliver_policy");
  info.replay_policy = text(config, "replay_policy");
  const auto* const headers_only = config.if_contains("headers_only");
  info.has_headers_only = headers_only != nullptr && headers_only->is_bool() && headers_only->get_bool();
  const auto* const back_off = config.if_contains("backoff");
  info.has_back_off = back_off != nullptr && back_off->is_array() && !back_off->get_array().empty();
  info.is_push = !text(config, "deliver_subject").empty();
  info.ack_wait = std::chrono::nanoseconds(number(config, "ack_wait"));
  if (const auto most = number(config, "max_deliver"); most != 0)
    info.max_deliver = static_cast<std::int64_t>(most);
  info.max_request_messages = number(config, "max_batch");
  info.max_request_bytes = number(config, "max_bytes");
  info.max_request_expiry = std::chrono::nanoseconds(number(config, "max_expires"));
  info.delivered_stream = number(delivered, "stream_seq");
  info.delivered_consumer = number(delivered, "consumer_seq");
  info.floor_stream = number(floor, "stream_seq");
  info.floor_consumer = number(floor, "consumer_seq");
  info.unacknowledged = number(body, "num_ack_pending");
  info.undelivered = number(body, "num_pending");
  info.config = config;
  return info;
}

/// The durable, or nothing if the stream has none of that name (or is itself gone).
[[nodiscard]] inline result<std::optional<consumer_info>> find_consumer(client& server,
                                                                        const std::string& stream,
                                                                        const std::string& durable,
                                                                        std::chrono::milliseconds timeout) {
  const auto reply = server.request("$JS.API.CONSUMER.INFO." + stream + "." + durable, {}, timeout);
  if (!reply)
    return reply.error();
  if (reply->error_code == JSConsumerNotFoundErr || reply->error_code == JSStreamNotFoundErr)
    return std::optional<consumer_info>{};
  if (reply->error_code != 0)
    return explain(*reply, "looking up the durable " + durable);
  return std::optional(read_consumer(reply->body));
}

/// There is another consumer of the same messages: `rival`, or one whose name the server does not say.
[[nodiscard]] inline failure taken_work_queue(const std::string& stream, const std::string& rival,
                                              const std::string& doing) {
  return make_failure(
      error::invalid_value,
      doing + "the stream " + stream +
          " is a work queue, which gives each message to its one consumer, and it has another for these "
          "messages" +
          (rival.empty() ? "" : ", " + rival) +
          "; name that one with --group, or delete it if nobody needs it, or read a mirror of the stream");
}

/// The name of a consumer that has messages of `subject`; nothing where none has. Costs a request for each
/// 256 consumers or so of the stream.
[[nodiscard]] inline result<std::optional<std::string>> find_consumer_of(client& server,
                                                                         const std::string& stream,
                                                                         const std::string& subject,
                                                                         std::chrono::milliseconds timeout) {
  for (std::uint64_t offset = 0;;) {
    boost::json::object body;
    body["offset"] = offset;
    const auto reply = server.request("$JS.API.CONSUMER.LIST." + stream, body, timeout);
    if (!reply)
      return reply.error();
    if (reply->error_code != 0)
      return explain(*reply, "listing the consumers of the stream " + stream);
    const auto* const listed = reply->body.if_contains("consumers");
    if (listed == nullptr || !listed->is_array() || listed->get_array().empty())
      return std::optional<std::string>{};
    for (const auto& one : listed->get_array()) {
      if (!one.is_object())
        continue;
      const auto filters = read_consumer(one.get_object()).filters;
      if (filters.empty() ||
          std::ranges::any_of(filters, [&](const std::string& filter) { return overlap(filter, subject); }))
        return std::optional(std::string(text(one.get_object(), "name")));
    }
    offset += listed->get_array().size();
    if (offset >= number(reply->body, "total"))
      return std::optional<std::string>{};
  }
}

/// Why the server has not made a durable, with what to do about it.
[[nodiscard]] inline failure refused_consumer(const api_reply& reply, const std::string& stream,
                                              const std::string& doing) {
  if (reply.error_code == JSConsumerWQConsumerNotUniqueErr ||
      reply.error_code == JSConsumerWQMultipleUnfilteredErr)
    return taken_work_queue(stream, {}, doing + " failed: ");
  return explain(reply, doing);
}

/// Creates a durable with this configuration, or changes it to that.
[[nodiscard]] inline result<consumer_info> put_consumer(client& server, const std::string& stream,
                                                        const std::string& durable,
                                                        boost::json::object config, std::string_view doing,
                                                        std::chrono::milliseconds timeout) {
  boost::json::object body;
  body["stream_name"] = stream;
  body["config"] = std::move(config);
  const auto reply =
      server.request("$JS.API.CONSUMER.DURABLE.CREATE." + stream + "." + durable, body, timeout);
  if (!reply)
    return reply.error();
  if (reply->error_code != 0)
    return refused_consumer(*reply, stream, std::string(doing) + " the durable " + durable);
  return read_consumer(reply->body);
}

[[nodiscard]] inline result<consumer_info> create_consumer(client& server, const std::string& stream,
                                                           const std::string& subject,
                                                           const subscriber_options& options,
                                                           std::chrono::milliseconds timeout) {
  boost::json::object config;
  config["durable_name"] = options.durable;
  config["deliver_policy"] = "all";
  config["ack_policy"] = "explicit";
  config["ack_wait"] = std::chrono::nanoseconds(options.ack_wait).count();
  config["max_deliver"] = -1;
  config["max_ack_pending"] = static_cast<std::int64_t>(options.max_ack_pending);
  config["filter_subject"] = subject;
  config["replay_policy"] = "instant";
  return put_consumer(server, stream, options.durable, std::move(config), "creating", timeout);
}

[[nodiscard]] inline result<void> delete_consumer(client& server, const std::string& stream,
                                                  const std::string& durable,
                                                  std::chrono::milliseconds timeout) {
  const auto reply = server.request("$JS.API.CONSUMER.DELETE." + stream + "." + durable, {}, timeout);
  if (!reply)
    return reply.error();
  if (reply->error_code != 0 && reply->error_code != JSConsumerNotFoundErr)
    return explain(*reply, "deleting the durable " + durable);
  return {};
}

/// Whether a durable that is already there can serve us, be it with changes: see correct().
[[nodiscard]] inline result<void> check_compatible(const consumer_info& info, const stream_info& stream,
                                                   const std::string& subject, const std::string& durable) {
  const auto refuse = [&](const std::string& why) {
    return make_failure(error::invalid_value, "the durable " + durable + " of the stream " + stream.name +
                                                  " " + why +
                                                  "; give another name with --group, or delete that durable");
  };
  if (info.is_push)
    return refuse("is of the push kind, and only a pull consumer can be shared as a group");
  if (info.ack_policy != "explicit")
    return refuse("has the ack policy " + info.ack_policy + " instead of explicit");
  if (info.deliver_policy != "all")
    return refuse("does not begin with the stream's first message, as its deliver policy is " +
                  info.deliver_policy + " instead of all, so that messages would be missing");
  if (info.replay_policy == "original")
    return refuse("has the replay policy original instead of instant: messages would come as slowly as they "
                  "were once sent");
  const bool has_our_filter = info.filters == std::vector{subject};
  const bool needs_no_filter = info.filters.empty() && stream.takes_only(subject);
  if (!has_our_filter && !needs_no_filter)
    return refuse("does not deliver just the subject " + subject);
  return {};
}

/// A configuration that loses nothing and keeps all else of a durable's; nothing where it has that already.
struct corrected_config {
  boost::json::object config;
  std::string changes; ///< in words
};

[[nodiscard]] inline std::optional<corrected_config> correct(const consumer_info& info,
                                                             std::chrono::nanoseconds ack_wait) {
  corrected_config found{info.config, {}};
  const auto note = [&](const std::string& change) {
    found.changes += (found.changes.empty() ? "" : ", ") + change;
  };
  if (info.gives_up()) {
    found.config["max_deliver"] = -1;
    note("max_deliver " + std::to_string(info.max_deliver) + " becomes -1");
  }
  if (info.has_back_off) {
    found.config.erase("backoff");
    note("its backoff goes");
  }
  if (info.has_headers_only) {
    found.config.erase("headers_only");
    note("headers_only goes");
  }
  if (info.has_back_off || info.ack_wait != ack_wait) {
    using milliseconds = std::chrono::milliseconds;
    found.config["ack_wait"] = ack_wait.count();
    note("ack_wait " + std::to_string(std::chrono::duration_cast<milliseconds>(info.ack_wait).count()) +
         " ms becomes " + std::to_string(std::chrono::duration_cast<milliseconds>(ack_wait).count()) + " ms");
  }
  return found.changes.empty() ? std::nullopt : std::optional(std::move(found));
}

/// Deletes and recreates the durable: all that the stream holds is delivered again.
[[nodiscard]] inline result<consumer_info> recreate_consumer(client& server, const std::string& stream,
                                                             const std::string& subject,
                                                             const subscriber_options& options,
                                                             std::chrono::milliseconds timeout) {
  const auto deadline = deadline_after(timeout);
  if (auto deleted = delete_consumer(server, stream, options.durable, time_left(deadline)); !deleted)
    return deleted.error();
  return create_consumer(server, stream, subject, options, time_left(deadline));
}

/// A durable that fits, after what had to be changed.
struct fitting_consumer {
  consumer_info info;
  bool is_recreated = false; ///< it begins with the stream's first message again
};

/// Makes an existing durable lose nothing. One that may have given messages up is recreated, as the server
/// does not tell which: what was consumed comes again, too.
[[nodiscard]] inline result<fitting_consumer> fit_consumer(client& server, const stream_info& stream,
                                                           const std::string& subject, consumer_info info,
                                                           const subscriber_options& options,
                                                           std::chrono::milliseconds timeout) {
  if (auto fits = check_compatible(info, stream, subject, options.durable); !fits)
    return fits.error();
  auto corrected = correct(info, options.ack_wait);
  if (!corrected)
    return fitting_consumer{std::move(info), false};
  const bool may_have_given_up = info.gives_up() && info.delivered_consumer > 0;
  auto made = may_have_given_up ? recreate_consumer(server, stream.name, subject, options, timeout)
                                : put_consumer(server, stream.name, options.durable,
                                               std::move(corrected->config), "changing", timeout);
  if (!made)
    return made.error();
  const std::string who = "the durable " + options.durable + " of the stream " + stream.name;
  server.report(
      may_have_given_up
          ? who + " gave a message up after " + std::to_string(info.max_deliver) +
                " deliveries, so that some may be missing: it is recreated with max_deliver -1, and "
                "begins with the stream's first message again"
          : who + " is changed: " + corrected->changes);
  return fitting_consumer{std::move(*made), may_have_given_up};
}

/// Finds the durable or creates it. An existing one keeps all settings that lose nothing.
[[nodiscard]] inline result<consumer_info> ensure_consumer(client& server, const stream_info& stream,
                                                           const std::string& subject,
                                                           const subscriber_options& options,
                                                           std::chrono::milliseconds timeout) {
  const auto deadline = deadline_after(timeout);
  auto found = find_consumer(server, stream.name, options.durable, time_left(deadline));
  if (!found)
    return found.error();
  if (!*found)
    return create_consumer(server, stream.name, subject, options, time_left(deadline));
  auto fits = fit_consumer(server, stream, subject, std::move(**found), options, time_left(deadline));
  if (!fits)
    return fits.error();
  return std::move(fits->info);
}

/// How much to ask a durable for, within its own limits.
[[nodiscard]] inline pull_limits pull_limits_of(const subscriber_options& options,
                                                const consumer_info& durable) {
  pull_limits limits{std::max<std::size_t>(options.fetch_messages, 1),
                     std::max<std::size_t>(options.fetch_bytes, 1), options.fetch_expiry};
  if (durable.max_request_messages != 0)
    limits.messages = std::min<std::size_t>(limits.messages, durable.max_request_messages);
  if (durable.max_request_bytes != 0)
    limits.bytes = std::min<std::size_t>(limits.bytes, durable.max_request_bytes);
  if (durable.max_request_expiry.count() != 0)
    limits.expiry = std::min(limits.expiry, durable.max_request_expiry);
  return limits;
}

/// Messages [expected, found) that the stream no longer has.
struct sequence_gap {
  std::uint64_t expected = 0;
  std::uint64_t found = 0;

  friend bool operator==(const sequence_gap&, const sequence_gap&) = default;
};

/// Whether retention has removed messages before this durable delivered them, or before they were
/// acknowledged. nats-server moves a durable past removed messages, sooner or later: where the owner knows
/// the sequence `unseen` from which on it has seen nothing, that counts. Where the stream takes other
/// subjects too, the removed messages may all have been of those: nobody can tell any more.
[[nodiscard]] inline std::optional<sequence_gap>
find_gap(const consumer_info& durable, const stream_info& stream, std::optional<std::int64_t> unseen = {}) {
  if (unseen.value_or(0) > 0) {
    const auto next = static_cast<std::uint64_t>(*unseen);
    return stream.first_sequence > next ? std::optional(sequence_gap{next, stream.first_sequence})
                                        : std::nullopt;
  }
  const bool is_new = durable.delivered_consumer == 0 && durable.floor_consumer == 0;
  const auto next = (durable.unacknowledged == 0 ? durable.delivered_stream : durable.floor_stream) + 1;
  if (is_new || stream.first_sequence <= next)
    return {};
  return sequence_gap{next, stream.first_sequence};
}

/// Whether a durable stands behind the end of its stream, which then is not the one that it was made for: it
/// has lost its tail, or was recreated.
[[nodiscard]] inline bool is_ahead(const consumer_info& durable, const stream_info& stream) noexcept {
  return std::max(durable.delivered_stream, durable.floor_stream) > stream.last_sequence;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

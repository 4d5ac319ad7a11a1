#ifndef KOLLECT_NATS_STREAM_HPP
#define KOLLECT_NATS_STREAM_HPP

#include <kollect/base64.hpp>
#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/detail/subject.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats {

/// A JetStream stream as the server describes it.
struct stream_info {
  std::string name;                  ///< NAT-03
  std::vector<std::string> subjects; ///< what it takes; wildcards are possible
  timestamp created;                 ///< tells it from a later stream of the same name
  std::uint64_t messages = 0;        ///< that it holds now
  std::uint64_t first_sequence = 0;  ///< of the oldest that it holds
  std::uint64_t last_sequence = 0;   ///< of the newest that it ever took; 0: none
  bool is_copy = false;              ///< it takes messages from other streams: a mirror, or one with sources
  bool is_work_queue = false;        ///< it holds messages for one consumer, and only until that has them

  /// Whether it takes all that `subject` stands for.
  [[nodiscard]] bool takes(std::string_view subject) const {
    return std::ranges::any_of(subjects,
                               [&](const std::string& pattern) { return detail::covers(pattern, subject); });
  }

  /// Whether it takes nothing but `subject`.
  [[nodiscard]] bool takes_only(std::string_view subject) const {
    return !is_copy && std::ranges::all_of(
                           subjects, [&](const std::string& own) { return detail::covers(subject, own); });
  }
};

namespace detail {

/// Which log one subject of a stream is, also while it grows.
[[nodiscard]] inline log_identity identify_log(const stream_info& stream, const std::string& subject) {
  const auto created = stream.created.seconds * 1'000'000'000 + stream.created.nanoseconds;
  return {broker_system::nats, "nats/" + stream.name + "/" + std::to_string(created) + "/" + subject};
}

[[nodiscard]] inline result<stream_info> read_stream(const boost::json::object& body) {
  const auto& config = child(body, "config");
  const auto& state = child(body, "state");
  stream_info info;
  info.name = text(config, "name");
  auto created = parse_timestamp(text(body, "created"));
  if (!created)
    return explain(error::transport_fatal,
                   "the server does not say when the stream " + info.name + " was created");
  info.created = *created;
  info.messages = number(state, "messages");
  info.first_sequence = number(state, "first_seq");
  info.last_sequence = number(state, "last_seq");
  info.is_copy = config.contains("mirror") || config.contains("sources");
  info.is_work_queue = text(config, "retention") == "workqueue";
  const auto* subjects = config.if_contains("subjects");
  if (subjects == nullptr || !subjects->is_array())
    return info;
  for (const auto& subject : subjects->get_array())
    if (const auto* name = subject.if_string())
      info.subjects.emplace_back(name->data(), name->size());
  return info;
}

[[nodiscard]] inline result<api_reply> ask_for_stream(client& server, const std::string& stream,
                                                      std::chrono::milliseconds timeout) {
  return server.request("$JS.API.STREAM.INFO." + stream, {}, timeout);
}

/// The stream, or nothing if there is none of that name.
[[nodiscard]] inline result<std::optional<stream_info>> find_stream(client& server, const std::string& stream,
                                                                    std::chrono::milliseconds timeout) {
  const auto reply = ask_for_stream(server, stream, timeout);
  if (!reply)
    return reply.error();
  if (reply->error_code == JSStreamNotFoundErr)
    return std::optional<stream_info>{};
  if (reply->error_code != 0)
    return explain(*reply, "looking up the stream " + stream);
  auto info = read_stream(reply->body);
  if (!info)
    return info.error();
  return std::optional(std::move(*info));
}

/// A message as the stream holds it.
struct stored_message {
  std::uint64_t sequence = 0;
  std::string time; ///< when the stream took it in: no two streams have the same
  std::string value;
};

/// What a stream answers to one question about its messages; nothing where it holds none such.
[[nodiscard]] inline result<std::optional<stored_message>>
ask_for_message(client& server, const std::string& stream, const boost::json::object& which,
                std::chrono::milliseconds timeout) {
  const auto reply = server.request("$JS.API.STREAM.MSG.GET." + stream, which, timeout);
  if (!reply)
    return reply.error();
  if (reply->error_code == JSNoMessageFoundErr)
    return std::optional<stored_message>{};
  if (reply->error_code != 0)
    return explain(*reply, "reading a message of the stream " + stream);
  const auto& message = child(reply->body, "message");
  auto value = decode_base64(text(message, "data"));
  if (!value)
    return explain(error::transport_fatal, "a message of the stream " + stream + " came damaged");
  return std::optional(stored_message{number(message, "seq"), text(message, "time"), std::move(*value)});
}

/// The message at a sequence.
[[nodiscard]] inline result<std::optional<stored_message>> find_message(client& server,
                                                                        const std::string& stream,
                                                                        std::uint64_t sequence,
                                                                        std::chrono::milliseconds timeout) {
  return ask_for_message(server, stream, {{"seq", sequence}}, timeout);
}

/// The first message of a subject from a sequence on.
[[nodiscard]] inline result<std::optional<stored_message>>
find_next_message(client& server, const std::string& stream, const std::string& subject,
                  std::uint64_t sequence, std::chrono::milliseconds timeout) {
  return ask_for_message(server, stream, {{"seq", sequence}, {"next_by_subj", subject}}, timeout);
}

/// A new stream: on disk, all else as the server's defaults.
[[nodiscard]] inline result<api_reply> create_stream(client& server, const std::string& stream,
                                                     const std::string& subject,
                                                     std::chrono::milliseconds timeout) {
  boost::json::object config;
  config["name"] = stream;
  config["subjects"] = boost::json::array{boost::json::string(subject)};
  config["retention"] = "limits";
  config["storage"] = "file";
  config["discard"] = "old";
  config["num_replicas"] = 1;
  return server.request("$JS.API.STREAM.CREATE." + stream, config, timeout);
}

/// Adds a subject; every other setting goes back as it came, also those we know nothing of.
[[nodiscard]] inline result<api_reply> add_subject(client& server, const std::string& stream,
                                                   boost::json::object config, const std::string& subject,
                                                   std::chrono::milliseconds timeout) {
  auto& subjects = config["subjects"];
  if (!subjects.is_array())
    subjects.emplace_array();
  subjects.get_array().emplace_back(boost::json::string(subject));
  return server.request("$JS.API.STREAM.UPDATE." + stream, config, timeout);
}

[[nodiscard]] inline result<void> check_names(const std::string& stream, const std::string& subject,
                                              bool wildcards_allowed) {
  if (!is_valid_name(stream))
    return make_failure(
        error::invalid_value,
        "the stream's name is empty or has a dot, wildcard, slash or blank: correct spec.nats.stream",
        "NAT-03");
  if (!is_valid_subject(subject, wildcards_allowed))
    return make_failure(error::invalid_value,
                        "the subject is empty or not made of tokens between dots: correct spec.nats.subject",
                        "NAT-01");
  return {};
}

/// The stream of this name; created for the subject if there is none.
[[nodiscard]] inline result<stream_info> find_or_create_stream(client& server, const std::string& stream,
                                                               const std::string& subject,
                                                               std::chrono::milliseconds timeout) {
  if (auto valid = check_names(stream, subject, true); !valid)
    return valid.error();
  const auto deadline = deadline_after(timeout);
  // A second round, if somebody else has made the stream between our question and our attempt.
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto found = find_stream(server, stream, time_left(deadline));
    if (!found)
      return found.error();
    if (*found)
      return std::move(**found);
    auto created = create_stream(server, stream, subject, time_left(deadline));
    if (!created)
      return created.error();
    if (created->error_code == 0)
      return read_stream(created->body);
    if (created->error_code != JSStreamNameExistErr)
      return explain(*created, "creating the stream " + stream + " for the subject " + subject);
  }
  return explain(error::broker_unavailable, "the stream " + stream + " comes and goes");
}

[[nodiscard]] inline result<stream_info> ensure_stream(client& server, const std::string& stream,
                                                       const std::string& subject,
                                                       std::chrono::milliseconds timeout) {
  const auto deadline = deadline_after(timeout);
  auto info = find_or_create_stream(server, stream, subject, time_left(deadline));
  if (!info || info->takes(subject))
    return info;
  const auto found = ask_for_stream(server, stream, time_left(deadline));
  if (!found)
    return found.error();
  if (found->error_code != 0)
    return explain(*found, "looking up the stream " + stream);
  auto updated = add_subject(server, stream, child(found->body, "config"), subject, time_left(deadline));
  if (!updated)
    return updated.error();
  if (updated->error_code != 0)
    return explain(*updated, "adding the subject " + subject + " to the stream " + stream);
  return read_stream(updated->body);
}

/// Whether the subject can be read from a stream. What one that copies others holds, only those know.
[[nodiscard]] inline result<void> check_readable(const stream_info& stream, const std::string& subject) {
  if (stream.is_copy || stream.takes(subject))
    return {};
  return make_failure(error::topic_missing,
                      "the stream " + stream.name + " does not take the subject " + subject +
                          ": correct spec.nats.stream or spec.nats.subject, or let the sink publish first, "
                          "which adds the subject",
                      "NAT-03");
}

} // namespace detail

/// Sees to it that target.stream takes target.destination (NAT-03). A missing stream is created, on disk
/// and with the server's defaults. An existing one keeps its other subjects and all its settings, and
/// gets the subject if it does not take it yet, be it through a wildcard.
[[nodiscard]] inline result<stream_info> ensure_stream(const connection& target,
                                                       const client_options& options = {}) {
  if (auto right = kollect::detail::check_system(target, broker_system::nats); !right)
    return right.error();
  auto server = detail::client::connect(target, options);
  if (!server)
    return server.error();
  return detail::ensure_stream(**server, target.stream, target.destination, options.request_timeout);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats

#endif

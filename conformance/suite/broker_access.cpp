#include "broker_access.hpp"

#include <kollect/kafka/embedded_broker.hpp>
#include <kollect/kafka/reader.hpp>
#include <kollect/kafka/topic_ends.hpp>
#include <kollect/kafka/topic_setting.hpp>
#include <kollect/nats/jetstream.hpp>
#include <kollect/nats/reader.hpp>

#include <string_view>
#include <utility>

namespace kollect::conformance {

namespace {

kafka::client_options kafka_client(std::chrono::milliseconds timeout) {
  kafka::client_options options;
  options.client_id = "kollect-conformance";
  options.connect_timeout = timeout;
  return options;
}

nats::client_options nats_client(std::chrono::milliseconds timeout) {
  nats::client_options options;
  options.client_name = "kollect-conformance";
  options.connect_timeout = options.request_timeout = timeout;
  return options;
}

result<ends_question> ask_kafka(const connection& target, std::chrono::milliseconds timeout) {
  auto made = kafka::topic_ends::create(target, kafka_client(timeout));
  if (!made)
    return made.error();
  return ends_question([ends = std::make_shared<kafka::topic_ends>(std::move(*made))](
                           std::chrono::milliseconds patience) -> result<log_ends> {
    const auto found = ends->find(patience);
    if (!found)
      return found.error();
    log_ends out;
    for (const auto& end : *found)
      out[end.partition] = end.next_offset;
    return out;
  });
}

result<ends_question> ask_nats(const connection& target, std::chrono::milliseconds timeout) {
  auto made = nats::jetstream::connect(target, nats_client(timeout));
  if (!made)
    return made.error();
  return ends_question([server = std::make_shared<nats::jetstream>(std::move(*made)),
                        stream = target.stream](std::chrono::milliseconds patience) -> result<log_ends> {
    const auto found = server->find_stream(stream, patience);
    if (!found)
      return found.error();
    return log_ends{{0, *found ? static_cast<std::int64_t>((*found)->last_sequence) + 1 : 0}};
  });
}

result<std::optional<removed_offsets>> find_removed_kafka(const connection& target,
                                                          std::chrono::milliseconds timeout) {
  const auto reader = open_reader(target, timeout);
  if (!reader)
    return reader.error();
  const auto policy = kafka::find_topic_setting(target, kafka_client(timeout), "cleanup.policy", timeout);
  if (!policy)
    return policy.error();
  if (!*policy)
    return std::optional<removed_offsets>();
  removed_offsets removed;
  for (const auto& one : (*reader)->begins())
    removed.first_left[one.partition] = one.next_offset;
  removed.is_compacted = (*policy)->find("compact") != std::string::npos;
  return std::optional(std::move(removed));
}

/// How many single removals of a stream are asked for: the answer is one message.
constexpr std::int64_t most_deleted = 100'000;

std::int64_t number_in(const boost::json::object& state, std::string_view name) {
  const auto* const value = state.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

/// `config` or `state` of what JetStream tells of a stream.
result<boost::json::object> take_member(boost::json::object info, std::string_view name,
                                        const std::string& stream) {
  auto* const member = info.if_contains(name);
  if (member == nullptr || !member->is_object())
    return make_failure(error::transport_fatal,
                        "JetStream does not tell the " + std::string(name) + " of the stream " + stream);
  return std::move(member->get_object());
}

result<boost::json::object> ask_for_state(nats::jetstream& server, const std::string& stream,
                                          const boost::json::object& how, std::chrono::milliseconds timeout) {
  auto info = server.request("STREAM.INFO." + stream, how, timeout);
  if (!info)
    return info.error();
  return take_member(std::move(*info), "state", stream);
}

result<std::optional<removed_offsets>> find_removed_nats(const connection& target,
                                                         std::chrono::milliseconds timeout) {
  auto server = nats::jetstream::connect(target, nats_client(timeout));
  if (!server)
    return server.error();
  auto state = ask_for_state(*server, target.stream, {}, timeout);
  if (!state)
    return state.error();
  const auto count = number_in(*state, "num_deleted");
  if (count > most_deleted)
    return std::optional<removed_offsets>();
  if (count != 0)
    state = ask_for_state(*server, target.stream, {{"deleted_details", true}}, timeout);
  if (!state)
    return state.error();
  removed_offsets removed;
  removed.first_left[0] = number_in(*state, "first_seq");
  const auto* const deleted = state->if_contains("deleted");
  if (deleted != nullptr && deleted->is_array())
    for (const auto& sequence : deleted->get_array())
      if (sequence.is_int64())
        removed.deleted.push_back(sequence.get_int64());
  return removed.deleted.empty() && count != 0 ? std::nullopt : std::optional(std::move(removed));
}

} // namespace

result<std::optional<removed_offsets>> find_removed(const connection& target,
                                                    std::chrono::milliseconds timeout) {
  return target.system == broker_system::kafka ? find_removed_kafka(target, timeout)
                                               : find_removed_nats(target, timeout);
}

result<std::unique_ptr<log_reader>> open_reader(const connection& target, std::chrono::milliseconds timeout) {
  if (target.system == broker_system::kafka) {
    kafka::reader_options options;
    options.client = kafka_client(timeout);
    // The mock answers a fetch when this is over, whatever comes meanwhile.
    options.client.properties = {{"fetch.wait.max.ms", "20"},
                                 // Little is fetched ahead: an audit takes no more memory for a long log.
                                 {"fetch.max.bytes", "4194304"},
                                 {"queued.max.messages.kbytes", "4096"}};
    return kafka::create_reader(target, options);
  }
  nats::reader_options options;
  options.client = nats_client(timeout);
  return nats::create_reader(target, options);
}

result<ends_question> ask_for_ends(const connection& target, std::chrono::milliseconds timeout) {
  return target.system == broker_system::kafka ? ask_kafka(target, timeout) : ask_nats(target, timeout);
}

recorded_message to_recorded(const received_message& message) {
  recorded_message copy;
  copy.destination = message.subject;
  copy.partition = message.partition;
  copy.offset = message.offset;
  copy.appended_at = message.appended_at;
  copy.key = message.key;
  copy.headers = message.headers;
  copy.value = message.value;
  return copy;
}

result<jetstream> jetstream::connect(const connection& target, std::chrono::milliseconds timeout) {
  auto made = nats::jetstream::connect(target, nats_client(timeout));
  if (!made)
    return made.error();
  return jetstream([server = std::make_shared<nats::jetstream>(std::move(*made)),
                    timeout](const std::string& api, const boost::json::object& body) {
    return server->request(api, body, timeout);
  });
}

result<void> jetstream::create_stream(const boost::json::object& configuration) {
  const std::string name(std::string_view(configuration.at("name").as_string()));
  if (auto made = ask_("STREAM.CREATE." + name, configuration); !made)
    return made.error();
  return {};
}

result<void> jetstream::change_stream(const std::string& name, const boost::json::object& settings) {
  auto configuration = stream_configuration(name);
  if (!configuration)
    return configuration.error();
  if (!*configuration)
    return make_failure(error::topic_missing, "there is no stream " + name + " to change");
  for (const auto& [setting, value] : settings)
    (**configuration)[setting] = value;
  if (auto changed = ask_("STREAM.UPDATE." + name, **configuration); !changed)
    return changed.error();
  return {};
}

result<std::optional<boost::json::object>> jetstream::stream_configuration(const std::string& name) {
  auto found = ask_("STREAM.INFO." + name, {});
  if (!found && found.error().reason() == error::topic_missing)
    return std::optional<boost::json::object>();
  if (!found)
    return found.error();
  auto configuration = take_member(std::move(*found), "config", name);
  if (!configuration)
    return configuration.error();
  return std::optional(std::move(*configuration));
}

result<void> jetstream::delete_stream(const std::string& name) {
  auto gone = ask_("STREAM.DELETE." + name, {});
  if (!gone && gone.error().reason() != error::topic_missing)
    return gone.error();
  return {};
}

result<embedded_kafka> start_embedded_kafka() {
  auto started = kafka::embedded_broker::start();
  if (!started)
    return started.error();
  auto owner = std::make_shared<kafka::embedded_broker>(std::move(*started));
  return embedded_kafka{owner, owner->bootstrap(),
                        [broker = owner.get()](const std::string& topic, int partitions) {
                          return broker->create_topic(topic, partitions);
                        }};
}

std::map<std::string, std::string> security_properties(const connection& target) {
  const bool has_login = target.secret && !target.secret->username.empty();
  std::map<std::string, std::string> properties;
  properties["security.protocol"] = has_login    ? (target.tls ? "sasl_ssl" : "sasl_plaintext")
                                    : target.tls ? "ssl"
                                                 : "plaintext";
  if (has_login) {
    properties["sasl.mechanisms"] = "SCRAM-SHA-256";
    properties["sasl.username"] = target.secret->username;
    properties["sasl.password"] = target.secret->password;
  }
  if (target.tls && !target.tls->ca_pem.empty())
    properties["ssl.ca.pem"] = target.tls->ca_pem;
  if (target.tls && target.tls->insecure_skip_verify)
    properties["enable.ssl.certificate.verification"] = "false";
  return properties;
}

bool has_recent_scram() noexcept {
  return rd_kafka_version() >= 0x020601ff;
}

} // namespace kollect::conformance

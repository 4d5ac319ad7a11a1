#include "stage.hpp"

#include <servers/free_port.hpp>
#include <servers/kafka_server.hpp>
#include <servers/nats_server.hpp>
#include <servers/temporary_directory.hpp>

#include <kollect/base64.hpp>

#include <boost/json/array.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <unistd.h>

namespace kollect::conformance {

namespace {

// Values that would be seen if they were printed anywhere (SEC-02). The password's spaces must arrive
// (KAF-07).
constexpr const char* user_name = "conformance-user";
constexpr const char* password = "  canary-password-7f3a\"\\ ";
constexpr const char* token = "canary-token-91c4";

/// Larger than any message of an exercise, in bytes.
constexpr std::uint32_t largest_message = 8 * 1024 * 1024;

boost::json::array to_array(const std::vector<std::string>& texts) {
  boost::json::array array;
  for (const auto& text : texts)
    array.emplace_back(text);
  return array;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts)
    out.append(out.empty() ? "" : ",").append(text);
  return out;
}

} // namespace

boost::json::object make_manifest(const sink_settings& sink) {
  boost::json::object spec, own;
  const bool is_kafka = sink.system == broker_system::kafka;
  spec["type"] = is_kafka ? "kafka" : "nats";
  spec["connectionTest"] = sink.connection_test;
  if (!sink.cluster.empty())
    spec["cluster"] = sink.cluster;
  if (!sink.endpoint.empty())
    spec["endpoint"] = sink.endpoint;
  if (!sink.path_template.empty())
    spec["pathTemplate"] = sink.path_template;
  if (sink.secret)
    spec["secretRef"] = {{"name", "conformance-credentials"}};
  if (sink.ca_pem)
    spec["tls"] = {{"caBundle", encode_base64(*sink.ca_pem)}};
  if (is_kafka && !sink.addresses.empty())
    own["brokers"] = to_array(sink.addresses);
  if (!is_kafka && !sink.addresses.empty())
    own["url"] = joined(sink.addresses);
  own[is_kafka ? "topic" : "subject"] = sink.destination;
  if (sink.stream)
    own["stream"] = *sink.stream;
  spec[is_kafka ? "kafka" : "nats"] = std::move(own);
  return {{"apiVersion", "kollect.dev/v1alpha1"},
          {"kind", "KollectEventSink"},
          {"metadata", {{"name", "conformance"}, {"namespace", "default"}}},
          {"spec", std::move(spec)}};
}

struct stage::state {
  stage_options options;
  std::string mark =
      std::to_string(::getpid()) + "-" +
      std::to_string(std::chrono::system_clock::now().time_since_epoch().count() % 1'000'000'000);
  int places = 0;
  std::optional<servers::temporary_directory> directory{};
  std::optional<servers::tls_files> certificates{};
  std::optional<servers::kafka_server> kafka{};
  std::optional<embedded_kafka> mock{};
  std::optional<servers::kafka_admin> admin{}; // external brokers
  std::optional<servers::nats_server> nats{};
  std::map<std::pair<login, bool>, servers::nats_server> secure_nats{};
  std::optional<jetstream> streams{};

  explicit state(stage_options given) : options(std::move(given)) {}

  result<void> make_certificates() {
    if (certificates)
      return {};
    auto made = servers::temporary_directory::create("kollect-conformance-");
    if (!made)
      return made.error();
    auto files = servers::make_tls_files(made->path());
    if (!files)
      return files.error();
    directory = std::move(*made);
    certificates = std::move(*files);
    return {};
  }

  result<void> start_kafka() {
    if (kafka)
      return {};
    if (auto made = make_certificates(); !made)
      return made;
    servers::kafka_options settings;
    settings.version = !options.kafka_version.empty() ? options.kafka_version
                       : has_recent_scram()           ? servers::kafka_current
                                                      : servers::kafka_for_old_scram;
    settings.users = {{user_name, password}};
    settings.tls = certificates->server;
    // A sink that makes its own topic is to be caught at it (KAF-06).
    settings.properties = {{"auto.create.topics.enable", "true"},
                           {"message.max.bytes", std::to_string(largest_message)},
                           {"replica.fetch.max.bytes", std::to_string(largest_message)}};
    auto started = servers::kafka_server::start(std::move(settings));
    if (!started)
      return started.error();
    kafka = std::move(*started);
    return {};
  }

  result<void> start_mock() {
    if (mock)
      return {};
    auto started = start_embedded_kafka();
    if (!started)
      return started.error();
    mock = std::move(*started);
    return {};
  }

  result<void> start_nats() {
    if (nats)
      return {};
    // Room for what is over 1 MiB (SIZE-01).
    auto started = servers::nats_server::start({.max_payload = largest_message});
    if (!started)
      return started.error();
    nats = std::move(*started);
    return {};
  }

  result<void> connect_admin() {
    if (admin)
      return {};
    auto made = servers::kafka_admin::create({.bootstrap = joined(options.target.addresses),
                                              .properties = security_properties(options.target),
                                              .timeout = options.bounds.connect});
    if (!made)
      return made.error();
    admin = std::move(*made);
    if (!admin->answers())
      return make_failure(error::broker_unavailable,
                          "no Kafka broker answers at " + joined(options.target.addresses));
    return {};
  }

  /// To our own server where there is one, else to the manifest's.
  result<void> connect_streams() {
    if (streams)
      return {};
    connection target = options.target;
    if (nats) {
      target = {};
      target.system = broker_system::nats;
      target.addresses = {nats->url()};
    }
    auto made = jetstream::connect(target, options.bounds.connect);
    if (!made)
      return made.error();
    streams = std::move(*made);
    return {};
  }

  result<void> prepare(broker_system system, broker_source source) {
    if (system == broker_system::kafka) {
      if (source == broker_source::external)
        return connect_admin();
      return source == broker_source::mock ? start_mock() : start_kafka();
    }
    if (source != broker_source::external)
      if (auto started = start_nats(); !started)
        return started;
    return connect_streams();
  }

  result<void> create_topic(broker_source source, const std::string& name, const place_options& wanted) {
    if (source == broker_source::mock)
      return mock->create_topic(name, wanted.partitions);
    auto& administrator = source == broker_source::own ? kafka->admin() : *admin;
    return administrator.create_topic(name, wanted.partitions, wanted.topic);
  }

  result<void> create_stream(const place& made, const place_options& wanted) {
    auto configuration = wanted.stream;
    configuration["name"] = made.reach.stream;
    if (!configuration.contains("subjects"))
      configuration["subjects"] = boost::json::array{boost::json::string(made.reach.destination)};
    return streams->create_stream(configuration);
  }

  std::string fresh_name(std::string_view name) {
    return "kollect-" + std::string(name) + "-" + mark + "-" + std::to_string(++places);
  }

  place empty_place(broker_system system, const std::string& name) const {
    place made;
    made.reach.system = made.sink.system = system;
    made.reach.destination = made.sink.destination = name;
    made.sink.cluster = options.target.cluster.empty() ? "prod-west" : options.target.cluster;
    made.sink.path_template = options.path_template;
    if (system == broker_system::nats) {
      made.reach.stream = name;
      made.sink.stream = name;
      made.reach.destination = made.sink.destination = name + ".events";
    }
    return made;
  }

  /// As the manifest has it.
  void add_external_access(place& made) const {
    const auto& target = options.target;
    made.reach.addresses = made.sink.addresses = target.addresses;
    made.reach.secret = target.secret;
    made.reach.tls = target.tls;
    if (target.tls)
      made.sink.ca_pem = target.tls->ca_pem;
    if (!target.secret)
      return;
    made.sink.secret.emplace();
    for (const auto& [name, value] :
         {std::pair<const char*, const std::string&>{"username", target.secret->username},
          {"password", target.secret->password},
          {"token", target.secret->token}})
      if (!value.empty())
        made.sink.secret->emplace(name, value);
  }

  result<place> make_place(std::string_view name, const place_options& wanted) {
    auto system = options.target.system;
    auto source = options.source;
    if (wanted.is_other_system) {
      // What a broker of the other kind is needed for, the smallest one does.
      system = system == broker_system::kafka ? broker_system::nats : broker_system::kafka;
      source = system == broker_system::kafka ? broker_source::mock : broker_source::own;
    }
    if (auto ready = prepare(system, source); !ready)
      return ready.error();
    auto made = empty_place(system, fresh_name(name));
    if (source == broker_source::external)
      add_external_access(made);
    else if (system == broker_system::nats)
      made.reach.addresses = made.sink.addresses = {nats->url()};
    else
      made.reach.addresses =
          made.sink.addresses = {source == broker_source::mock ? mock->bootstrap : kafka->bootstrap()};
    if (!wanted.is_made)
      return made;
    auto created = system == broker_system::kafka ? create_topic(source, made.reach.destination, wanted)
                                                  : create_stream(made, wanted);
    if (!created)
      return created.error();
    if (system == broker_system::kafka)
      made.partitions = wanted.partitions;
    return made;
  }

  result<place> make_secure_kafka(std::string_view name, login how, bool has_tls) {
    using servers::kafka_listener;
    auto made = make_place(name, {});
    if (!made)
      return made;
    const auto listener = how == login::none
                              ? (has_tls ? kafka_listener::ssl : kafka_listener::plaintext)
                              : (has_tls ? kafka_listener::sasl_ssl : kafka_listener::sasl_plaintext);
    made->sink.addresses = {kafka->bootstrap(listener)};
    return made;
  }

  result<place> make_secure_nats(std::string_view name, login how, bool has_tls) {
    auto found = secure_nats.find({how, has_tls});
    if (found == secure_nats.end()) {
      servers::nats_options settings;
      if (how == login::password) {
        settings.username = user_name;
        settings.password = password;
      } else if (how == login::token) {
        settings.token = token;
      }
      if (has_tls)
        settings.tls = certificates->server;
      auto started = servers::nats_server::start(std::move(settings));
      if (!started)
        return started.error();
      found = secure_nats.emplace(std::pair(how, has_tls), std::move(*started)).first;
    }
    auto made = empty_place(broker_system::nats, fresh_name(name));
    made.reach.addresses = made.sink.addresses = {found->second.url()};
    if (how == login::password)
      made.reach.secret = credentials{user_name, password, {}};
    else if (how == login::token)
      made.reach.secret = credentials{{}, {}, token};
    if (has_tls)
      made.reach.tls = tls_settings{certificates->ca_pem, false};
    return made;
  }

  servers::process* child() {
    if (kafka && options.target.system == broker_system::kafka)
      return &kafka->child();
    if (nats && options.target.system == broker_system::nats)
      return &nats->child();
    return nullptr;
  }
};

stage::stage(stage_options options) : state_(std::make_unique<state>(std::move(options))) {}
stage::stage(stage&&) noexcept = default;
stage::~stage() = default;

broker_system stage::system() const noexcept {
  return state_->options.target.system;
}
broker_source stage::source() const noexcept {
  return state_->options.source;
}
const timeouts& stage::bounds() const noexcept {
  return state_->options.bounds;
}

result<void> stage::prepare() {
  return state_->prepare(system(), source());
}

result<place> stage::make_place(std::string_view name, const place_options& options) {
  return state_->make_place(name, options);
}

result<place> stage::make_secure_place(std::string_view name, login how, bool has_tls) {
  if (auto made = state_->make_certificates(); !made)
    return made.error();
  const bool is_kafka = system() == broker_system::kafka;
  auto made =
      is_kafka ? state_->make_secure_kafka(name, how, has_tls) : state_->make_secure_nats(name, how, has_tls);
  if (!made)
    return made;
  if (has_tls)
    made->sink.ca_pem = state_->certificates->ca_pem;
  if (how == login::password)
    made->sink.secret = secret_values{{"username", user_name}, {"password", password}};
  else if (how == login::token)
    made->sink.secret =
        is_kafka ? secret_values{{"username", user_name}, {"password", "not-this-one"}, {"token", password}}
                 : secret_values{{"token", token}};
  return made;
}

result<std::string> stage::untrusted_ca() {
  if (auto made = state_->make_certificates(); !made)
    return made.error();
  return state_->certificates->untrusted_ca_pem;
}

result<jetstream*> stage::streams() {
  if (auto ready = prepare(); !ready)
    return ready.error();
  return &*state_->streams;
}

result<void> stage::freeze() {
  return state_->child()->send_signal(SIGSTOP);
}

result<void> stage::thaw() {
  return state_->child()->send_signal(SIGCONT);
}

result<void> stage::kill() {
  state_->child()->kill();
  return {};
}

result<void> stage::restart() {
  return state_->kafka && system() == broker_system::kafka ? state_->kafka->restart()
                                                           : state_->nats->restart();
}

result<std::string> stage::dead_address() {
  const auto port = servers::free_port();
  if (!port)
    return port.error();
  const auto address = "127.0.0.1:" + std::to_string(*port);
  return system() == broker_system::nats ? "nats://" + address : address;
}

} // namespace kollect::conformance

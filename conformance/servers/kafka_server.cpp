#include <servers/files.hpp>
#include <servers/free_port.hpp>
#include <servers/kafka_server.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/wait_until.hpp>

#include <kollect/base64.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <random>
#include <system_error>

namespace kollect::servers {
namespace {

using property_map = std::map<std::string, std::string>;

constexpr std::string_view store_folder = "store";

/// Kafka's own name for a listener: that of its security protocol.
std::string_view name_of(kafka_listener listener) noexcept {
  switch (listener) {
  case kafka_listener::plaintext:
    return "PLAINTEXT";
  case kafka_listener::sasl_plaintext:
    return "SASL_PLAINTEXT";
  case kafka_listener::ssl:
    return "SSL";
  case kafka_listener::sasl_ssl:
    return "SASL_SSL";
  }
  return {};
}

std::vector<kafka_listener> wanted_listeners(const kafka_options& options) {
  std::vector<kafka_listener> wanted{kafka_listener::plaintext};
  if (!options.users.empty())
    wanted.push_back(kafka_listener::sasl_plaintext);
  if (options.tls)
    wanted.push_back(kafka_listener::ssl);
  if (!options.users.empty() && options.tls)
    wanted.push_back(kafka_listener::sasl_ssl);
  return wanted;
}

std::string local_address(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// A user as the storage tool takes it: with the salted password of RFC 5802, so that the password
/// may hold any bytes and is on no command line.
result<std::string> scram_credential(const kafka_user& user) {
  constexpr int iterations = 4096;
  constexpr std::string_view salt = "kollect-test-salt";
  if (user.name.empty() || user.name.find_first_of(",\"[]") != std::string::npos)
    return make_failure(error::invalid_value, "a Kafka user's name is empty or has a comma, quote or bracket",
                        "KAF-07");
  std::array<unsigned char, 32> salted{};
  if (PKCS5_PBKDF2_HMAC(user.password.data(), static_cast<int>(user.password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                        iterations, EVP_sha256(), static_cast<int>(salted.size()), salted.data()) != 1)
    return make_failure(error::internal, "OpenSSL made no salted password");
  const std::string_view bytes(reinterpret_cast<const char*>(salted.data()), salted.size());
  return "SCRAM-SHA-256=[name=" + user.name + ",iterations=" + std::to_string(iterations) + ",salt=\"" +
         encode_base64(salt) + "\",saltedpassword=\"" + encode_base64(bytes) + "\"]";
}

/// The text of a Java properties file; values are taken verbatim.
std::string properties_text(const property_map& properties) {
  std::string text;
  for (const auto& [name, value] : properties) {
    text += name + "=";
    for (const char letter : value)
      text += letter == '\\' ? std::string("\\\\") : std::string(1, letter);
    text += "\n";
  }
  return text;
}

/// One node that is broker and controller. Internal topics are kept by as many nodes as there are.
property_map base_properties(const std::filesystem::path& directory, const kafka_membership& member) {
  const auto controller = local_address(member.controller_port);
  const auto nodes = std::to_string(1 + std::count(member.voters.begin(), member.voters.end(), ','));
  return {{"process.roles", "broker,controller"},
          {"node.id", std::to_string(member.node_id)},
          {"controller.quorum.voters", member.voters},
          {"controller.listener.names", "CONTROLLER"},
          {"listeners", "CONTROLLER://" + controller},
          {"advertised.listeners", ""},
          {"listener.security.protocol.map", "CONTROLLER:PLAINTEXT"},
          {"inter.broker.listener.name", "PLAINTEXT"},
          {"log.dirs", (directory / store_folder).string()},
          {"auto.create.topics.enable", "false"},
          // After a kill the controller takes the broker back only when its old session has ended.
          {"broker.heartbeat.interval.ms", "500"},
          {"broker.session.timeout.ms", "3000"},
          {"group.initial.rebalance.delay.ms", "0"},
          {"offsets.topic.replication.factor", nodes},
          {"offsets.topic.num.partitions", "1"},
          {"transaction.state.log.replication.factor", nodes},
          {"transaction.state.log.min.isr", "1"},
          {"transaction.state.log.num.partitions", "1"},
          {"share.coordinator.state.topic.replication.factor", nodes},
          {"share.coordinator.state.topic.min.isr", "1"},
          {"num.network.threads", "2"},
          {"num.io.threads", "2"}};
}

void add_listener(property_map& properties, const std::string& name, std::string_view protocol,
                  const std::string& address, const std::string& advertised_address) {
  properties["listeners"] += "," + name + "://" + address;
  auto& advertised = properties["advertised.listeners"];
  advertised += (advertised.empty() ? "" : ",") + name + "://" + advertised_address;
  properties["listener.security.protocol.map"].append("," + name + ":").append(protocol);
}

void add_security(property_map& properties, const kafka_options& options) {
  if (!options.users.empty()) {
    properties["sasl.enabled.mechanisms"] = "SCRAM-SHA-256";
    for (const char* listener : {"sasl_plaintext", "sasl_ssl"})
      properties["listener.name." + std::string(listener) + ".scram-sha-256.sasl.jaas.config"] =
          "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  }
  if (options.tls) {
    properties["ssl.keystore.type"] = "PEM";
    properties["ssl.keystore.location"] = options.tls->keystore_file.string();
    properties["ssl.client.auth"] = "none";
  }
}

/// The folder of Apache Kafka's jars, downloaded when this version was never used here.
result<std::string> jars(const std::string& version) {
  auto got =
      run_command({.arguments = {KOLLECT_KAFKA_JARS_SCRIPT, version}, .timeout = std::chrono::minutes(10)});
  if (!got)
    return got.error();
  if (got->status != exit_status{})
    return make_failure(error::broker_unavailable,
                        "script/kafka-jars " + version + " failed:\n" + got->errors);
  return got->output.substr(0, got->output.find('\n'));
}

} // namespace

/// New each time, so that clients see that two clusters are not the same one.
std::string new_kafka_cluster_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device source;
  std::uniform_int_distribution<std::size_t> choice(0, digits.size() - 1);
  std::string bytes(16, '0');
  for (char& byte : bytes)
    byte = digits[choice(source)];
  return encode_base64(bytes).substr(0, 22); // Kafka writes its ids without padding
}

struct kafka_server::state {
  kafka_options options;
  std::map<kafka_listener, std::uint16_t> ports;
  std::string jar_folder;
  temporary_directory directory;
  std::map<std::string, std::uint16_t> misleading_ports{}; // by the address that clients are told
  std::string cluster_id = new_kafka_cluster_id();
  std::optional<kafka_admin> admin{};
  std::optional<process> child{};

  std::filesystem::path log() const { return directory.path() / "kafka.log"; }
  std::filesystem::path properties_file() const { return directory.path() / "server.properties"; }

  /// The classes that a broker loads, as the JVM keeps them to start in half the time.
  std::filesystem::path class_archive() const {
    return std::filesystem::path(jar_folder).parent_path() / "classes.jsa";
  }

  /// The JVM does without an archive that is not there, or is another Java's.
  std::string use_archive() const { return "-XX:SharedArchiveFile=" + class_archive().string(); }

  /// A Java program of Kafka's, with the JVM made to start fast rather than to run fast.
  std::vector<std::string> java(std::string archive_option, const char* main_class,
                                std::vector<std::string> arguments) const {
    std::vector<std::string> command{"java",
                                     "-Xmx512m",
                                     "-XX:TieredStopAtLevel=1",
                                     "-XX:+UseSerialGC",
                                     "-XX:-UsePerfData",
                                     std::move(archive_option),
                                     "-Djava.io.tmpdir=" + directory.path().string(),
                                     "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                                     "-Dorg.slf4j.simpleLogger.showDateTime=true",
                                     "-cp",
                                     jar_folder + "/*",
                                     main_class};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }

  std::string log_text() const {
    auto text = read_file(log());
    return text ? *text : std::string();
  }

  failure not_ready(const std::string& why) const {
    return make_failure(error::broker_unavailable, "Apache Kafka " + options.version + " " + why +
                                                       "; the last lines of its log:\n" +
                                                       std::string(last_lines(log_text())));
  }

  /// As it was given, or that of a cluster of one, which starts to serve without waiting for others.
  result<kafka_membership> membership() const {
    if (options.member)
      return *options.member;
    const auto port = free_port();
    if (!port)
      return port.error();
    return kafka_membership{1, *port, "1@" + local_address(*port), cluster_id};
  }

  result<void> write_properties() {
    auto member = membership();
    if (!member)
      return member.error();
    cluster_id = member->cluster_id;
    auto properties = base_properties(directory.path(), *member);
    for (const auto listener : wanted_listeners(options)) {
      const auto port = free_port();
      if (!port)
        return port.error();
      ports[listener] = *port;
      add_listener(properties, std::string(name_of(listener)), name_of(listener), local_address(*port),
                   local_address(*port));
    }
    for (const auto& address : options.false_addresses) {
      const auto port = free_port();
      if (!port)
        return port.error();
      misleading_ports[address] = *port;
      add_listener(properties, "MISLEADING" + std::to_string(misleading_ports.size()), "PLAINTEXT",
                   local_address(*port), address);
    }
    add_security(properties, options);
    for (const auto& [name, value] : options.properties)
      properties.insert_or_assign(name, value);
    return write_file(properties_file(), properties_text(properties));
  }

  result<void> format() const {
    std::vector<std::string> arguments{"format", "-t", cluster_id, "-c", properties_file().string()};
    for (const auto& user : options.users) {
      auto credential = scram_credential(user);
      if (!credential)
        return credential.error();
      arguments.push_back("--add-scram");
      arguments.push_back(std::move(*credential));
    }
    const auto done =
        run_command({.arguments = java(use_archive(), "kafka.tools.StorageTool", std::move(arguments)),
                     .timeout = options.start_timeout});
    if (!done)
      return done.error();
    if (done->status != exit_status{})
      return make_failure(error::broker_unavailable,
                          "Kafka's store could not be made:\n" + done->output + done->errors);
    return {};
  }

  /// Another broker that took our port would answer as well.
  bool answers() { return admin->answers() && admin->cluster_id() == cluster_id; }

  result<void> start() {
    auto launched = launch(use_archive());
    return launched ? wait_until_ready() : launched;
  }

  result<void> launch(const std::string& archive_option) {
    for (const auto& [listener, port] : ports)
      if (!is_free(port))
        return not_ready("cannot listen on " + local_address(port) + ", which is taken");
    auto started = process::start(
        {.arguments = java(archive_option, "kafka.Kafka", {properties_file().string()}), .log = log()});
    if (!started)
      return started.error();
    child = std::move(*started);
    return {};
  }

  result<void> wait_until_ready() {
    bool ready = false;
    wait_until([&] { return (ready = answers()) || !child->running(); }, options.start_timeout,
               std::chrono::milliseconds(20));
    if (ready && child->running())
      return {};
    const bool ended = !child->running();
    child->kill();
    return not_ready(ended ? "has ended instead of starting" : "did not answer in time");
  }

  result<void> stop() {
    const auto ended = child->stop(std::chrono::seconds(60));
    if (!ended)
      return ended.error();
    return {};
  }

  /// Makes the archive, by one more start, where these jars have none yet.
  result<void> make_class_archive() {
    std::error_code code;
    if (options.member || std::filesystem::exists(class_archive(), code))
      return {};
    const auto partial = class_archive().parent_path() / (directory.path().filename().string() + ".jsa");
    if (auto launched = launch("-XX:ArchiveClassesAtExit=" + partial.string()); !launched)
      return launched;
    if (auto ready = wait_until_ready(); !ready)
      return ready;
    if (auto stopped = stop(); !stopped)
      return stopped;
    // Others may do the same now: whoever is last to rename wins. Without it all is only slower.
    std::filesystem::rename(partial, class_archive(), code);
    return {};
  }
};

result<kafka_server> kafka_server::start(kafka_options options) {
  auto made = launch(std::move(options));
  if (made)
    if (auto ready = made->wait_until_it_answers(); !ready)
      return ready.error();
  return made;
}

result<void> kafka_server::wait_until_it_answers() {
  return state_->wait_until_ready();
}

result<kafka_server> kafka_server::launch(kafka_options options) {
  auto folder = jars(options.version);
  if (!folder)
    return folder.error();
  auto directory = temporary_directory::create("kollect-kafka-");
  if (!directory)
    return directory.error();
  auto made =
      std::make_unique<state>(state{std::move(options), {}, std::move(*folder), std::move(*directory)});
  if (auto written = made->write_properties(); !written)
    return written.error();
  auto admin = kafka_admin::create({.bootstrap = local_address(made->ports[kafka_listener::plaintext])});
  if (!admin)
    return admin.error();
  made->admin = std::move(*admin);
  if (auto formatted = made->format(); !formatted)
    return formatted.error();
  if (auto archived = made->make_class_archive(); !archived)
    return archived.error();
  if (auto launched = made->launch(made->use_archive()); !launched)
    return launched.error();
  return kafka_server(std::move(made));
}

kafka_server::kafka_server(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}
kafka_server::kafka_server(kafka_server&&) noexcept = default;
kafka_server& kafka_server::operator=(kafka_server&&) noexcept = default;
kafka_server::~kafka_server() = default;

std::string kafka_server::bootstrap(kafka_listener listener) const {
  const auto found = state_->ports.find(listener);
  return found == state_->ports.end() ? std::string() : local_address(found->second);
}

std::string kafka_server::misleading_bootstrap(const std::string& false_address) const {
  return local_address(state_->misleading_ports.at(false_address));
}

process& kafka_server::child() noexcept {
  return *state_->child;
}
std::filesystem::path kafka_server::store() const {
  return state_->directory.path() / store_folder;
}

kafka_admin& kafka_server::admin() noexcept {
  return *state_->admin;
}

std::string kafka_server::log() const {
  return state_->log_text();
}

result<void> kafka_server::create_topic(const std::string& name, int partitions,
                                        const std::map<std::string, std::string>& configuration,
                                        int replication_factor) {
  return state_->admin->create_topic(name, partitions, configuration, replication_factor);
}

result<void> kafka_server::delete_topic(const std::string& name) {
  return state_->admin->delete_topic(name);
}

result<void> kafka_server::stop() {
  return state_->stop();
}

void kafka_server::kill() {
  state_->child->kill();
}

result<void> kafka_server::restart() {
  if (auto stopped = stop(); !stopped)
    return stopped.error();
  return state_->start();
}

} // namespace kollect::servers

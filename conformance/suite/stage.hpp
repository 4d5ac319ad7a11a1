#ifndef KOLLECT_CONFORMANCE_STAGE_HPP
#define KOLLECT_CONFORMANCE_STAGE_HPP

#include "broker_access.hpp"
#include "timeouts.hpp"

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/manifest/manifest.hpp>

#include <boost/json/object.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::conformance {

/// Where a run's brokers come from.
enum class broker_source {
  own,     ///< a real Apache Kafka or nats-server, started for the run
  mock,    ///< librdkafka's in-process Kafka: no JVM, no security, no outages
  external ///< those that the manifest names
};

/// What the sink under test is told: the part of a KollectEventSink that exercises change.
struct sink_settings {
  broker_system system = broker_system::kafka;
  std::vector<std::string> addresses; ///< brokers, or URLs; may be empty where there is an endpoint
  std::string endpoint;
  std::string destination;
  std::optional<std::string> stream;
  std::string cluster; ///< as written, with white space if need be
  bool connection_test = true;
  std::string path_template;           ///< empty: none
  std::optional<std::string> ca_pem;   ///< set: spec.tls with this caBundle
  std::optional<secret_values> secret; ///< set: spec.secretRef, and these values beside the manifest
};

/// The manifest as the protocol's `open` has it.
boost::json::object make_manifest(const sink_settings& sink);

/// A topic or subject of its own: how the suite gets at it, and what the sink is told.
struct place {
  connection reach;
  sink_settings sink;
  int partitions = 0; ///< of a topic that was made; 0: not known
};

/// A topic's settings, or a stream's. Of a stream those of JetStream's configuration.
struct place_options {
  int partitions = 6;
  std::map<std::string, std::string> topic{};
  boost::json::object stream{};
  bool is_made = true;          ///< false: named, not made
  bool is_other_system = false; ///< the other of Kafka and NATS (ENV-04)
};

/// The ways to log in that exercises need.
enum class login { none, password, token };

struct stage_options {
  broker_source source = broker_source::own;
  connection target;         ///< the manifest's
  std::string path_template; ///< the manifest's; empty: none
  std::string kafka_version; ///< empty: one that this librdkafka can log in to
  timeouts bounds{};
};

/// The brokers of one run. Servers start when they are first needed and end with this object.
class stage {
public:
  explicit stage(stage_options options);
  stage(stage&&) noexcept;
  ~stage();

  broker_system system() const noexcept;
  broker_source source() const noexcept;
  const timeouts& bounds() const noexcept;

  /// Starts what most exercises need; a failure here means that none can run.
  result<void> prepare();

  /// A new topic or stream, whose name has `name` and this run's mark in it.
  result<place> make_place(std::string_view name, const place_options& options = {});

  /// The same with a login, over TLS or not; for NATS a server of its own. Not with external brokers or a
  /// mock.
  result<place> make_secure_place(std::string_view name, login how, bool has_tls);

  /// PEM of an authority that signed none of our servers.
  result<std::string> untrusted_ca();

  /// Makes streams and looks at them; NATS only.
  result<jetstream*> streams();

  // What is done to the broker itself. Own servers only.
  result<void> freeze(); ///< it takes connections and answers nothing
  result<void> thaw();
  result<void> kill();    ///< as a crash would
  result<void> restart(); ///< brings it up, ending it first if need be

  /// An address of this machine that nobody listens on.
  result<std::string> dead_address();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace kollect::conformance

#endif

#include "certificate.hpp"
#include "manifest_text.hpp"

#include <kollect/manifest/resolve.hpp>
#include <kollect/manifest/select_sink.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {
namespace {

/// Stands in for the environment.
secret_sources environment_of(std::map<std::string, std::string> variables) {
  secret_sources sources;
  sources.environment = [variables =
                             std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return sources;
}

result<connection> resolve_text(const std::string& text, const secret_sources& sources = {}) {
  const auto file = read(text);
  if (!file)
    return file.error();
  return resolve(*file, file->sinks.front(), sources);
}

connection resolved(const std::string& text, const secret_sources& sources = {}) {
  auto outcome = resolve_text(text, sources);
  EXPECT_TRUE(outcome) << outcome.error();
  return outcome ? *outcome : connection{};
}

std::string resolve_refusal(const std::string& text, const secret_sources& sources = {}) {
  const auto outcome = resolve_text(text, sources);
  return outcome ? "accepted" : to_string(outcome.error());
}

std::string nats_sink(std::string_view more = {}) {
  return nats_sink_with("    url: nats://nats:4222\n    subject: inventory.events\n") + std::string(more);
}

using list = std::vector<std::string>;

TEST(resolve, takes_over_what_needs_no_work) {
  const auto kafka = resolved(kafka_sink("  cluster: ' prod '\n  connectionTest: false\n"));
  EXPECT_EQ(kafka.system, broker_system::kafka);
  EXPECT_EQ(kafka.destination, "inventory.changes");
  EXPECT_EQ(kafka.cluster, "prod");
  EXPECT_FALSE(kafka.connection_test);
  EXPECT_FALSE(kafka.secret);
  EXPECT_FALSE(kafka.tls);
  EXPECT_EQ(kafka.stream, "");
  const auto nats = resolved(nats_sink());
  EXPECT_EQ(nats.system, broker_system::nats);
  EXPECT_EQ(nats.destination, "inventory.events");
  EXPECT_TRUE(nats.connection_test);
}

TEST(resolve, falls_back_to_the_endpoint_for_kafka) { // KAF-05
  EXPECT_EQ(resolved(kafka_sink()).addresses, list{"kafka:9092"});
  EXPECT_EQ(resolved(kafka_sink_with("    topic: t\n  endpoint: other:9092\n")).addresses,
            list{"other:9092"});
  EXPECT_EQ(resolved(kafka_sink_with("    topic: t\n    brokers: []\n  endpoint: '[::1]:1'\n")).addresses,
            list{"[::1]:1"});
  EXPECT_EQ(resolve_refusal(kafka_sink_with("    topic: t\n")),
            "file.yaml:3:18: spec.kafka.brokers or spec.endpoint must name a broker [KAF-05]");
}

TEST(resolve, falls_back_to_the_endpoint_for_nats) { // NAT-01
  EXPECT_EQ(resolved(nats_sink("  endpoint: other:1\n")).addresses, list{"nats://nats:4222"});
  EXPECT_EQ(resolved(nats_sink_with("    subject: s\n  endpoint: other:1\n")).addresses,
            list{"nats://other:1"});
  EXPECT_EQ(resolve_refusal(nats_sink_with("    subject: s\n")),
            "file.yaml:3:18: spec.nats.url or spec.endpoint must name a server [NAT-01]");
}

TEST(resolve, names_the_stream) { // NAT-03
  EXPECT_EQ(resolved(nats_sink()).stream, "kollect_events");
  EXPECT_EQ(resolved(nats_sink_with("    url: nats://a\n    subject: s\n    stream: team.a.events\n")).stream,
            "team_a_events");
}

TEST(resolve, checks_the_addresses_of_a_sink_made_by_hand) {
  event_sink sink;
  sink.kafka.emplace();
  sink.kafka->brokers = {"user:pass@kafka:9092"};
  const auto outcome = resolve({}, sink);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(to_string(outcome.error()),
            "spec.kafka.brokers must not hold a user name or password; put them into a Secret "
            "and name it in secretRef [SEC-02]");
  sink.kafka.reset();
  EXPECT_EQ(to_string(resolve({}, sink).error()), "spec.kafka is required but missing [KAF-06]");
  sink.type = broker_system::nats;
  EXPECT_EQ(to_string(resolve({}, sink).error()), "spec.nats is required but missing [NAT-01]");
  sink.nats.emplace();
  sink.endpoint = "http://a";
  EXPECT_EQ(to_string(resolve({}, sink).error()),
            "spec.endpoint must begin with nats://, tls:// or wss:// [NAT-01]");
}

const std::string reference = "  secretRef: {name: credentials}\n";

TEST(resolve, finds_the_secret_of_the_sinks_namespace) {
  const auto kafka =
      resolved(kafka_sink(reference) + secret_document("stringData: {username: u, password: ' p\n '}\n"));
  ASSERT_TRUE(kafka.secret);
  EXPECT_TRUE(kafka.secret->username == "u");
  EXPECT_EQ(resolve_refusal(kafka_sink("  secretRef: {name: credentials, namespace: other}\n") +
                            secret_document("")),
            "file.yaml:8:14: Secret other/credentials, which spec.secretRef names, was not found: not in the "
            "manifest (there "
            "is team-a/credentials), no directory of secrets was given, not in the variables "
            "KOLLECT_SECRET_USERNAME, "
            "KOLLECT_SECRET_PASSWORD and KOLLECT_SECRET_TOKEN [KAF-07]");
}

TEST(resolve, takes_secret_values_verbatim) {
  const auto kafka = resolved(kafka_sink(reference) +
                              secret_document("stringData: {username: ' u ', password: \"p\\n\"}\n"));
  EXPECT_TRUE(kafka.secret && kafka.secret->username == " u ");
  EXPECT_TRUE(kafka.secret && kafka.secret->password == "p\n");
}

TEST(resolve, prefers_the_secret_reference_of_the_broker_section) {
  const std::string secrets =
      secret_document("stringData: {username: outer, password: p}\n") +
      "---\napiVersion: v1\nkind: Secret\nmetadata: {name: own, namespace: elsewhere}\n"
      "stringData: {username: inner, password: p}\n";
  const std::string own = "    secretRef: {name: own, namespace: elsewhere}\n";
  const auto kafka =
      resolved(kafka_sink_with("    topic: t\n    brokers: ['a:1']\n" + own) + reference + secrets);
  EXPECT_TRUE(kafka.secret && kafka.secret->username == "inner");
  const auto nats = resolved(nats_sink_with("    subject: s\n    url: a\n" + own) + reference + secrets);
  EXPECT_TRUE(nats.secret && nats.secret->username == "inner");
  EXPECT_EQ(resolve_refusal(nats_sink_with("    subject: s\n    url: a\n" + own)),
            "file.yaml:9:16: Secret elsewhere/own, which spec.nats.secretRef names, was not found: not in "
            "the manifest, no "
            "directory of secrets was given, not in the variables KOLLECT_SECRET_USERNAME, "
            "KOLLECT_SECRET_PASSWORD and "
            "KOLLECT_SECRET_TOKEN [NAT-04]");
}

TEST(resolve, applies_the_rules_for_kafka_credentials) { // KAF-07
  const auto with = [](const std::string& data) {
    return resolved(kafka_sink(reference) + secret_document("stringData: " + data + "\n")).secret;
  };
  const auto password = with("{username: u, password: p}");
  EXPECT_TRUE(password && password->username == "u" && password->password == "p" && password->token.empty());
  const auto token = with("{username: u, password: p, token: t}");
  EXPECT_TRUE(token && token->username == "u" && token->password == "t" && token->token.empty());
  EXPECT_TRUE(with("{username: u, password: p, token: ''}")->password == "p");
  EXPECT_FALSE(with("{token: t}"));
  EXPECT_FALSE(with("{token: t, password: p}"));

  const auto refusal_with = [](const std::string& data) {
    return resolve_refusal(kafka_sink(reference) + secret_document("stringData: " + data + "\n"));
  };
  const std::string place = "file.yaml:8:14: Secret team-a/credentials has ";
  EXPECT_EQ(refusal_with("{username: u}"), place + "a username but no password or token [KAF-07]");
  EXPECT_EQ(refusal_with("{password: p}"), place + "a password but no username [KAF-07]");
  EXPECT_EQ(refusal_with("{user: u, pass: p}"),
            place + "none of the keys username, password and token [KAF-07]");
}

TEST(resolve, applies_the_rules_for_nats_credentials) { // NAT-04
  const auto with = [](const std::string& data) {
    return resolved(nats_sink(reference) + secret_document("stringData: " + data + "\n")).secret;
  };
  const auto password = with("{username: u, password: p}");
  EXPECT_TRUE(password && password->username == "u" && password->password == "p" && password->token.empty());
  const auto token = with("{username: u, password: p, token: t}");
  EXPECT_TRUE(token && token->username.empty() && token->password.empty() && token->token == "t");
  EXPECT_TRUE(with("{token: t}")->token == "t");
  EXPECT_EQ(resolve_refusal(nats_sink(reference) + secret_document("stringData: {password: p}\n")),
            "file.yaml:9:14: Secret team-a/credentials has a password but no username [NAT-04]");
}

TEST(resolve, asks_the_environment_last) {
  const auto sources = environment_of(
      {{"KOLLECT_SECRET_USERNAME", "u"}, {"KOLLECT_SECRET_PASSWORD", " p "}, {"KOLLECT_SECRET_TOKEN", ""}});
  const auto kafka = resolved(kafka_sink(reference), sources);
  EXPECT_TRUE(kafka.secret && kafka.secret->username == "u" && kafka.secret->password == " p ");
  const auto nats = resolved(nats_sink(reference), environment_of({{"KOLLECT_SECRET_TOKEN", "t"}}));
  EXPECT_TRUE(nats.secret && nats.secret->token == "t");
  const auto written =
      resolved(kafka_sink(reference) + secret_document("stringData: {username: w, password: q}\n"), sources);
  EXPECT_TRUE(written.secret && written.secret->username == "w" && written.secret->password == "q");
  EXPECT_EQ(resolve_text(kafka_sink(reference), environment_of({})).error().reason(), error::secret_missing);
}

TEST(resolve, looks_up_no_secret_that_is_not_referenced) {
  EXPECT_FALSE(resolved(kafka_sink(), environment_of({{"KOLLECT_SECRET_USERNAME", "u"}})).secret);
  EXPECT_FALSE(resolved(kafka_sink() + secret_document("stringData: {username: u, password: p}\n")).secret);
}

std::string indented_certificate() {
  std::string text = "|\n    ";
  for (const char letter : certificate)
    text += letter == '\n' ? std::string("\n    ") : std::string(1, letter);
  return text + "\n";
}

TEST(resolve, turns_tls_on_where_the_manifest_says_so) {
  const auto empty = resolved(kafka_sink("  tls: {}\n"));
  ASSERT_TRUE(empty.tls);
  EXPECT_FALSE(empty.tls->insecure_skip_verify);
  EXPECT_EQ(empty.tls->ca_pem, "");
  EXPECT_TRUE(resolved(kafka_sink("  tls: {insecureSkipVerify: true}\n")).tls->insecure_skip_verify);
  EXPECT_TRUE(resolved(nats_sink_with("    subject: s\n    url: nats://a,tls://b\n")).tls);
  EXPECT_FALSE(resolved(nats_sink()).tls);
}

TEST(resolve, finds_the_certificates_to_trust) { // NAT-04, KAF-08
  const std::string trust = "  tls: {caSecretRef: {name: credentials}}\n";
  for (const auto* key : {"tls.crt", "ca.crt", "ca.pem"}) {
    const auto secret = secret_document("stringData:\n  " + std::string(key) + ": " + indented_certificate());
    EXPECT_EQ(resolved(kafka_sink(trust) + secret).tls->ca_pem, certificate) << key;
    EXPECT_EQ(resolved(nats_sink(trust) + secret).tls->ca_pem, certificate) << key;
  }
  EXPECT_EQ(resolve_refusal(kafka_sink(trust) + secret_document("stringData: {ca.crt: canary}\n")),
            "file.yaml:8:22: Secret team-a/credentials does not hold PEM certificates under ca.crt [KAF-08]");
  EXPECT_EQ(
      resolve_refusal(nats_sink(trust) + secret_document("stringData: {ca: canary}\n")),
      "file.yaml:9:22: Secret team-a/credentials has none of the keys tls.crt, ca.crt and ca.pem [NAT-04]");
  EXPECT_EQ(resolve_refusal(kafka_sink(trust), environment_of({{"KOLLECT_SECRET_USERNAME", "u"}})),
            "file.yaml:8:22: Secret team-a/credentials, which spec.tls.caSecretRef names, was not found: not "
            "in the manifest, "
            "no directory of secrets was given [KAF-08]");
}

TEST(resolve, prefers_the_bundle_to_the_secret_of_certificates) {
  const auto file = read(kafka_sink("  tls: {caSecretRef: {name: nowhere}}\n"));
  ASSERT_TRUE(file) << file.error();
  auto sink = file->sinks.front();
  sink.tls->ca_bundle = certificate;
  const auto outcome = resolve(*file, sink);
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->tls->ca_pem, certificate);
}

TEST(select_sink, picks_the_only_one_or_the_one_named) {
  const std::string second = "---\napiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\n"
                             "metadata: {name: other, namespace: team-a}\n"
                             "spec: {type: nats, nats: {subject: s, url: a}}\n";
  const std::string third = "---\napiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\n"
                            "metadata: {name: demo, namespace: team-b}\n"
                            "spec: {type: nats, nats: {subject: s, url: a}}\n";
  EXPECT_EQ(select_sink(*read(kafka_sink()))->metadata.name, "demo");
  const auto file = *read(kafka_sink() + second + third);
  EXPECT_EQ(to_string(select_sink(file, "other")->metadata), "team-a/other");
  EXPECT_EQ(to_string(select_sink(file, "team-b/demo")->metadata), "team-b/demo");
  EXPECT_EQ(to_string(select_sink(file).error()),
            "file.yaml: it has several event sinks that fit; name one of team-a/demo, "
            "team-a/other, team-b/demo");
  EXPECT_EQ(to_string(select_sink(file, "demo").error()),
            "file.yaml: it has several event sinks that fit; name one of "
            "team-a/demo, team-a/other, team-b/demo");
  EXPECT_EQ(to_string(select_sink(file, "none\n").error()),
            "file.yaml: it has no event sink \"none\\n\"; name one of "
            "team-a/demo, team-a/other, team-b/demo");
  EXPECT_EQ(to_string(select_sink(*read("")).error()), "file.yaml: it has no KollectEventSink");
  EXPECT_EQ(to_string(select_sink(*read(""), "demo").error()), "file.yaml: it has no KollectEventSink");
}

TEST(resolve, leaves_tls_off_where_the_operator_does_and_says_so) {
  const auto plain = resolved(nats_sink("  tls: {}\n"));
  EXPECT_FALSE(plain.tls);
  ASSERT_EQ(plain.warnings.size(), 1U);
  EXPECT_NE(plain.warnings.front().find("plain text"), std::string::npos);
  EXPECT_FALSE(resolved(nats_sink("  tls: {insecureSkipVerify: false}\n")).tls);
  EXPECT_TRUE(resolved(nats_sink("  tls: {insecureSkipVerify: true}\n")).tls);
  const auto secure = resolved(nats_sink_with("    subject: s\n    url: wss://a\n"));
  EXPECT_TRUE(secure.tls);
  EXPECT_TRUE(secure.warnings.empty());
}

TEST(resolve, says_which_secret_is_not_used) {
  const auto unused = resolved(kafka_sink() + secret_document("stringData: {username: u, password: p}\n"));
  EXPECT_FALSE(unused.secret);
  EXPECT_EQ(unused.warnings,
            std::vector<std::string>{
                "the manifest has the Secret team-a/credentials, but the sink names no Secret, "
                "so that it is not used: set spec.secretRef, or take it away"});
  secret_sources sources;
  sources.environment = [](const std::string& variable) {
    return variable == "KOLLECT_SECRET_TOKEN" ? std::optional<std::string>("hidden") : std::nullopt;
  };
  const auto file = read(kafka_sink());
  const auto from_environment = resolve(*file, file->sinks.front(), sources);
  ASSERT_TRUE(from_environment);
  ASSERT_EQ(from_environment->warnings.size(), 1U);
  EXPECT_EQ(from_environment->warnings.front().find("hidden"), std::string::npos);
  // One that another sink names is there for that.
  const std::string ours = "  tls: {caSecretRef: {name: credentials}}\n";
  EXPECT_TRUE(resolved(kafka_sink(ours) + secret_document("stringData:\n  ca.crt: " + indented_certificate()))
                  .warnings.empty());
}

std::string database_manifest(std::string_view postgres, std::string_view values) {
  return "apiVersion: kollect.dev/v1alpha1\nkind: KollectDatabaseSink\nmetadata: {name: state, namespace: "
         "team-a}\n"
         "spec:\n  type: postgres\n  cluster: ' c '\n" +
         std::string(postgres) + secret_document(values);
}

TEST(resolve, finds_the_table_of_a_database_sink) {
  const auto file = read(database_manifest("  provisioning: {mode: existing}\n  postgres:\n"
                                           "    databaseRef: {name: credentials}\n    table: rows\n",
                                           "stringData: {url: \"postgres://h/d\\n\"}\n"));
  ASSERT_TRUE(file) << file.error();
  ASSERT_EQ(file->database_sinks.size(), 1U);
  const auto target = resolve(*file, file->database_sinks.front());
  ASSERT_TRUE(target) << target.error();
  EXPECT_EQ(target->url, "postgres://h/d");
  EXPECT_EQ(target->schema, "public");
  EXPECT_EQ(target->table, "rows");
  EXPECT_EQ(target->cluster, "c");
  EXPECT_TRUE(target->is_table_existing);
}

TEST(resolve, refuses_a_database_sink_that_nothing_can_be_written_to) {
  const auto why = [](const std::string& text) {
    const auto file = read(text);
    if (!file)
      return to_string(file.error());
    const auto target = resolve(*file, file->database_sinks.front());
    return target ? std::string() : to_string(target.error());
  };
  EXPECT_EQ(why(database_manifest("  postgres: {databaseRef: {name: credentials}, table: t}\n",
                                  "stringData: {password: hidden}\n")),
            "file.yaml:3:18: Secret team-a/credentials has neither of the keys dsn and url");
  EXPECT_EQ(
      why(database_manifest("  postgres: {databaseRef: {name: other}, table: t}\n", "stringData: {}\n")),
      "file.yaml:7:27: Secret team-a/other, which spec.postgres.databaseRef names, was not found: not in the "
      "manifest, no directory of secrets was given");
  EXPECT_EQ(why(database_manifest("  postgres: {table: t}\n", "stringData: {}\n")),
            "file.yaml:7:13: spec.postgres.databaseRef is required but missing");
  EXPECT_EQ(why("apiVersion: kollect.dev/v1alpha1\nkind: KollectDatabaseSink\nmetadata: {name: m}\n"
                "spec: {type: mongodb, mongodb: {collection: c}}\n"),
            "file.yaml:3:18: the database sink default/m is of type mongodb; only postgres is written here");
  EXPECT_EQ(why("apiVersion: kollect.dev/v1alpha1\nkind: KollectDatabaseSink\nmetadata: {name: m}\n"
                "spec: {type: postgre}\n"),
            "file.yaml:4:14: spec.type is no type of database sink; did you mean \"postgres\"?");
}

} // namespace
} // namespace kollect::test

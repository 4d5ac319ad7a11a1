#include "manifest_text.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;

// Every field of a Kafka sink as the contract's section 8 lists them, with values for its placeholders.
TEST(event_sink, reads_every_field_of_a_kafka_sink) {
  const auto sink = read_sink(R"(apiVersion: kollect.dev/v1alpha1
kind: KollectEventSink
metadata: {name: kafka-inventory-demo, namespace: default}
spec:
  type: kafka                # or nats; required
  connectionTest: false      # default true: probe before use (Kafka metadata request; JetStream account info)
  cluster: prod-west         # label in each envelope; optional
  endpoint: host:9092        # fallback for brokers / url
  secretRef: {name: kafka-credentials, namespace: default}   # optional; namespace defaults to the sink's
  tls: {insecureSkipVerify: false, caSecretRef: {name: kafka-ca}}
  kafka: {brokers: [kafka.kollect-system.svc:9092], topic: inventory.changes, secretRef: {name: own}}
  pathTemplate: "clusters/{cluster}/{namespace}/{name}.json"
  exportMinInterval: 1h30m
  serialization: {format: JSON, compression: GZIP}
  provisioning: {mode: existing, naming: {template: "{namespace}.{name}"}}
  options: {linger: "5", nested: {list: [1, two]}}
)");
  EXPECT_EQ(to_string(sink.metadata), "default/kafka-inventory-demo");
  EXPECT_EQ(sink.type, broker_system::kafka);
  EXPECT_FALSE(sink.connection_test);
  EXPECT_EQ(sink.cluster, "prod-west");
  EXPECT_EQ(sink.endpoint, "host:9092");
  ASSERT_TRUE(sink.secret);
  EXPECT_EQ(sink.secret->name, "kafka-credentials");
  EXPECT_EQ(sink.secret->namespace_, "default");
  EXPECT_EQ(sink.secret->position.line, 9U);
  ASSERT_TRUE(sink.tls);
  EXPECT_FALSE(sink.tls->insecure_skip_verify);
  ASSERT_TRUE(sink.tls->ca_secret);
  EXPECT_EQ(sink.tls->ca_secret->name, "kafka-ca");
  ASSERT_TRUE(sink.kafka);
  EXPECT_EQ(sink.kafka->brokers, std::vector<std::string>{"kafka.kollect-system.svc:9092"});
  EXPECT_EQ(sink.kafka->topic, "inventory.changes");
  ASSERT_TRUE(sink.kafka->secret);
  EXPECT_EQ(sink.kafka->secret->name, "own");
  EXPECT_FALSE(sink.kafka->secret->namespace_);
  EXPECT_FALSE(sink.nats);
  EXPECT_EQ(sink.path_template, "clusters/{cluster}/{namespace}/{name}.json");
  EXPECT_EQ(sink.export_min_interval, 90min);
  EXPECT_EQ(sink.serialization.format, "json");
  EXPECT_EQ(sink.serialization.compression, "gzip");
  EXPECT_TRUE(sink.provisioning.is_existing);
  EXPECT_EQ(sink.provisioning.name_template, "{namespace}.{name}");
  ASSERT_NE(sink.options.find("nested"), nullptr);
}

TEST(event_sink, reads_every_field_of_a_nats_sink) {
  const auto sink = read_sink(nats_sink_with("    url: nats://nats.kollect-system.svc:4222\n"
                                             "    subject: inventory.events\n"
                                             "    stream: kollect_events\n"
                                             "    secretRef: {name: own, namespace: other}\n"));
  EXPECT_EQ(sink.type, broker_system::nats);
  ASSERT_TRUE(sink.nats);
  EXPECT_EQ(sink.nats->url, "nats://nats.kollect-system.svc:4222");
  EXPECT_EQ(sink.nats->subject, "inventory.events");
  EXPECT_EQ(sink.nats->stream, "kollect_events");
  ASSERT_TRUE(sink.nats->secret);
  EXPECT_EQ(sink.nats->secret->namespace_, "other");
  EXPECT_FALSE(sink.kafka);
}

TEST(event_sink, has_defaults_for_all_that_may_be_left_out) {
  const auto sink = read_sink("apiVersion: kollect.dev/v1alpha1\n"
                              "kind: KollectEventSink\n"
                              "metadata: {name: demo}\n"
                              "spec: {type: kafka, kafka: {topic: t}}\n");
  EXPECT_EQ(sink.metadata.namespace_, "default");
  EXPECT_TRUE(sink.connection_test);
  EXPECT_EQ(sink.cluster, "");
  EXPECT_FALSE(sink.secret);
  EXPECT_FALSE(sink.tls);
  EXPECT_EQ(sink.export_min_interval, 0ns);
  EXPECT_EQ(sink.serialization.format, "json");
  EXPECT_EQ(sink.options.kind, node_kind::null);
}

TEST(event_sink, takes_null_for_absent_as_kubernetes_does) {
  const auto sink =
      read_sink(kafka_sink("  nats:\n  secretRef: null\n  tls: ~\n  connectionTest:\n  options:\n"
                           "  provisioning:\n  serialization: {format: null}\n"));
  EXPECT_FALSE(sink.secret);
  EXPECT_FALSE(sink.tls);
  EXPECT_TRUE(sink.connection_test);
}

TEST(event_sink, accepts_what_the_api_server_adds) {
  const auto sink = read_sink("apiVersion: kollect.dev/v1alpha1\n"
                              "kind: KollectEventSink\n"
                              "metadata:\n"
                              "  name: demo\n"
                              "  namespace: default\n"
                              "  labels: {a: b}\n"
                              "  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}\n"
                              "  uid: 0b4e0d4c-1111-2222-3333-444455556666\n"
                              "  resourceVersion: '12'\n"
                              "  generation: 3\n"
                              "  creationTimestamp: 2026-01-15T12:00:00Z\n"
                              "  managedFields: []\n"
                              "  finalizers: [a/b]\n"
                              "  ownerReferences: []\n"
                              "  selfLink: ''\n"
                              "spec: {type: kafka, kafka: {topic: t, brokers: ['a:1']}}\n"
                              "status: {conditions: [{type: Ready}], anything: 1}\n");
  EXPECT_EQ(sink.metadata.name, "demo");
}

TEST(event_sink, trims_topic_and_cluster_of_ascii_white_space_only) {
  const auto sink =
      read_sink(std::string(sink_head) + "  type: kafka\n"
                                         "  kafka: {topic: \" \\t\\n\\v\\f\\rinventory.changes \"}\n"
                                         "  cluster: \" \\v\\u2028 prod west\\u00a0\\t\"\n");
  EXPECT_EQ(sink.kafka->topic, "inventory.changes");
  EXPECT_EQ(sink.cluster, "\xE2\x80\xA8 prod west\xC2\xA0");
}

struct refused {
  std::string manifest;
  std::string message;
};

void expect_refused(const std::vector<refused>& cases) {
  for (const auto& [manifest, message] : cases)
    EXPECT_EQ(refusal(manifest), message) << manifest;
}

TEST(event_sink, is_refused_for_its_keys) {
  expect_refused(
      {{kafka_sink("  conectionTest: true\n"),
        "file.yaml:8:3: spec.conectionTest is not a known key; did you mean \"connectionTest\"?"},
       {kafka_sink_with("    tpoic: a\n"),
        "file.yaml:7:5: spec.kafka.tpoic is not a known key; did you mean \"topic\"?"},
       {kafka_sink_with("    Topic: a\n"),
        "file.yaml:7:5: spec.kafka.Topic is not a known key; did you mean \"topic\"?"},
       {kafka_sink_with("    zzzzzzzz: a\n"),
        "file.yaml:7:5: spec.kafka.zzzzzzzz is not a known key; use one of brokers, topic, secretRef"},
       {kafka_sink("  \"x\\n[ERROR] y\": a\n"),
        "file.yaml:8:3: spec[\"x\\n[ERROR] y\"] is not a known key; use one of type, "
        "connectionTest, cluster, "
        "endpoint, secretRef, tls, kafka, nats, pathTemplate, exportMinInterval, serialization, "
        "provisioning, "
        "options"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: demo}\nspce: {}\n",
        "file.yaml:4:1: spce is not a known key; did you mean \"spec\"?"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: demo, lables: "
        "{}}\nspec: {}\n",
        "file.yaml:3:24: metadata.lables is not a known key; did you mean \"labels\"?"},
       {kafka_sink("  tls: {verify: true}\n"),
        "file.yaml:8:9: spec.tls.verify is not a known key; use one of insecureSkipVerify, caBundle, "
        "caSecretRef"},
       {kafka_sink("  secretRef: {name: a, key: b}\n"),
        "file.yaml:8:24: spec.secretRef.key is not a known key; use one of name, namespace"},
       {kafka_sink("  cluster: a\n  cluster: b\n"),
        "file.yaml:9:3: spec.cluster: this key is there twice, first at 8:3; remove one of them"},
       {kafka_sink("  secretRef: {name: a, 'name': b}\n"),
        "file.yaml:8:24: spec.secretRef.name: this key is there twice, first at 8:15; remove one of "
        "them"},
       {kafka_sink("  layout: flat\n"), "file.yaml:8:11: spec.layout is not for event sinks; remove it"},
       {kafka_sink("  serialization: {layout: flat}\n"),
        "file.yaml:8:27: spec.serialization.layout is not for event sinks; remove it"}});
}

TEST(event_sink, is_refused_for_what_is_missing) {
  expect_refused(
      {{"apiVersion: kollect.dev/v1alpha1\nmetadata: {}\n", "file.yaml:1:1: kind is required but missing"},
       {"kind: KollectEventSink\n", "file.yaml:1:1: apiVersion is required but missing"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\n",
        "file.yaml:1:1: metadata is required but missing"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {namespace: a}\nspec: {}\n",
        "file.yaml:3:11: metadata.name is required but missing"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: a}\n",
        "file.yaml:1:1: spec is required but missing"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: a}\nspec:\n",
        "file.yaml:4:1: spec is required but missing"},
       {std::string(sink_head) + "  kafka: {topic: t}\n", "file.yaml:5:3: spec.type is required but missing"},
       {std::string(sink_head) + "  type: kafka\n", "file.yaml:5:3: spec.kafka is required but missing"},
       {std::string(sink_head) + "  type: nats\n", "file.yaml:5:3: spec.nats is required but missing"},
       {kafka_sink_with("    brokers: [a:1]\n"),
        "file.yaml:7:5: spec.kafka.topic is required but missing [KAF-06]"},
       {kafka_sink_with("    brokers: [a:1]\n    topic:\n"),
        "file.yaml:8:5: spec.kafka.topic is required but missing [KAF-06]"},
       {nats_sink_with("    url: nats://a\n"),
        "file.yaml:7:5: spec.nats.subject is required but missing [NAT-01]"},
       {kafka_sink("  secretRef: {}\n"), "file.yaml:8:14: spec.secretRef.name is required but missing"},
       {kafka_sink("  tls: {caSecretRef: {namespace: a}}\n"),
        "file.yaml:8:22: spec.tls.caSecretRef.name is required but missing"}});
}

TEST(event_sink, is_refused_for_types) {
  expect_refused(
      {{"- a\n", "file.yaml:1:1: the document must be a mapping, not a list"},
       {"just text\n", "file.yaml:1:1: the document must be a mapping, not a string"},
       {kafka_sink("  connectionTest: \"false\"\n"),
        "file.yaml:8:19: spec.connectionTest must be a boolean, not a string; write it without quotes"},
       {kafka_sink("  connectionTest: yes\n"),
        "file.yaml:8:19: spec.connectionTest must be a boolean, not a string"},
       {kafka_sink("  cluster: 123\n"),
        "file.yaml:8:12: spec.cluster must be a string, not a number; put it in quotes"},
       {kafka_sink("  cluster: true\n"),
        "file.yaml:8:12: spec.cluster must be a string, not a boolean; put it in quotes"},
       {kafka_sink("  cluster: [a]\n"), "file.yaml:8:12: spec.cluster must be a string, not a list"},
       {kafka_sink("  exportMinInterval: 30\n"),
        "file.yaml:8:22: spec.exportMinInterval must be a string, not a number; put it in quotes"},
       {kafka_sink("  secretRef: credentials\n"),
        "file.yaml:8:14: spec.secretRef must be a mapping, not a string"},
       {kafka_sink("  options: [a]\n"), "file.yaml:8:12: spec.options must be a mapping, not a list"},
       {kafka_sink("  provisioning: true\n"),
        "file.yaml:8:17: spec.provisioning must be a mapping, not a boolean"},
       {kafka_sink_with("    brokers: a:1\n"),
        "file.yaml:7:14: spec.kafka.brokers must be a list: [a:1] [KAF-05]"},
       {kafka_sink_with("    brokers: ['a:1', 7]\n"),
        "file.yaml:7:22: spec.kafka.brokers[1] must be a string, not a number; put it in quotes"},
       {std::string(sink_head) + "  type: kafka\n  kafka: [a]\n",
        "file.yaml:6:10: spec.kafka must be a mapping, not a list"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: 7}\nspec: {}\n",
        "file.yaml:3:18: metadata.name must be a string, not a number; put it in quotes"}});
}

const std::string topic_rule = "must be a Kafka topic name: letters, digits, . _ and -, at most 249 [KAF-06]";
const std::string subject_rule =
    "must be a NATS subject to publish to: tokens joined by dots, without blanks, * or >, "
    "not beginning with $, at most 255 bytes [NAT-01]";
const std::string stream_rule =
    "must be a stream name without blanks, *, >, / or \\, at most 255 bytes [NAT-03]";

TEST(event_sink, is_refused_for_values) {
  expect_refused(
      {{"apiVersion: kollect.dev/v1\nkind: KollectEventSink\n",
        "file.yaml:1:13: apiVersion must be kollect.dev/v1alpha1, not \"kollect.dev/v1\""},
       {"apiVersion: v1\nkind: ConfigMap\n",
        "file.yaml:2:7: kind \"ConfigMap\" is not read here; "
        "use one of KollectEventSink, KollectDatabaseSink, KollectInventory, Secret, List"},
       {"apiVersion: v1\nkind: KollectEventsink2\n",
        "file.yaml:2:7: kind \"KollectEventsink2\" is not read here; did you mean \"KollectEventSink\"?"},
       {std::string(sink_head) + "  type: Kafka\n",
        "file.yaml:5:9: spec.type is no type of event sink; did you mean \"kafka\"?"},
       {std::string(sink_head) + "  type: postgres\n",
        "file.yaml:5:9: spec.type is no type of event sink; use one of kafka, nats"},
       {kafka_sink("  nats: {subject: a}\n"),
        "file.yaml:8:9: spec.nats must not be there when spec.type is kafka; remove it"},
       {nats_sink_with("    {subject: a}\n  kafka: {topic: b}\n"),
        "file.yaml:8:10: spec.kafka must not be there when spec.type is nats; remove it"},
       {"apiVersion: kollect.dev/v1alpha1\nkind: KollectEventSink\nmetadata: {name: ../x}\nspec: {}\n",
        "file.yaml:3:18: metadata.name must be a Kubernetes name: lower-case letters, digits, - and ., "
        "at most 253"},
       {kafka_sink("  secretRef: {name: /etc/passwd}\n"),
        "file.yaml:8:21: spec.secretRef.name must be a Kubernetes name: lower-case letters, digits, "
        "- and ., at "
        "most 253"},
       {kafka_sink("  secretRef: {name: a, namespace: b.c}\n"),
        "file.yaml:8:35: spec.secretRef.namespace must be a Kubernetes namespace: lower-case "
        "letters, digits and "
        "-, at most 63"},
       {kafka_sink("  serialization: {format: avro}\n"),
        "file.yaml:8:27: spec.serialization.format must be json; events have no other format"},
       {kafka_sink("  exportMinInterval: 24h0m1s\n"),
        "file.yaml:8:22: spec.exportMinInterval must be a duration such as 30s or 1h30m, from 0s to 24h"},
       {kafka_sink("  exportMinInterval: -1s\n"),
        "file.yaml:8:22: spec.exportMinInterval must be a duration such as 30s or 1h30m, from 0s to 24h"},
       {kafka_sink("  exportMinInterval: ''\n"),
        "file.yaml:8:22: spec.exportMinInterval must be a duration such as 30s or 1h30m, from 0s to 24h"},
       {kafka_sink("  tls: {caBundle: '*'}\n"),
        "file.yaml:8:19: spec.tls.caBundle must be base64 of PEM certificates [NAT-04]"},
       {kafka_sink("  tls: {caBundle: aGVsbG8=}\n"),
        "file.yaml:8:19: spec.tls.caBundle must be base64 of PEM certificates [NAT-04]"},
       {kafka_sink_with("    topic: ''\n"), "file.yaml:7:12: spec.kafka.topic " + topic_rule},
       {kafka_sink_with("    topic: '..'\n"), "file.yaml:7:12: spec.kafka.topic " + topic_rule},
       {kafka_sink_with("    topic: a b\n"), "file.yaml:7:12: spec.kafka.topic " + topic_rule},
       {kafka_sink_with("    topic: \"a\\r\\nb\"\n"), "file.yaml:7:12: spec.kafka.topic " + topic_rule},
       {kafka_sink_with("    topic: " + std::string(250, 'a') + "\n"),
        "file.yaml:7:12: spec.kafka.topic " + topic_rule},
       {nats_sink_with("    subject: a.*\n"), "file.yaml:7:14: spec.nats.subject " + subject_rule},
       {nats_sink_with("    subject: a.>\n"), "file.yaml:7:14: spec.nats.subject " + subject_rule},
       {nats_sink_with("    subject: a..b\n"), "file.yaml:7:14: spec.nats.subject " + subject_rule},
       {nats_sink_with("    subject: .a\n"), "file.yaml:7:14: spec.nats.subject " + subject_rule},
       {nats_sink_with("    subject: a.\n"), "file.yaml:7:14: spec.nats.subject " + subject_rule},
       {nats_sink_with("    subject: \"a\\r\\nPUB b\"\n"),
        "file.yaml:7:14: spec.nats.subject " + subject_rule},
       {nats_sink_with("    subject: $JS.API.STREAM.DELETE.x\n"),
        "file.yaml:7:14: spec.nats.subject " + subject_rule},
       {nats_sink_with("    subject: a\n    stream: a b\n"),
        "file.yaml:8:13: spec.nats.stream " + stream_rule},
       {nats_sink_with("    subject: a\n    stream: a>\n"),
        "file.yaml:8:13: spec.nats.stream " + stream_rule},
       {nats_sink_with("    subject: a\n    stream: a/b\n"),
        "file.yaml:8:13: spec.nats.stream " + stream_rule}});
}

const std::string dangerous_rule = " can load code or run commands and is never accepted; remove it";
const std::string secret_rule = " looks secret; put it into a Secret and name it in secretRef [SEC-01]";

TEST(event_sink, is_refused_for_options) {
  expect_refused(
      {{kafka_sink("  options: {password: a}\n"), "file.yaml:8:23: spec.options.password" + secret_rule},
       {kafka_sink("  options: {dbTOKEN: a}\n"), "file.yaml:8:22: spec.options.dbTOKEN" + secret_rule},
       {kafka_sink("  options: {sasl.password: a}\n"),
        "file.yaml:8:28: spec.options[\"sasl.password\"]" + secret_rule},
       {kafka_sink("  options: {a: [{b: {api_key: null}}]}\n"),
        "file.yaml:8:22: spec.options.a[0].b.api_key" + secret_rule},
       {kafka_sink("  options: {plugin.library.paths: x}\n"),
        "file.yaml:8:35: spec.options[\"plugin.library.paths\"]" + dangerous_rule},
       {kafka_sink("  options: {sasl.kerberos.kinit.cmd: x}\n"),
        "file.yaml:8:38: spec.options[\"sasl.kerberos.kinit.cmd\"]" + dangerous_rule},
       {kafka_sink("  options: {ssl.engine.location: x}\n"),
        "file.yaml:8:34: spec.options[\"ssl.engine.location\"]" + dangerous_rule},
       {kafka_sink("  options: {sasl.oauthbearer.token.endpoint.url: x}\n"),
        "file.yaml:8:50: spec.options[\"sasl.oauthbearer.token.endpoint.url\"]" + dangerous_rule}});
}

TEST(event_sink, gives_each_failure_its_reason) {
  const auto reason = [](std::string_view text) { return read(text).error().reason(); };
  EXPECT_EQ(reason(kafka_sink("  zzz: 1\n")), error::unknown_key);
  EXPECT_EQ(reason(kafka_sink("  cluster: a\n  cluster: a\n")), error::duplicate_key);
  EXPECT_EQ(reason(kafka_sink_with("    brokers: []\n")), error::missing_key);
  EXPECT_EQ(reason(kafka_sink("  cluster: 1\n")), error::invalid_value);
  EXPECT_TRUE(make_error_code(reason(kafka_sink("  cluster: 1\n"))) == condition::bad_configuration);
}

TEST(event_sink, may_stand_in_a_file_once_under_one_name) {
  EXPECT_EQ(refusal(kafka_sink() + "---\n" + kafka_sink()),
            "file.yaml:11:18: metadata.name names an object that this file has already, at line 3");
}

TEST(event_sink, takes_white_space_around_what_the_operator_trims) {
  const auto kafka =
      read_sink(kafka_sink_with("    brokers: [' a:9092 ', \"b:9093\\n\"]\n    topic: ' t '\n"));
  EXPECT_EQ(kafka.kafka->brokers, (std::vector<std::string>{"a:9092", "b:9093"}));
  EXPECT_EQ(kafka.kafka->topic, "t");
  const auto nats = read_sink(
      nats_sink_with("    url: \" nats://a:4222/ , tls://b\\n\"\n    subject: ' a.b '\n    stream: ' s '\n"));
  EXPECT_EQ(nats.nats->url, "nats://a:4222/ , tls://b");
  EXPECT_EQ(nats.nats->subject, "a.b");
  EXPECT_EQ(nats.nats->stream, "s");
}

TEST(event_sink, refuses_several_brokers_in_one_text) {
  EXPECT_EQ(refusal(kafka_sink_with("    brokers: \"a:9092, b:9092\"\n    topic: t\n")),
            "file.yaml:7:14: spec.kafka.brokers must be a list: [a:9092, b:9092] [KAF-05]");
  EXPECT_EQ(refusal(kafka_sink_with("    brokers: a:9092\n    topic: t\n")),
            "file.yaml:7:14: spec.kafka.brokers must be a list: [a:9092] [KAF-05]");
  EXPECT_EQ(
      refusal(kafka_sink_with("    brokers: [\"a:9092,b:9092\"]\n    topic: t\n")),
      "file.yaml:7:15: spec.kafka.brokers[0] must be one address; write brokers: [a:9092, b:9092] [KAF-05]");
  for (const auto* const text : {"a:9092;b:9092", "a:9092 b:9092", "a:9092,b:9092,"})
    EXPECT_EQ(refusal(kafka_sink_with("    brokers: \"" + std::string(text) + "\"\n    topic: t\n")),
              "file.yaml:7:14: spec.kafka.brokers must be a list: [a:9092, b:9092] [KAF-05]");
  for (const auto* const text : {"a", "PLAINTEXT://a:9092,b:9092", ""})
    EXPECT_EQ(refusal(kafka_sink_with("    brokers: \"" + std::string(text) + "\"\n    topic: t\n")),
              "file.yaml:7:14: spec.kafka.brokers must be a list: [host:9092, other:9092] [KAF-05]");
  EXPECT_EQ(refusal(kafka_sink("  secretRef: \"credentials\"\n")),
            "file.yaml:8:14: spec.secretRef must be a mapping, not a string");
  // What may hold a password is not repeated.
  const auto secret = refusal(kafka_sink_with("    brokers: \"u:secret@a:9092,b:9092\"\n    topic: t\n"));
  EXPECT_EQ(secret.find("secret@"), std::string::npos) << secret;
}

TEST(event_sink, refuses_templates_that_admission_refuses) {
  const auto why = [](const std::string& text) {
    return refusal(kafka_sink("  pathTemplate: \"" + text + "\"\n"));
  };
  const std::string where = "file.yaml:8:17: spec.pathTemplate must ";
  for (const auto* fine :
       {"", " ", "{namespace}/{name}", " inventory/{namespace}/{name}.{extension} ",
        "{cluster}/{namespace}/{name}/{generation}", "{namespace}-{name}-{Other}", "{namespace}{name}{}"})
    EXPECT_EQ(why(fine), "accepted") << fine;
  for (const auto* lacking : {"{namespace}", "{name}", "{{ .Namespace }}/{{ .Name }}", "flat"})
    EXPECT_EQ(why(lacking), where + "have the placeholders {namespace} and {name} [ENV-07]") << lacking;
  for (const auto* leaving : {"/{namespace}/{name}", "../{namespace}/{name}", "{namespace}/../{name}"})
    EXPECT_EQ(why(leaving), where + "be a relative path without .. [ENV-07]") << leaving;
  for (const auto* unknown : {"{namespace}/{name}/{uid}", "{kind}{namespace}{name}"})
    EXPECT_EQ(why(unknown), where + "have no other placeholders than {cluster}, {namespace}, {name}, "
                                    "{generation} and {extension} [ENV-07]")
        << unknown;
  EXPECT_EQ(refusal(kafka_sink("  provisioning: {naming: {template: '{cluster}'}}\n")),
            "file.yaml:8:37: spec.provisioning.naming.template must have the placeholders {namespace} and "
            "{name} [ENV-07]");
  EXPECT_EQ(refusal(kafka_sink("  provisioning: {mode: none}\n")),
            "file.yaml:8:24: spec.provisioning.mode must be ensure or existing");
  EXPECT_EQ(refusal(kafka_sink("  serialization: {compression: lz4}\n")),
            "file.yaml:8:32: spec.serialization.compression must be none, gzip, snappy or zstd");
}

TEST(event_sink, refuses_options_with_a_secret_word_anywhere) {
  for (const auto* key : {"password_file", "tokenizer", "my.accessKey", "sasl.password"})
    EXPECT_NE(refusal(kafka_sink("  options: {" + std::string(key) + ": x}\n")).find("looks secret"),
              std::string::npos)
        << key;
}

TEST(event_sink, is_found_within_a_list) {
  const auto file =
      read("apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\nitems:\n"
           "- apiVersion: kollect.dev/v1alpha1\n  kind: KollectEventSink\n  metadata: {name: a}\n"
           "  spec: {type: kafka, kafka: {brokers: [a:1], topic: t}}\n"
           "- apiVersion: kollect.dev/v1alpha1\n  kind: KollectTarget\n  metadata: {name: b}\n"
           "- apiVersion: kollect.dev/v1alpha1\n  kind: KollectEventSink\n  metadata: {name: a}\n"
           "  spec: {type: nats, nats: {url: a, subject: s}}\n");
  ASSERT_FALSE(file);
  EXPECT_EQ(to_string(file.error()),
            "file.yaml:14:20: items[2].metadata.name names an object that this file has already, at line 7");
}

} // namespace
} // namespace kollect::test

#include "manifest_text.hpp"

#include <kollect/manifest/resolve.hpp>

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {
namespace {

/// A secret that must not turn up in any message (SEC-02). It is no valid base64, host or PEM.
constexpr std::string_view canary = "cAnArY-7f3a.hunter2";

/// Replaces each `@@` by the canary.
std::string with_canary(std::string_view text) {
  std::string out(text);
  for (auto at = out.find("@@"); at != std::string::npos; at = out.find("@@", at))
    out.replace(at, 2, canary);
  return out;
}

/// The whole failure as text: its sentence, its parts, and what an exception made of it would say.
std::string everything(const failure& refused) {
  return to_string(refused) + refused.message + refused.source + refused.code.message() +
         refused.location.to_string();
}

void expect_no_canary(const failure& refused, std::string_view text) {
  const auto said = everything(refused);
  EXPECT_EQ(said.find(canary), std::string::npos) << said << "\nof: " << text;
  EXPECT_EQ(said.find("hunter2"), std::string::npos) << said << "\nof: " << text;
}

TEST(secrecy, holds_in_every_refusal_of_a_secret) {
  const std::vector<std::string> bodies{"data: {password: '@@'}\n",
                                        "data: {'@@': '*'}\n",
                                        "data: '@@'\n",
                                        "data: ['@@']\n",
                                        "data: {password: ['@@']}\n",
                                        "stringData: {password: {'@@': a}}\n",
                                        "stringData: {password: ['@@']}\n",
                                        "stringData: {password:@@, password:@@}\n",
                                        "stringData: {'password:@@': {}}\n",
                                        "stringData: {'@@': 5}\n",
                                        "stringData: {'@@': a, '@@': b}\n",
                                        "stringData: '@@'\n",
                                        "stringData: {password: &a '@@'}\n",
                                        "stringData: {password: !t '@@'}\n",
                                        "stringData: {password: *@@}\n",
                                        "stringData: {password: \"@@\\q\"}\n",
                                        "stringData: {password: \"@@\\ud800\"}\n",
                                        "stringData: {password: '@@' x}\n",
                                        "stringData: {password: \"@@\n",
                                        "stringData:\n  password:@@\n  username: a\n",
                                        "stringData:\n  password: @@: x\n",
                                        "stringData:\n  password: '@@'\n x: y\n",
                                        "stringData:\n\tpassword: @@\n",
                                        "stringData:\n  password: \"@@\x01\"\n",
                                        "stringData:\n  password: \"@@\xFF\"\n",
                                        "stringData: {password: @@}\n,\n",
                                        "type: ['@@']\n",
                                        "immutable: '@@'\n",
                                        "stringData: {password: '@@'}\nother: 1\n"};
  for (const auto& body : bodies) {
    const auto text = with_canary(secret_document(body));
    const auto file = read(text);
    ASSERT_FALSE(file) << text;
    expect_no_canary(file.error(), text);
  }
}

TEST(secrecy, holds_in_every_refusal_of_a_secret_in_json) {
  for (const auto* data : {R"({"password": "@@\ud800"})", R"({"password": "@@)", R"({"password": "@@\q"})",
                           R"({"password": @@})", R"({"@@": 5})", R"({"@@": 1, "@@": 2})",
                           R"({"password": "@@"} "@@")", R"("@@")"}) {
    const auto text =
        with_canary(R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": )" +
                    std::string(data) + "}");
    const auto file = read(text);
    ASSERT_FALSE(file) << text;
    expect_no_canary(file.error(), text);
  }
}

TEST(secrecy, holds_in_every_refusal_of_a_sink) {
  const std::vector<std::string> specs{"  kafka: {topic: t, brokers: ['user:@@@kafka:9092']}\n",
                                       "  kafka: {topic: t, brokers: ['kafka://user:@@@kafka:9092']}\n",
                                       "  kafka: {topic: t, brokers: ['user:@@%40kafka:9092']}\n",
                                       "  kafka: {topic: t, brokers: ['kafka:@@']}\n",
                                       "  kafka: {topic: t, brokers: ['@@']}\n",
                                       "  kafka: {topic: t, brokers: {'user:@@@kafka:9092': 1}}\n",
                                       "  kafka: {topic: t, 'user:@@@kafka:9092': 1}\n",
                                       "  kafka: {topic: 'a @@'}\n",
                                       "  kafka: {topic: t}\n  endpoint: user:@@@kafka:9092\n",
                                       "  kafka: {topic: t}\n  endpoint: 'http://@@'\n",
                                       "  kafka: {topic: t}\n  endpoint: ['@@']\n",
                                       "  kafka: {topic: t}\n  tls: {caBundle: '@@'}\n",
                                       "  kafka: {topic: t}\n  tls: {insecureSkipVerify: '@@'}\n",
                                       "  kafka: {topic: t}\n  secretRef: '@@'\n",
                                       "  kafka: {topic: t}\n  secretRef: {name: '@@ A'}\n",
                                       "  kafka: {topic: t}\n  secretRef: {name: a, namespace: '@@ A'}\n",
                                       "  kafka: {topic: t}\n  options: {password: '@@'}\n",
                                       "  kafka: {topic: t}\n  options: {sasl.oauthbearer.config: '@@'}\n",
                                       "  kafka: {topic: t}\n  exportMinInterval: '@@'\n",
                                       "  kafka: {topic: t}\n  serialization: {format: '@@'}\n"};
  for (const auto& spec : specs) {
    const auto text = with_canary(std::string(sink_head) + "  type: kafka\n" + spec);
    const auto file = read(text);
    ASSERT_FALSE(file) << text;
    expect_no_canary(file.error(), text);
  }
  for (const auto* url : {"nats://user:@@@nats:4222", "nats://@@@nats", "http://user:@@@nats",
                          "nats://a,tls://user:@@@b", "nats://user:@@%40nats", "nats://nats:@@"}) {
    const auto text = with_canary(nats_sink_with("    subject: s\n    url: '" + std::string(url) + "'\n"));
    const auto file = read(text);
    ASSERT_FALSE(file) << text;
    expect_no_canary(file.error(), text);
  }
}

TEST(secrecy, holds_when_secrets_do_not_fit) {
  const std::string reference = "  secretRef: {name: credentials}\n";
  const std::string trust = "  tls: {caSecretRef: {name: credentials}}\n";
  const auto refused = [](const std::string& text, const secret_sources& sources = {}) {
    const auto file = read(with_canary(text));
    ASSERT_TRUE(file) << file.error();
    const auto outcome = resolve(*file, file->sinks.front(), sources);
    ASSERT_FALSE(outcome) << text;
    expect_no_canary(outcome.error(), text);
  };
  refused(kafka_sink(reference) + secret_document("stringData: {username: '@@'}\n"));
  refused(kafka_sink(reference) + secret_document("stringData: {password: '@@'}\n"));
  refused(kafka_sink(reference) + secret_document("stringData: {other: '@@', '@@': a}\n"));
  refused(kafka_sink(trust) + secret_document("stringData: {ca.crt: '@@'}\n"));
  refused(kafka_sink(trust) + secret_document("stringData: {password: '@@'}\n"));

  secret_sources sources;
  sources.environment = [](const std::string& name) {
    return name == "KOLLECT_SECRET_PASSWORD" ? std::optional(std::string(canary)) : std::nullopt;
  };
  refused(kafka_sink(reference), sources);

  const auto directory = servers::temporary_directory::create();
  ASSERT_TRUE(directory) << directory.error();
  sources.directory = directory->path();
  ASSERT_TRUE(servers::write_file(directory->path() / "ca.pem", canary));
  refused(kafka_sink(reference), sources);
  refused(kafka_sink(trust), sources);
}

} // namespace
} // namespace kollect::test

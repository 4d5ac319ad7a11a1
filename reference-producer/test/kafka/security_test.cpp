#include "test/support/producer.hpp"

#include <kollect/base64.hpp>

#include <servers/kafka_server.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

namespace kollect::test {
namespace {

using servers::kafka_listener;

/// A version that SCRAM works with whatever librdkafka's is, with every listener there is.
class kafka_security : public testing::Test {
protected:
  static constexpr const char* password = " canary pass-wörd\n";

  static void SetUpTestSuite() {
    auto files = servers::make_tls_files(place().path(""));
    ASSERT_TRUE(has_value(files));
    files_.emplace(std::move(*files));
    auto started = servers::kafka_server::start({.version = std::string(servers::kafka_for_old_scram),
                                                 .users = {{"producer", password}},
                                                 .tls = files_->server});
    ASSERT_TRUE(has_value(started));
    broker_.emplace(std::move(*started));
    ASSERT_TRUE(has_value(broker_->create_topic("topic")));
  }

  static void TearDownTestSuite() {
    broker_.reset();
    files_.reset();
  }

  void SetUp() override { ASSERT_TRUE(broker_.has_value()) << "there is no broker"; }

  static workspace& place() {
    static workspace one;
    return one;
  }

  /// A manifest for a listener; the secret follows it if there is one.
  static std::string manifest(kafka_listener listener, const std::string& tls,
                              const std::vector<std::pair<std::string, std::string>>& secret) {
    auto text = kafka_manifest(broker_->bootstrap(listener), "topic",
                               tls + (secret.empty() ? "" : "  secretRef: {name: credentials}\n"));
    return place().write("sink.yaml", secret.empty() ? text : text + secret_document(secret));
  }

  static std::string trust(const std::string& ca_pem) {
    return "  tls: {caBundle: " + encode_base64(ca_pem) + "}\n";
  }

  /// Checks and exports; both must end with the code and keep the password to themselves.
  static void expect_code(const std::string& file, int code, std::vector<std::string> more = {},
                          const environment& variables = {}) {
    std::vector<std::string> check{"check", "--manifest", file, "--timeout", "20"};
    check.insert(check.end(), more.begin(), more.end());
    std::vector<std::string> exporting{"export",      "--manifest", file,          "--timeout", "20",
                                       "--namespace", "n",          "--inventory", "i",         "-"};
    exporting.insert(exporting.end(), more.begin(), more.end());
    for (const auto& arguments : {check, exporting}) {
      const auto outcome = run_producer(arguments, "[]", variables);
      EXPECT_EQ(outcome.status.code, code) << outcome;
      EXPECT_EQ(outcome.output.empty(), code != 0) << outcome;
      EXPECT_EQ((outcome.output + outcome.errors).find("canary"), std::string::npos) << outcome;
    }
  }

  static inline std::optional<servers::tls_files> files_;
  static inline std::optional<servers::kafka_server> broker_;
};

TEST_F(kafka_security, logs_in_with_what_the_secret_says_verbatim) { // KAF-07
  using enum kafka_listener;
  expect_code(manifest(sasl_plaintext, "", {{"username", "producer"}, {"password", password}}), 0);
  expect_code(
      manifest(sasl_plaintext, "", {{"username", "producer"}, {"password", "x"}, {"token", password}}), 0);
  expect_code(manifest(sasl_ssl, trust(files_->ca_pem), {{"username", "producer"}, {"password", password}}),
              0);
  expect_code(manifest(plaintext, "", {{"token", password}}), 0);
}

TEST_F(kafka_security, takes_secrets_from_a_directory_or_the_environment) {
  const auto file =
      place().write("sink.yaml", kafka_manifest(broker_->bootstrap(kafka_listener::sasl_plaintext), "topic",
                                                "  secretRef: {name: credentials}\n"));
  expect_code(file, 78);
  std::filesystem::create_directory(place().path("mounted"));
  place().write("mounted/username", "producer");
  place().write("mounted/password", password);
  expect_code(file, 0, {"--secret-dir", place().path("mounted")});
  expect_code(file, 0, {}, {{"KOLLECT_SECRET_USERNAME", "producer"}, {"KOLLECT_SECRET_PASSWORD", password}});
}

TEST_F(kafka_security, ends_with_77_where_it_is_refused) {
  using enum kafka_listener;
  expect_code(manifest(sasl_plaintext, "", {{"username", "producer"}, {"password", "canary"}}), 77);
  expect_code(manifest(ssl, trust(files_->untrusted_ca_pem), {}), 77);
}

TEST_F(kafka_security, says_loudly_when_it_trusts_anybody) { // KAF-08
  expect_code(manifest(kafka_listener::ssl, trust(files_->ca_pem), {}), 0);
  const auto file = manifest(kafka_listener::ssl, "  tls: {insecureSkipVerify: true}\n", {});
  expect_code(file, 0);
  EXPECT_NE(run_producer({"check", "--manifest", file}).errors.find("insecureSkipVerify"), std::string::npos);
}

} // namespace
} // namespace kollect::test

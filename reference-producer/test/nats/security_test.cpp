#include "test/support/producer.hpp"

#include <servers/nats_server.hpp>
#include <support/failure_is.hpp>

#include <gtest/gtest.h>

namespace kollect::test {
namespace {

/// Checks and exports; both must end with the code and keep the secret to themselves.
void expect_code(const std::string& manifest, int code) {
  const workspace place;
  const auto file = place.write("sink.yaml", manifest);
  for (const auto& arguments :
       {std::vector<std::string>{"check", "--manifest", file, "--timeout", "10"},
        {"export", "--manifest", file, "--timeout", "10", "--namespace", "n", "--inventory", "i", "-"}}) {
    const auto outcome = run_producer(arguments, "[]");
    EXPECT_EQ(outcome.status.code, code) << outcome;
    EXPECT_EQ((outcome.output + outcome.errors).find("canary"), std::string::npos) << outcome;
  }
}

std::string with_secret(const std::string& url,
                        const std::vector<std::pair<std::string, std::string>>& values) {
  return nats_manifest(url, "events.security", "  secretRef: {name: credentials}\n") +
         secret_document(values);
}

TEST(nats_security, logs_in_with_a_token) { // NAT-04
  auto server = servers::nats_server::start({.token = "canary-token"});
  ASSERT_TRUE(has_value(server));
  expect_code(with_secret(server->url(), {{"token", "canary-token"}}), 0);
  expect_code(with_secret(server->url(), {{"username", "u"}, {"password", "p"}, {"token", "canary-token"}}),
              0);
  expect_code(with_secret(server->url(), {{"token", "canary-wrong"}}), 77);
  expect_code(nats_manifest(server->url(), "events.security"), 77);
}

TEST(nats_security, logs_in_with_a_user_name_and_password) { // NAT-04
  auto server = servers::nats_server::start({.username = "producer", .password = "canary pass"});
  ASSERT_TRUE(has_value(server));
  expect_code(with_secret(server->url(), {{"username", "producer"}, {"password", "canary pass"}}), 0);
  expect_code(with_secret(server->url(), {{"username", "producer"}, {"password", "canary"}}), 77);
}

TEST(nats_security, trusts_the_certificates_it_is_given) { // NAT-04
  const workspace place;
  const auto files = servers::make_tls_files(place.path(""));
  ASSERT_TRUE(has_value(files));
  auto server = servers::nats_server::start({.tls = files->server});
  ASSERT_TRUE(has_value(server));
  const auto trusting = [&](const std::string& ca_pem) {
    return nats_manifest(server->url(), "events.security", "  tls: {caSecretRef: {name: credentials}}\n") +
           secret_document({{"ca.crt", ca_pem}});
  };
  expect_code(trusting(files->ca_pem), 0);
  expect_code(trusting(files->untrusted_ca_pem), 77);
  const auto careless =
      nats_manifest(server->url(), "events.security", "  tls: {insecureSkipVerify: true}\n");
  expect_code(careless, 0);
  EXPECT_NE(run_producer({"check", "--manifest", place.write("sink.yaml", careless)})
                .errors.find("insecureSkipVerify"),
            std::string::npos);
}

} // namespace
} // namespace kollect::test

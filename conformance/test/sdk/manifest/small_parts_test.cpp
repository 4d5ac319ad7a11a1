#include <kollect/connection.hpp>
#include <kollect/manifest/detail/certificate_pem.hpp>
#include <kollect/manifest/detail/duration_text.hpp>
#include <kollect/manifest/detail/manifest_names.hpp>
#include <kollect/manifest/detail/manifest_path.hpp>
#include <kollect/sensitive_key.hpp>

#include "certificate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(credentials, that_were_refused_are_in_doubt_for_what_is_easily_there_by_mistake) {
  constexpr std::pair<std::string_view, std::string_view> cases[] = {
      {"hunter", ""},
      {"hunt er", ""},
      {"hu\"nter\"", ""},
      {"\"", ""},
      {"hunter\n", "ends with a newline"},
      {" hunter", "begins or ends with white space"},
      {"hunter\r", "begins or ends with white space"},
      {"\xEF\xBB\xBF"
       "hunter",
       "begins with a byte order mark"},
      {"hunter\xC2\xA0", "begins or ends with a character that is not seen"},
      {"\xE2\x80\x8B"
       "hunter",
       "begins or ends with a character that is not seen"},
      {"\"hunter\"", "stands in quotes"},
      {"'hunter'", "stands in quotes"},
  };
  for (const auto& [value, doubt] : cases) {
    EXPECT_EQ(doubt.empty(), detail::doubt_value(value).empty()) << value;
    EXPECT_TRUE(detail::doubt_value(value).starts_with(doubt)) << value;
    const auto told = detail::doubt_secret({"user", std::string(value), {}});
    EXPECT_EQ(told.find("; the password of the secret " + std::string(doubt)), doubt.empty() ? told.npos : 0);
    EXPECT_EQ(told.find("hunt"), told.npos) << "repeats no value: " << told;
  }
}

TEST(duration_text, is_gos) {
  constexpr std::pair<std::string_view, std::chrono::nanoseconds> cases[] = {
      {"0", 0ns},
      {"0s", 0ns},
      {"30s", 30s},
      {"1h30m", 90min},
      {"24h", 24h},
      {"1.5h", 90min},
      {".5s", 500ms},
      {"1.s", 1s},
      {"100ms", 100ms},
      {"7us", 7us},
      {"7\xC2\xB5s", 7us},
      {"7\xCE\xBCs", 7us},
      {"1ns", 1ns},
      {"1.9ns", 1ns},
      {"0.007s", 7ms},
      {"1h1m1s1ms1us1ns", 1h + 1min + 1s + 1ms + 1us + 1ns},
      {"1s1h", 1h + 1s},
      {"0.000000001s", 1ns},
      {"23h59m59.999999999s", 24h - 1ns}};
  for (const auto& [text, duration] : cases) {
    const auto parsed = detail::parse_duration(text, 24h);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->count(), duration.count()) << text;
  }
}

TEST(duration_text, is_refused_out_of_range_or_shape) {
  for (const auto* text : {"", "s", ".s", "1", "1x", "-1s", "+1s", "1s ", " 1s", "1 s", "24h1ns", "1e3s",
                           "1d", "0x1s", "1.2.3s", "99999999999999999999h", "1S", "."})
    EXPECT_FALSE(detail::parse_duration(text, 24h)) << text;
  EXPECT_FALSE(detail::parse_duration(std::string(400, '9') + "h", 24h));
}

TEST(certificate_pem, is_one_or_more_certificates) {
  const std::string pem(certificate);
  EXPECT_TRUE(detail::is_certificate_pem(pem));
  EXPECT_TRUE(detail::is_certificate_pem("a note before\n" + pem + "\n" + pem));
  EXPECT_FALSE(detail::is_certificate_pem(""));
  EXPECT_FALSE(detail::is_certificate_pem("hello"));
  EXPECT_FALSE(
      detail::is_certificate_pem("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(detail::is_certificate_pem(pem.substr(0, pem.size() / 2)));
  EXPECT_FALSE(
      detail::is_certificate_pem(pem + "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(
      detail::is_certificate_pem("-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n"));
}

TEST(certificate_pem, never_asks_for_a_password) {
  EXPECT_FALSE(detail::is_certificate_pem("-----BEGIN CERTIFICATE-----\n"
                                          "Proc-Type: 4,ENCRYPTED\n"
                                          "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                                          "aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8=\n"
                                          "-----END CERTIFICATE-----\n"));
}

TEST(sensitive_key, is_one_of_the_list_alone_or_at_the_end) {
  for (const auto* key :
       {"password", "PASSWD", "dbPassword", "client_secret", "clientSecret", "Token", "x-api_key", "apiKey",
        "privateKey", "private_key", "credential", "basicAuth", "connectionString", "secret"})
    EXPECT_TRUE(is_sensitive_key(key)) << key;
  for (const auto* key :
       {"", "passwords", "tokens", "author", "secretRef", "key", "api-key", "credentials", "linger"})
    EXPECT_FALSE(is_sensitive_key(key)) << key;
}

TEST(manifest_path, cannot_forge_a_line) {
  EXPECT_EQ(detail::printable("a\n\x1B[2J\xE2\x80\xAE\x7F"), R"(a\n\x1b[2J\u202e\x7f)");
  EXPECT_EQ(detail::in_quotes(std::string(65, 'a')), "\"" + std::string(64, 'a') + "…\"");
  EXPECT_EQ(detail::child_path("spec", "topic"), "spec.topic");
  EXPECT_EQ(detail::child_path("", "a.b"), "[\"a.b\"]");
  EXPECT_EQ(detail::child_path("spec", std::string(1000, 'a')).size(), 69U);
}

TEST(manifest_path, leaves_out_what_may_be_a_password) {
  EXPECT_EQ(detail::child_path("stringData", "password"), "stringData.password");
  EXPECT_EQ(detail::child_path("data", "tls.crt"), "data[\"tls.crt\"]");
  EXPECT_EQ(detail::child_path("stringData", "password:hunter2"), "stringData");
  EXPECT_EQ(detail::child_path("spec.nats", "nats://user:hunter2@host"), "spec.nats");
}

TEST(manifest_names, are_those_that_kubernetes_and_brokers_allow) {
  EXPECT_TRUE(detail::is_object_name("a.b-c.9"));
  for (const auto* name : {"", ".", "..", "-a", "a-", "A", "a/b", "a_b", "a b"})
    EXPECT_FALSE(detail::is_object_name(name)) << name;
  EXPECT_FALSE(detail::is_object_name(std::string(254, 'a')));
  EXPECT_FALSE(detail::is_namespace_name("a.b"));
  EXPECT_FALSE(detail::is_namespace_name(std::string(64, 'a')));
  EXPECT_TRUE(detail::is_namespace_name(std::string(63, 'a')));
  EXPECT_TRUE(detail::is_topic_name(std::string(249, 'a')));
  EXPECT_EQ(detail::trim(" \t\n\v\f\r a b \r"), "a b");
  EXPECT_EQ(detail::trim(" \t"), "");
  EXPECT_EQ(detail::trim("\xC2\xA0x"), "\xC2\xA0x");
}

} // namespace
} // namespace kollect::test

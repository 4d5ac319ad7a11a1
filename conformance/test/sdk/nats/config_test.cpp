#include <kollect/nats/config.hpp>
#include <kollect/nats/detail/make_options.hpp>
#include <kollect/nats/publisher.hpp>
#include <kollect/nats/reader.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/nats/subscriber.hpp>

#include <gtest/gtest.h>

#include <string>

namespace kollect::nats::detail {
namespace {

connection target_of(std::vector<std::string> addresses) {
  connection target;
  target.system = broker_system::nats;
  target.addresses = std::move(addresses);
  return target;
}

TEST(nats_config, is_none_for_kafka) { // nothing is connected to
  connection target;
  target.addresses = {"127.0.0.1:1"};
  target.destination = "events";
  target.stream = "events";
  EXPECT_EQ(nats::create_publisher(target).error().reason(), error::invalid_value);
  EXPECT_EQ(nats::create_reader(target).error().reason(), error::invalid_value);
  EXPECT_EQ(nats::create_subscriber(target, {}, {}).error().reason(), error::invalid_value);
  EXPECT_EQ(nats::ensure_stream(target).error().reason(), error::invalid_value);
}

TEST(nats_config, takes_urls) {
  EXPECT_EQ(*checked_urls(target_of({"nats://a", "b:4223", "tls://[::1]:1"})),
            (std::vector<std::string>{"nats://a:4222", "nats://b:4223", "tls://[::1]:1"}));
  EXPECT_TRUE(make_options(target_of({"nats://a"}), {}));
}

TEST(nats_config, refuses_urls_without_repeating_them) {
  EXPECT_EQ(checked_urls(target_of({})).error().clause, "NAT-01");
  for (const char* address :
       {"nats://me:hunter2@host:4222", "nats://hunter2@host", "ws://hunter2", "http://hunter2:1"}) {
    const auto options = make_options(target_of({address}), {});
    ASSERT_FALSE(options) << address;
    EXPECT_EQ(options.error().reason(), error::invalid_value);
    EXPECT_EQ(to_string(options.error()).find("hunter2"), std::string::npos);
  }
}

TEST(nats_config, names_the_servers_that_nobody_can_find) {
  EXPECT_EQ(describe_servers(target_of({"nats://127.0.0.1", "nats://[::1]:4223"})),
            "nats://127.0.0.1:4222, nats://[::1]:4223");
  const auto unknown = describe_servers(target_of({"nats://127.0.0.1, nats://unknown.invalid"}));
  EXPECT_TRUE(unknown.starts_with("nats://127.0.0.1:4222, nats://unknown.invalid:4222 "
                                  "(this machine cannot resolve the name: "))
      << unknown;
}

TEST(nats_config, finds_hosts) {
  EXPECT_EQ(host_of("nats://example.com:4222"), "example.com");
  EXPECT_EQ(host_of("tls://127.0.0.1:1"), "127.0.0.1");
  EXPECT_EQ(host_of("tls://[::1]:4222"), "::1");
}

TEST(nats_config, escapes_what_goes_into_json) {
  EXPECT_EQ(json_escaped("plain"), "plain");
  EXPECT_EQ(json_escaped("q\"b\\n\n"), "q\\\"b\\\\n\\n");
  EXPECT_EQ(json_escaped(""), "");
}

TEST(nats_config, refuses_a_secret_with_a_nul_byte_without_repeating_it) {
  auto target = target_of({"nats://a"});
  target.secret = credentials{"me", std::string("hunter2\0", 8), ""};
  const auto options = make_options(target, {});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().reason(), error::authentication_failed);
  EXPECT_EQ(to_string(options.error()).find("hunter2"), std::string::npos);
}

TEST(nats_config, refuses_certificates_that_are_none) {
  auto target = target_of({"tls://a"});
  target.tls = tls_settings{"not a certificate", false};
  const auto options = make_options(target, {});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().reason(), error::tls_failed);
}

TEST(nats_config, wants_tls_by_manifest_or_scheme) {
  EXPECT_FALSE(wants_tls(target_of({}), {"nats://a:1"}));
  EXPECT_TRUE(wants_tls(target_of({}), {"nats://a:1", "tls://b:1"}));
  auto target = target_of({});
  target.tls = tls_settings{};
  EXPECT_TRUE(wants_tls(target, {"nats://a:1"}));
}

TEST(nats_config, warns_of_what_is_not_safe) {
  auto target = target_of({"nats://example.com:4222"});
  EXPECT_TRUE(start_warnings(target).empty());
  target.secret = credentials{"", "", "hunter2"};
  ASSERT_EQ(start_warnings(target).size(), 1U);
  EXPECT_EQ(start_warnings(target)[0].find("hunter2"), std::string::npos);
  target.tls = tls_settings{};
  EXPECT_TRUE(start_warnings(target).empty());
  target.tls->insecure_skip_verify = true;
  EXPECT_EQ(start_warnings(target).size(), 1U);
  auto local = target_of({"nats://127.0.0.1:4222", "localhost:1", "tls://example.com:1"});
  local.secret = credentials{"me", "hunter2", ""};
  EXPECT_TRUE(start_warnings(local).empty());
}

} // namespace
} // namespace kollect::nats::detail

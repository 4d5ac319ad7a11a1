#include "manifest_text.hpp"

#include <kollect/manifest/address.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {
namespace {

std::string broker_refusal(std::string_view address) {
  const auto checked = check_broker_address(address);
  return checked ? "accepted" : checked.error().message;
}

std::string url_refusal(std::string_view text) {
  const auto urls = read_nats_urls(text);
  return urls ? "accepted" : urls.error().message;
}

constexpr std::string_view no_credentials =
    "must not hold a user name or password; put them into a Secret and name it in secretRef";
constexpr std::string_view no_host = "must begin with a host name or an address such as [::1]";
constexpr std::string_view no_port =
    "must end in a port from 1 to 65535, as in host:9092; an IPv6 address stands in brackets";
constexpr std::string_view no_nats_port =
    "must end in a port from 1 to 65535, as in host:4222; an IPv6 address stands in brackets";
constexpr std::string_view link_local = "must not be a link-local address";
constexpr std::string_view no_scheme = "must begin with nats://, tls:// or wss://";

TEST(address, of_a_broker_is_host_and_port) {
  for (const auto* address : {"kafka:9092", "kafka.kollect-system.svc:9092", "127.0.0.1:1", "[::1]:9092",
                              "a_b.c.:65535", "[2001:db8::7]:9093", "10.0.0.1:09092", "KAFKA-0:9092"})
    EXPECT_EQ(broker_refusal(address), "accepted") << address;
}

TEST(address, of_a_broker_is_refused_when_it_is_anything_else) {
  for (const auto* address :
       {"kafka", "kafka:", "kafka:0", "kafka:65536", "kafka:9092x", "kafka:-1", "kafka:+1", "kafka: 9092",
        "kafka:9092,other:9092", "[::1]", "[::1]9092", "kafka:1:2", "kafka:99999999999999999999"})
    EXPECT_EQ(broker_refusal(address), no_port) << address;
  EXPECT_EQ(broker_refusal("kafka:9092/"),
            "must end in a port from 1 to 65535, as in host:9092, without a path; "
            "an IPv6 address stands in brackets");
  for (const auto* address : {"", ":9092", "::1:9092", "[kafka]:9092", "[::1:9092", "[fe80::1%eth0]:9092",
                              "a b:9092", "a\r\nb:9092", "ka%66ka:9092",
                              "k\xC3\xA4"
                              "fka:9092",
                              "/etc/passwd:1", "[]:9092"})
    EXPECT_EQ(broker_refusal(address), no_host) << address;
  EXPECT_EQ(broker_refusal(std::string(254, 'a') + ":9092"), no_host);
  for (const auto* address : {"kafka://kafka:9092", "file:///etc/passwd", "http://169.254.169.254/", "://:1"})
    EXPECT_EQ(broker_refusal(address), "must be host:port without a scheme") << address;
}

/// Of Helm, a shell, or a page that was copied from.
TEST(address, that_nothing_has_been_filled_into_is_told_so) {
  for (const auto* address : {"{{ .Values.broker }}", "{{.Values.host}}:9092", "$BROKER:9092", "${BROKER}",
                              "kafka:${PORT}", "<broker>:9092"}) {
    EXPECT_NE(broker_refusal(address).find("holds a placeholder"), std::string::npos)
        << broker_refusal(address);
    EXPECT_NE(url_refusal("nats://" + std::string(address)).find("holds a placeholder"), std::string::npos)
        << url_refusal(address);
  }
}

TEST(address, with_credentials_is_refused) {
  for (const auto* address :
       {"user:pass@kafka:9092", "user@kafka:9092", "@kafka:9092", "kafka://user:pass@kafka:9092"}) {
    EXPECT_EQ(broker_refusal(address), no_credentials) << address;
    EXPECT_EQ(check_broker_address(address).error().clause, "SEC-02");
  }
  for (const auto* url : {"nats://user:pass@nats:4222", "tls://token@nats", "user:pass@nats",
                          "nats://a:4222, nats://user:pass@b:4222"})
    EXPECT_EQ(url_refusal(url), no_credentials) << url;
}

TEST(address, may_not_be_link_local_in_any_notation) {
  for (const auto* host : {"169.254.169.254", "169.254.0.1", "169.254.169.254.", "0xa9fea9fe", "2852039166",
                           "0251.0376.0251.0376", "169.16689662"}) {
    EXPECT_EQ(broker_refusal(std::string(host) + ":80"), link_local) << host;
    EXPECT_EQ(url_refusal("nats://" + std::string(host)), link_local) << host;
    EXPECT_TRUE(is_link_local(host)) << host;
  }
  for (const auto* host : {"[fe80::1]", "[febf::1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]"})
    EXPECT_EQ(broker_refusal(std::string(host) + ":80"), link_local) << host;
  for (const auto* host : {"169.253.1.1", "169.255.1.1", "127.0.0.1", "2130706433", "::1", "fec0::1",
                           "::ffff:10.0.0.1", "169.254.169.254.example.com", "kafka"})
    EXPECT_FALSE(is_link_local(host)) << host;
}

TEST(address, of_nats_is_a_list_of_urls) {
  using list = std::vector<std::string>;
  EXPECT_EQ(*read_nats_urls("nats://nats:4222"), list{"nats://nats:4222"});
  EXPECT_EQ(*read_nats_urls("nats"), list{"nats://nats:4222"});
  EXPECT_EQ(*read_nats_urls("wss://nats"), list{"wss://nats:443"});
  EXPECT_EQ(*read_nats_urls("nats://nats:4222/,tls://other/"),
            (list{"nats://nats:4222", "tls://other:4222"}));
  EXPECT_EQ(*read_nats_urls("\tnats://nats \n"), list{"nats://nats:4222"});
  EXPECT_EQ(*read_nats_urls("nats:5222"), list{"nats://nats:5222"});
  EXPECT_EQ(*read_nats_urls("tls://[::1]"), list{"tls://[::1]:4222"});
  EXPECT_EQ(*read_nats_urls("nats://a:1, tls://b:2 ,c"), (list{"nats://a:1", "tls://b:2", "nats://c:4222"}));
}

TEST(address, of_nats_is_refused_when_it_is_anything_else) {
  for (const auto* url : {"http://nats:4222", "ws://nats", "file:///etc/passwd", "NATS://nats:4222", "://a"})
    EXPECT_EQ(url_refusal(url), no_scheme) << url;
  for (const auto* url :
       {"", "nats://", "nats://a,", ",nats://a", "nats://a,,b", "nats:///x", "nats://a/b", "nats://a b"})
    EXPECT_EQ(url_refusal(url), no_host) << url;
  for (const auto* url : {"nats://a:0", "nats://[::1]x", "nats://a:"})
    EXPECT_EQ(url_refusal(url), no_nats_port) << url;
  for (const auto* url : {"nats://a:4222//", "nats://a:4222/x", "nats://a:4222?x=y"})
    EXPECT_EQ(url_refusal(url),
              "must end in a port from 1 to 65535, as in host:4222, without a path; an IPv6 "
              "address stands in brackets")
        << url;
  EXPECT_NE(url_refusal("wss://a:443/x").find("host:443, without a path"), std::string::npos);
}

TEST(address, lists_are_limited) {
  std::string urls = "a";
  for (int count = 1; count < 100; ++count)
    urls += ",a";
  EXPECT_EQ(url_refusal(urls), "accepted");
  EXPECT_EQ(url_refusal(urls + ",a"), "lists more than 100 addresses");
  EXPECT_EQ(url_refusal("nats://" + std::string(max_address_bytes, 'a')), "is longer than 10240 bytes");

  const auto brokers = [](std::size_t count, const std::string& broker) {
    std::string text = "    topic: t\n    brokers:\n";
    for (std::size_t index = 0; index < count; ++index)
      text += "    - " + broker + "\n";
    return kafka_sink_with(text);
  };
  const std::string too_many =
      "file.yaml:9:5: spec.kafka.brokers lists more than 100 addresses or 10240 bytes; a few "
      "brokers are enough to find the rest [KAF-05]";
  EXPECT_EQ(refusal(brokers(100, "kafka:9092")), "accepted");
  EXPECT_EQ(refusal(brokers(101, "kafka:9092")), too_many);
  EXPECT_EQ(refusal(brokers(52, std::string(200, 'a') + ":9092")), too_many);
}

TEST(address, in_a_manifest_is_refused_with_its_place) {
  EXPECT_EQ(refusal(kafka_sink_with("    topic: t\n    brokers: [a:1, 'user:pass@host:9092']\n")),
            "file.yaml:8:20: spec.kafka.brokers[1] " + std::string(no_credentials) + " [SEC-02]");
  EXPECT_EQ(refusal(nats_sink_with("    subject: t\n    url: nats://user:pass@host:4222\n")),
            "file.yaml:8:10: spec.nats.url " + std::string(no_credentials) + " [SEC-02]");
  EXPECT_EQ(refusal(std::string(sink_head) +
                    "  type: kafka\n  kafka: {topic: a}\n  endpoint: 'file:///etc/passwd'\n"),
            "file.yaml:7:13: spec.endpoint must be host:port without a scheme [KAF-05]");
  EXPECT_EQ(
      refusal(std::string(sink_head) + "  type: nats\n  nats: {subject: a}\n  endpoint: 169.254.169.254\n"),
      "file.yaml:7:13: spec.endpoint " + std::string(link_local) + " [NAT-01]");
  EXPECT_EQ(refusal(kafka_sink_with("    topic: t\n    brokers: [~]\n")),
            "file.yaml:8:15: spec.kafka.brokers[0] is required but missing");
}

} // namespace
} // namespace kollect::test

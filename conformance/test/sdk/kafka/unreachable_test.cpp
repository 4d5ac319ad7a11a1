#include <kollect/kafka/detail/unreachable.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace kollect::kafka::detail {
namespace {

TEST(unreachable, names_of_brokers_hold_their_address) {
  for (const auto* const name : {"host:9092", "host:9092/2", "host:9092/bootstrap", "sasl_ssl://host:9092/2"})
    EXPECT_EQ(address_in(name), "host:9092") << name;
  EXPECT_EQ(address_in("ssl://[::1]:9092/0"), "[::1]:9092");
}

TEST(unreachable, link_local_addresses_are_never_connected_to) {
  unreachable_brokers unreachable;
  sockaddr_in metadata{};
  metadata.sin_family = AF_INET;
  metadata.sin_addr.s_addr = htonl(0xA9FEA9FE); // 169.254.169.254
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  EXPECT_EQ(connect_to_broker(unreachable, client, reinterpret_cast<const sockaddr*>(&metadata),
                              sizeof metadata, "metadata:80/1"),
            EACCES);
  ::close(client);
  EXPECT_NE(unreachable.reason("metadata:80").find("never connected to"), std::string::npos);
}

} // namespace
} // namespace kollect::kafka::detail

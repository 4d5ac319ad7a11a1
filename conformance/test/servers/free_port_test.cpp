#include <servers/free_port.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

namespace {

using kollect::servers::free_port;

TEST(free_port, can_be_listened_on) {
  const auto port = free_port();
  ASSERT_TRUE(port) << port.error();
  EXPECT_GE(*port, 10'000);
  EXPECT_LE(*port, 32'767);

  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(handle, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(*port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(handle, 1), 0);
  ::close(handle);
}

TEST(free_port, differs_from_call_to_call) {
  std::set<int> ports;
  for (int call = 0; call < 20; ++call)
    ports.insert(free_port().value());
  EXPECT_GT(ports.size(), 15U);
}

} // namespace

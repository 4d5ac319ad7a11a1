#include <servers/free_port.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

namespace kollect::servers {

bool is_free(std::uint16_t port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0)
    return false;
  const int yes = 1; // as servers do: connections that are over do not matter, a listener does
  ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(handle);
  return bound;
}

result<std::uint16_t> free_port() {
  std::random_device source;
  std::uniform_int_distribution<std::uint16_t> ports(10'000, 32'767);
  for (int attempt = 0; attempt < 1000; ++attempt)
    if (const std::uint16_t port = ports(source); is_free(port))
      return port;
  return make_failure(error::internal, "no free port on 127.0.0.1 was found: are sockets allowed here?");
}

} // namespace kollect::servers

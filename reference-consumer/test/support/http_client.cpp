#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace kollect::consumer::test {

http_client::http_client(const std::string& address) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const auto colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const timeval patience{10, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  (void)::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to); // told by send()
}

http_client::~http_client() {
  ::close(descriptor_);
}

bool http_client::send(std::string_view text) const {
  while (!text.empty()) {
    const auto sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool http_client::receive() const {
  std::array<char, 64UL * 1024> bytes{};
  const auto size = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (size > 0)
    received_.append(bytes.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::string http_client::read_until(std::string_view end) const {
  for (std::size_t searched = 0;;) {
    if (const auto found = received_.find(end, searched); found != std::string::npos) {
      auto out = received_.substr(0, found + end.size());
      received_.erase(0, out.size());
      return out;
    }
    searched = received_.size() - std::min(received_.size(), end.size());
    if (!receive())
      return std::exchange(received_, {});
  }
}

std::string http_client::read_all() const {
  while (receive()) {
  }
  return std::exchange(received_, {});
}

std::string http_get(const std::string& address, const std::string& path) {
  const http_client client(address);
  client.send("GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  return client.read_all();
}

} // namespace kollect::consumer::test

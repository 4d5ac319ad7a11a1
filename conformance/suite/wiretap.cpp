#include "wiretap.hpp"

#include <program/descriptor.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kollect::conformance {

namespace {

constexpr std::string_view loopback = "127.0.0.1";

using socket_handle = program::descriptor;

sockaddr_in local(std::uint16_t port) noexcept {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) noexcept {
  std::uint32_t value = 0;
  for (std::size_t index = at; index < at + size; ++index)
    value = (value << 8U) | static_cast<unsigned char>(bytes[index]);
  return value;
}

std::string to_bytes(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>((value >> static_cast<unsigned>(shift)) & 255U);
  return bytes;
}

/// One direction of a connection, passed on frame by frame.
struct stream {
  std::string waiting{}; ///< of the frame that is coming
};

/// A client's connection and ours to the broker.
struct pair {
  socket_handle client, broker;
  stream requests{}, answers{};
};

bool send_all(int to, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Takes what has come and passes whole frames on; false when the connection has ended.
template <class OnFrame>
bool pass_on(int from, int to, stream& held, OnFrame&& on_frame) {
  std::array<char, 65536> block{};
  const auto count = ::recv(from, block.data(), block.size(), 0);
  if (count <= 0)
    return false;
  held.waiting.append(block.data(), static_cast<std::size_t>(count));
  while (held.waiting.size() >= 4) {
    const std::size_t size = 4 + number_at(held.waiting, 0, 4);
    if (held.waiting.size() < size)
      break;
    auto frame = held.waiting.substr(0, size);
    held.waiting.erase(0, size);
    on_frame(frame);
    if (!send_all(to, frame))
      return false;
  }
  return true;
}

} // namespace

std::optional<std::int16_t> acks_of(std::string_view request) noexcept {
  constexpr std::uint32_t produce = 0, first_flexible = 9, first_with_transaction = 3;
  if (request.size() < 10 || number_at(request, 0, 2) != produce)
    return {};
  const auto version = number_at(request, 2, 2);
  std::size_t at = 8;          // key, version, correlation id
  const auto skip_text = [&] { // -1 is null
    const auto length = number_at(request, at, 2);
    at += 2 + (length == 0xFFFF ? 0 : length);
    return at + 3 <= request.size();
  };
  if (!skip_text())
    return {};
  if (version >= first_flexible)
    at += 1; // no tagged fields, as clients send none
  if (version >= first_flexible) {
    const auto length = number_at(request, at, 1); // one more than the length; 0 is null; names are short
    at += 1 + (length == 0 ? 0 : length - 1);
  } else if (version >= first_with_transaction && !skip_text()) {
    return {};
  }
  if (at + 2 > request.size())
    return {};
  return static_cast<std::int16_t>(number_at(request, at, 2));
}

void redirect(std::string& answer, std::uint16_t from, std::uint16_t to) {
  const auto before = std::string(loopback) + to_bytes(from), after = std::string(loopback) + to_bytes(to);
  for (auto at = answer.find(before); at != std::string::npos; at = answer.find(before, at + before.size()))
    answer.replace(at, before.size(), after);
}

struct wiretap::state {
  socket_handle listener;
  std::uint16_t broker_port = 0;
  std::uint16_t own_port = 0;
  std::list<pair> pairs{};
  mutable std::mutex mutex{};
  std::vector<std::int16_t> acks{};
  std::jthread worker{};

  void accept_client() {
    socket_handle client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    socket_handle broker(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = local(broker_port);
    if (client.get() < 0 ||
        ::connect(broker.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return;
    pairs.push_back({std::move(client), std::move(broker)});
  }

  bool serve(pair& one, const pollfd& client, const pollfd& broker) {
    if (client.revents != 0 &&
        !pass_on(one.client.get(), one.broker.get(), one.requests, [&](const std::string& frame) {
          if (const auto found = acks_of(std::string_view(frame).substr(4))) {
            const std::scoped_lock lock(mutex);
            acks.push_back(*found);
          }
        }))
      return false;
    return broker.revents == 0 ||
           pass_on(one.broker.get(), one.client.get(), one.answers,
                   [&](std::string& frame) { redirect(frame, broker_port, own_port); });
  }

  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> waiting{{listener.get(), POLLIN, 0}};
      for (const auto& one : pairs)
        for (const int handle : {one.client.get(), one.broker.get()})
          waiting.push_back({handle, POLLIN, 0});
      if (::poll(waiting.data(), waiting.size(), 50) <= 0)
        continue;
      std::size_t at = 1;
      for (auto one = pairs.begin(); one != pairs.end(); at += 2)
        one = serve(*one, waiting[at], waiting[at + 1]) ? std::next(one) : pairs.erase(one);
      if (waiting[0].revents != 0)
        accept_client();
    }
  }
};

wiretap::wiretap(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}
wiretap::wiretap(wiretap&&) noexcept = default;
wiretap& wiretap::operator=(wiretap&&) noexcept = default;
wiretap::~wiretap() = default;

result<wiretap> wiretap::start(const std::string& broker) {
  auto made = std::make_unique<state>();
  const auto colon = broker.rfind(':') + 1;
  std::from_chars(broker.data() + colon, broker.data() + broker.size(), made->broker_port);
  made->listener = socket_handle(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = local(0);
  socklen_t size = sizeof address;
  if (made->broker_port == 0 ||
      ::bind(made->listener.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(made->listener.get(), 16) != 0 ||
      ::getsockname(made->listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return make_failure(error::internal, "no socket between sink and broker could be made");
  made->own_port = ntohs(address.sin_port);
  made->worker = std::jthread([one = made.get()](const std::stop_token& stop) { one->work(stop); });
  return wiretap(std::move(made));
}

std::string wiretap::address() const {
  return std::string(loopback) + ":" + std::to_string(state_->own_port);
}

std::vector<std::int16_t> wiretap::acks() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->acks;
}

} // namespace kollect::conformance

#ifndef KOLLECT_KAFKA_DETAIL_UNREACHABLE_HPP
#define KOLLECT_KAFKA_DETAIL_UNREACHABLE_HPP

#include <kollect/manifest/address.hpp>
#include <kollect/version.hpp>

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

/// Why brokers cannot be connected to, by `host:port`, as far as it is known before a connection is tried.
/// librdkafka's threads write it while ours reads.
class unreachable_brokers {
public:
  void note(const std::string& address, std::string reason) {
    const std::lock_guard lock(mutex_);
    reasons_.insert_or_assign(address, std::move(reason));
  }

  void forget(const std::string& address) {
    const std::lock_guard lock(mutex_);
    reasons_.erase(address);
  }

  /// Completes a sentence about the broker; empty where nothing is known.
  [[nodiscard]] std::string reason(const std::string& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = reasons_.find(address);
    return found == reasons_.end() ? std::string{} : found->second;
  }

  /// `host:port: why` of all, separated by semicolons; empty where nothing is known.
  [[nodiscard]] std::string reasons() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [address, reason] : reasons_)
      text.append(text.empty() ? "" : "; ").append(address).append(": ").append(reason);
    return text;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> reasons_;
};

/// Looks a broker's name up as getaddrinfo() does, and notes where that fails. Without a name it frees
/// `found`, as librdkafka asks it to.
[[nodiscard]] inline int resolve_broker(unreachable_brokers& unreachable, const char* name,
                                        const char* service, const addrinfo* hints,
                                        addrinfo** found) noexcept {
  if (name == nullptr) {
    freeaddrinfo(*found);
    return 0;
  }
  const int outcome = getaddrinfo(name, service, hints, found);
  const int system_error = errno;
  try {
    const auto address = std::string(name) + ":" + service;
    if (outcome == 0)
      unreachable.forget(address);
    else
      unreachable.note(address,
                       std::string("this machine cannot resolve the name (") + gai_strerror(outcome) + ")");
  } catch (const std::bad_alloc&) {
    // Then nobody is told why.
  }
  errno = system_error;
  return outcome;
}

/// `host:port` of what librdkafka calls a broker, such as `sasl_ssl://host:9093/2` or `host:9092/bootstrap`.
[[nodiscard]] constexpr std::string_view address_in(std::string_view broker) noexcept {
  constexpr std::string_view after_scheme = "://";
  if (const auto scheme = broker.find(after_scheme); scheme != broker.npos)
    broker.remove_prefix(scheme + after_scheme.size());
  return broker.substr(0, broker.find('/'));
}

/// Connects as connect() does, but never to an address that no manifest may name:
/// brokers tell clients where other brokers are, and names may stand for anything.
[[nodiscard]] inline int connect_to_broker(unreachable_brokers& unreachable, int socket,
                                           const sockaddr* address, int size, const char* name) noexcept {
  if (is_link_local(*address)) {
    try {
      unreachable.note(std::string(address_in(name)),
                       "it stands for a link-local address, which is never connected to");
    } catch (const std::bad_alloc&) {
      // Then nobody is told why.
    }
    return EACCES;
  }
  if (::connect(socket, address, static_cast<socklen_t>(size)) == 0 || errno == EINPROGRESS)
    return 0;
  return errno;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

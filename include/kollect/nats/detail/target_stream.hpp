#ifndef KOLLECT_NATS_DETAIL_TARGET_STREAM_HPP
#define KOLLECT_NATS_DETAIL_TARGET_STREAM_HPP

#include <kollect/error.hpp>
#include <kollect/nats/detail/client.hpp>
#include <kollect/nats/stream.hpp>
#include <kollect/version.hpp>

#include <string>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail {

/// The stream that messages go to, seen to when the first of them is sent (NAT-03): a publisher that
/// publishes nothing leaves nothing behind.
class target_stream {
public:
  target_stream(client& server, std::string stream, std::string subject)
      : server_(server), stream_(std::move(stream)), subject_(std::move(subject)) {}

  /// Asks the server no more once it was answered.
  [[nodiscard]] result<void> ensure(clock::time_point deadline) {
    if (is_ensured_)
      return {};
    if (auto ensured = ensure_stream(server_, stream_, subject_, time_left(deadline)); !ensured)
      return ensured.error();
    is_ensured_ = true;
    return {};
  }

private:
  client& server_;
  std::string stream_;
  std::string subject_;
  bool is_ensured_ = false;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::nats::detail

#endif

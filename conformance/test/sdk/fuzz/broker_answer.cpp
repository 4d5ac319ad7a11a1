// What brokers answer, as far as our own code reads it. The first byte says which answer it is.

#include "require.hpp"

#include <kollect/kafka/detail/client.hpp>
#include <kollect/nats/detail/delivery.hpp>
#include <kollect/nats/detail/outgoing.hpp>
#include <kollect/nats/detail/pull.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using kollect::fuzz::require;

void read_delivery(std::string_view text) {
  const auto read = kollect::nats::detail::read_delivery(text);
  if (!read)
    return;
  require(text.starts_with("$JS.ACK."), "only JetStream's own subjects tell of a delivery");
  require(read->stored_at.nanoseconds < 1'000'000'000, "a time has less than a second of nanoseconds");
}

void read_receipt(std::string_view text) {
  const auto read = kollect::nats::detail::read_receipt(text);
  if (!read) {
    require(to_string(read.error()).find('\n') == std::string::npos, "a failure is one line");
    return;
  }
  require(kollect::nats::detail::read_reply(text)->error_code == 0, "an error is no receipt");
}

void read_status(std::string_view text) {
  const auto code = text.substr(0, 3);
  const auto description = text.substr(code.size());
  const auto status = kollect::nats::detail::read_status(code, description);
  if (code == "100")
    require(status == kollect::nats::detail::pull_status::heartbeat, "100 is a heartbeat whatever it says");
}

void read_log_line(std::string_view text) {
  if (const auto size = kollect::kafka::detail::oversized_answer(text))
    require(text.find(std::to_string(*size)) != std::string_view::npos && *size > 0,
            "a size is one that was told");
  constexpr std::string_view password = "hunter2";
  const auto told = kollect::kafka::detail::without_password(std::string(text), std::string(password));
  require(told.find(password) == std::string::npos, "no password is told");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
  case 0:
    read_delivery(text);
    break;
  case 1:
    read_receipt(text);
    break;
  case 2:
    read_status(text);
    break;
  default:
    read_log_line(text);
  }
  return 0;
}

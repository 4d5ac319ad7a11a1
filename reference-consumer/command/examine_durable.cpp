#include "command/examine_durable.hpp"

#include <kollect/nats/jetstream.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::chrono::seconds answer_timeout{10};

/// A number somewhere in JetStream's answer; 0 where it is absent, as Go leaves zeros out.
std::int64_t number_at(const boost::json::value& answer, std::string_view pointer) {
  boost::system::error_code absent;
  const auto* const found = answer.find_pointer(pointer, absent);
  const auto number = found == nullptr ? 0 : found->to_number<std::int64_t>(absent);
  return absent ? 0 : number;
}

} // namespace

result<std::vector<std::string>> examine_durable(const connection& target, const std::string& durable,
                                                 std::function<void(std::string_view)> tell) {
  std::vector<std::string> wrong;
  if (target.system != broker_system::nats)
    return wrong;
  nats::client_options options;
  options.log = std::move(tell);
  auto server = nats::jetstream::connect(target, options);
  if (!server)
    return server.error();
  auto stream = server->find_stream(target.stream, answer_timeout);
  if (!stream)
    return stream.error();
  if (*stream)
    if (auto fits = server->check_durable(**stream, target.destination, durable, answer_timeout); !fits) {
      if (fits.error().reason() != error::invalid_value)
        return fits.error();
      wrong.push_back("no consumer can start: " + fits.error().message);
    }
  auto info = server->request("CONSUMER.INFO." + target.stream + "." + durable, {}, answer_timeout);
  if (!info && info.error().reason() == error::topic_missing)
    return wrong;
  if (!info)
    return info.error();
  const boost::json::value answer(std::move(*info));
  const std::string who = "the durable " + durable + " of the stream " + target.stream;
  if (const auto most = number_at(answer, "/config/max_deliver"); most > 0)
    wrong.push_back(who + " gives a message up after " + std::to_string(most) +
                    " deliveries: messages may be missing; start the consumer, which recreates it");
  const auto reached =
      std::max(number_at(answer, "/delivered/stream_seq"), number_at(answer, "/ack_floor/stream_seq"));
  if (*stream && reached > static_cast<std::int64_t>((*stream)->last_sequence))
    wrong.push_back(
        who + " stands at sequence " + std::to_string(reached) + ", beyond the stream's end " +
        std::to_string((*stream)->last_sequence) +
        ": the stream was recreated, or has lost its tail; start the consumer, which recreates the "
        "durable");
  return wrong;
}

} // namespace kollect::consumer

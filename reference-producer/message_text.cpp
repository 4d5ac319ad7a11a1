#include "message_text.hpp"

#include <kollect/base64.hpp>
#include <kollect/json_writer.hpp>

namespace kollect::producer {

namespace {

void write_head(json_writer& out, broker_system system, const outgoing_message& message) {
  out.begin_object().member("system", to_string(system)).member("destination", message.destination);
}

} // namespace

std::string describe_message(broker_system system, const outgoing_message& message) {
  std::string line;
  json_writer out(line);
  write_head(out, system, message);
  out.member("key", message.key).name("headers").begin_object();
  for (const auto& one : message.headers)
    out.member(one.name, one.value);
  out.end_object().member("value", encode_base64(message.value)).end_object();
  return line;
}

std::string describe_receipt(broker_system system, const outgoing_message& message,
                             const receipt& confirmed) {
  std::string line;
  json_writer out(line);
  write_head(out, system, message);
  if (system == broker_system::kafka)
    out.member("key", message.key)
        .member("partition", confirmed.partition)
        .member("offset", confirmed.offset);
  else
    out.member("sequence", confirmed.offset).member("duplicate", confirmed.duplicate);
  out.member("bytes", message.value.size()).end_object();
  return line;
}

} // namespace kollect::producer

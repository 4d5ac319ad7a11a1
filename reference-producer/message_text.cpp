#include "message_text.hpp"

#include <kollect/detail/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kollect::producer {

namespace {

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < 3; ++index)
      bits = (bits << 8U) | (index < group.size() ? static_cast<unsigned char>(group[index]) : 0U);
    for (std::size_t index = 0; index < 4; ++index)
      out += index <= group.size() ? alphabet[(bits >> (18U - 6U * index)) & 63U] : '=';
  }
}

std::string begin_line(broker_system system, const outgoing_message& message) {
  std::string line = "{\"system\":\"";
  line.append(to_string(system)).append("\",\"destination\":");
  detail::append_string(line, message.destination);
  return line;
}

void append_key(std::string& line, const outgoing_message& message) {
  line += ",\"key\":";
  if (message.key)
    detail::append_string(line, *message.key);
  else
    line += "null";
}

void append_number(std::string& line, std::string_view name, std::int64_t value) {
  line.append(",\"").append(name).append("\":");
  detail::append_integer(line, value);
}

} // namespace

std::string describe_message(broker_system system, const outgoing_message& message) {
  auto line = begin_line(system, message);
  append_key(line, message);
  line += ",\"headers\":";
  char separator = '{';
  for (const auto& one : message.headers) {
    line += separator;
    detail::append_string(line, one.name);
    line += ':';
    detail::append_string(line, one.value);
    separator = ',';
  }
  line += separator == '{' ? "{}" : "}";
  line += ",\"value\":\"";
  append_base64(line, message.value);
  return line + "\"}";
}

std::string describe_receipt(broker_system system, const outgoing_message& message,
                             const receipt& confirmed) {
  auto line = begin_line(system, message);
  if (system == broker_system::kafka) {
    append_key(line, message);
    append_number(line, "partition", confirmed.partition);
    append_number(line, "offset", confirmed.offset);
  } else {
    append_number(line, "sequence", confirmed.offset);
    line.append(",\"duplicate\":").append(confirmed.duplicate ? "true" : "false");
  }
  append_number(line, "bytes", static_cast<std::int64_t>(message.value.size()));
  return line + "}";
}

} // namespace kollect::producer

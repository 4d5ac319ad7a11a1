#include "vector.hpp"

#include <kollect/base64.hpp>
#include <kollect/json_reader.hpp>
#include <kollect/parse.hpp>

#include <boost/json/value_to.hpp>

#include <fstream>
#include <stdexcept>

namespace kollect::test {

namespace {

/// The raw text of one field of an object.
std::string raw_field(std::string_view line, std::string_view wanted) {
  json_reader reader(line);
  std::string found;
  reader.read_object([&](const json_string& name) {
    std::string_view raw;
    const bool is_wanted = name == wanted;
    if (!reader.read_value(raw))
      return false;
    if (is_wanted)
      found = raw;
    return true;
  });
  if (!reader.finish() || found.empty())
    throw std::runtime_error("a vector without " + std::string(wanted));
  return found;
}

std::string text_of(const boost::json::value& object, const char* name) {
  return boost::json::value_to<std::string>(object.at(name));
}

expected_message message_of(const boost::json::value& object) {
  return {decode_base64(text_of(object, "value")).value(), text_of(object, "natsMsgId")};
}

} // namespace

std::vector<std::string> read_lines(const std::string& file) {
  std::ifstream in(std::string(KOLLECT_VECTORS).append("/").append(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  if (lines.empty())
    throw std::runtime_error("no vectors in " + file);
  return lines;
}

vector read_vector(std::string_view line) {
  const auto object = parse_value(line).value();
  vector out;
  out.name = text_of(object, "name");
  out.scope = {text_of(object, "cluster"), text_of(object, "namespace"), text_of(object, "inventory")};
  out.timestamp = text_of(object, "timestamp");
  out.exported_at = text_of(object, "exportedAt");
  out.generation = object.at("generation").to_number<std::int64_t>();
  out.max_export_bytes = object.at("maxExportBytes").to_number<std::size_t>();
  out.items = raw_field(line, "items");
  out.key = text_of(object, "key");
  out.items_checksum = text_of(object, "itemsChecksum");
  out.bare_array = message_of(object.at("bareArray"));
  for (const auto& part : object.at("exportEnvelope").as_array())
    out.export_envelope.push_back(message_of(part));
  out.is_oversized = object.as_object().contains("oversized");
  return out;
}

} // namespace kollect::test

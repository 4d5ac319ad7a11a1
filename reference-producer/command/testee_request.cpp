#include "command/testee_request.hpp"

#include <kollect/json_reader.hpp>
#include <kollect/manifest/decode.hpp>
#include <kollect/manifest/document_json.hpp>
#include <kollect/manifest/resolve.hpp>
#include <kollect/manifest/select_sink.hpp>
#include <kollect/parse.hpp>

#include <array>
#include <utility>

namespace kollect::producer {

namespace {

result<std::string> decode_text(const std::string& raw, std::string_view name) {
  const auto value = parse_value(raw);
  if (!value || !value->is_string())
    return make_failure(error::wrong_type, std::string(name) + " must be a string");
  return std::string(std::string_view(value->get_string()));
}

result<std::int64_t> decode_number(const std::string& raw, std::string_view name) {
  if (raw.empty())
    return std::int64_t{0};
  const auto value = parse_value(raw);
  if (!value || !value->is_int64() || value->get_int64() < 0)
    return make_failure(error::wrong_type, std::string(name) + " must be a whole number, 0 or more");
  return value->get_int64();
}

/// The Secret that the sink refers to, as if it stood beside the manifest.
result<secret> decode_secret(const std::string& raw, const secret_reference& reference,
                             const object_metadata& sink) {
  const auto values = parse_value(raw);
  if (!values || !values->is_object())
    return make_failure(error::wrong_type, "secret must be an object of strings");
  secret given;
  given.metadata = {reference.name, reference.namespace_.value_or(sink.namespace_), {}};
  for (const auto& [name, value] : values->get_object()) {
    if (!value.is_string())
      return make_failure(error::wrong_type, "secret must be an object of strings");
    given.values.emplace(std::string_view(name), std::string_view(value.get_string()));
  }
  return given;
}

} // namespace

result<testee_request> parse_testee_request(std::string_view line) {
  testee_request request;
  const std::array<std::pair<std::string_view, std::string*>, 10> fields{
      {{"id", &request.id},
       {"op", &request.op},
       {"manifest", &request.manifest},
       {"secret", &request.secret},
       {"namespace", &request.namespace_},
       {"inventory", &request.inventory},
       {"generation", &request.generation},
       {"exportedAt", &request.exported_at},
       {"maxExportBytes", &request.max_export_bytes},
       {"items", &request.items}}};
  json_reader reader(line, max_depth_ceiling);
  reader.read_object([&](const json_string& name) {
    std::string_view raw;
    if (!reader.read_value(raw))
      return false;
    for (const auto& [known, field] : fields)
      if (name == known)
        *field = raw;
    return true;
  });
  if (!reader.finish())
    return make_failure(error::syntax, "a request must be one JSON object on one line");
  auto op = decode_text(request.op, "op");
  if (!op)
    return op.error();
  request.op = std::move(*op);
  return request;
}

result<testee_export> decode_testee_export(const testee_request& request) {
  if (request.items.empty() || request.items == "null")
    return make_failure(error::empty_export, "there is no payload to export", "ENV-08");
  testee_export out;
  auto namespace_ = decode_text(request.namespace_, "namespace"),
       inventory = decode_text(request.inventory, "inventory"),
       exported_at = decode_text(request.exported_at, "exportedAt");
  const auto generation = decode_number(request.generation, "generation"),
             limit = decode_number(request.max_export_bytes, "maxExportBytes");
  for (const auto* text : {&namespace_, &inventory, &exported_at})
    if (!*text)
      return text->error();
  for (const auto* number : {&generation, &limit})
    if (!*number)
      return number->error();
  const auto instant = parse_timestamp(*exported_at);
  if (!instant)
    return instant.error();
  auto rows = parse_items(request.items);
  if (!rows)
    return rows.error();
  out.namespace_ = std::move(*namespace_);
  out.inventory = std::move(*inventory);
  out.generation = *generation;
  out.exported_at = *instant;
  out.max_export_bytes = static_cast<std::size_t>(*limit);
  out.items = std::move(*rows);
  return out;
}

result<connection> decode_testee_open(const testee_request& request) {
  const auto document = read_document_json(request.manifest, "manifest");
  if (!document)
    return document.error();
  auto file = decode_manifest(*document);
  if (!file)
    return file.error();
  const auto sink = select_sink(*file);
  if (!sink)
    return sink.error();
  const auto& own = sink->type == broker_system::kafka ? sink->kafka->secret : sink->nats->secret;
  const auto& reference = own ? own : sink->secret;
  if (reference && !request.secret.empty() && request.secret != "null") {
    auto given = decode_secret(request.secret, *reference, sink->metadata);
    if (!given)
      return given.error();
    file->secrets.push_back(std::move(*given));
  }
  return resolve(*file, *sink);
}

} // namespace kollect::producer

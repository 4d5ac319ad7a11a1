#include "testee_request.hpp"

#include <kollect/json_reader.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/manifest/decode.hpp>
#include <kollect/manifest/document_json.hpp>
#include <kollect/manifest/resolve.hpp>
#include <kollect/manifest/select_sink.hpp>
#include <kollect/parse.hpp>

#include <array>
#include <utility>

namespace kollect::program {

namespace {

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

/// Every answer gives the request's id back as it came, or null where there was none.
json_writer& begin_answer(json_writer& out, const testee_request& request) {
  return out.begin_object().name("id").raw(request.id.empty() ? "null" : request.id);
}

} // namespace

result<std::string> decode_testee_text(const std::string& raw, std::string_view name) {
  const auto value = parse_value(raw);
  if (!value || !value->is_string())
    return make_failure(error::wrong_type, std::string(name) + " must be a string");
  return std::string(std::string_view(value->get_string()));
}

result<testee_request> parse_testee_request(std::string_view line) {
  testee_request request;
  const std::array<std::pair<std::string_view, std::string*>, 12> fields{
      {{"id", &request.id},
       {"op", &request.op},
       {"manifest", &request.manifest},
       {"secret", &request.secret},
       {"role", &request.role},
       {"group", &request.group},
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
  auto op = decode_testee_text(request.op, "op");
  if (!op)
    return op.error();
  request.op = std::move(*op);
  return request;
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

std::string answer_hello(const testee_request& request, std::string_view name, std::string_view version,
                         const std::vector<std::string_view>& features) {
  std::string line;
  json_writer out(line);
  begin_answer(out, request).member("ok", true).member("name", name).member("version", version);
  out.name("features").begin_array();
  for (const auto feature : features)
    out.value(feature);
  out.end_array().end_object();
  return line;
}

std::string answer_testee(const testee_request& request, const result<void>& done) {
  std::string line;
  json_writer out(line);
  begin_answer(out, request).member("ok", done.has_value());
  if (!done)
    out.member("error", to_string(done.error()));
  out.end_object();
  return line;
}

} // namespace kollect::program

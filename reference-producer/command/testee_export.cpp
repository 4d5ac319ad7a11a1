#include "command/testee_export.hpp"

#include <kollect/parse.hpp>

#include <utility>

namespace kollect::producer {

namespace {

result<std::int64_t> decode_number(const std::string& raw, std::string_view name) {
  if (raw.empty())
    return std::int64_t{0};
  const auto value = parse_value(raw);
  if (!value || !value->is_int64() || value->get_int64() < 0)
    return make_failure(error::wrong_type, std::string(name) + " must be a whole number, 0 or more");
  return value->get_int64();
}

} // namespace

result<testee_export> decode_testee_export(const program::testee_request& request) {
  if (request.items.empty() || request.items == "null")
    return make_failure(error::empty_export, "there is no payload to export", "ENV-08");
  testee_export out;
  auto namespace_ = program::decode_testee_text(request.namespace_, "namespace"),
       inventory = program::decode_testee_text(request.inventory, "inventory"),
       exported_at = program::decode_testee_text(request.exported_at, "exportedAt");
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

} // namespace kollect::producer

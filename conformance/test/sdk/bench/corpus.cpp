#include "corpus.hpp"

#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/timestamp.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace kollect::bench {

namespace {

/// A text with so many quotes and line ends that a row has one escape in ten characters.
std::string configuration_text() {
  std::string text;
  for (int index = 0; index < 100; ++index)
    text += index % 2 == 0 ? "key\"" : "val\n";
  return text;
}

std::string padded_number(std::size_t number) {
  const auto digits = std::to_string(number);
  return std::string(7 - digits.size(), '0') + digits;
}

corpus make_corpus(std::size_t bytes, bool is_export_envelope, bool has_escapes) {
  const std::size_t row_bytes = serialize(make_row(0, has_escapes)).value().size() + 1;
  std::vector<item> rows;
  for (std::size_t number = 0; number == 0 || (number + 1) * row_bytes < bytes; ++number)
    rows.push_back(make_row(number, has_escapes));
  corpus out{.nominal_bytes = bytes, .is_export_envelope = is_export_envelope, .has_escapes = has_escapes};
  out.items = serialize_items(rows).value();
  const auto instant = parse_timestamp("2026-01-15T12:00:00.123456789Z").value();
  out.payload = is_export_envelope
                    ? serialize_export_envelope(
                          {.generation = 7, .item_count = rows.size(), .exported_at = instant}, out.items)
                          .value()
                    : out.items;
  out.message = serialize(envelope{.timestamp = instant,
                                   .cluster = "prod-west-1",
                                   .namespace_ = "team-a",
                                   .payload = out.payload})
                    .value();
  out.name =
      bytes < 1U << 20U ? std::to_string(bytes >> 10U) + " KiB" : std::to_string(bytes >> 20U) + " MiB";
  out.name += is_export_envelope ? " export envelope" : " array";
  out.name += has_escapes ? ", escapes" : "";
  return out;
}

} // namespace

item make_row(std::size_t number, bool has_escapes) {
  const auto digits = padded_number(number);
  item row{.target_namespace = "team-a",
           .target_name = "deployments",
           .namespace_ = "team-a",
           .name = "web-" + digits,
           .group = "apps",
           .version = "v1",
           .kind = "Deployment",
           .uid = "6f1c9d2e-8f3b-4d9a-b1f0-0a1b2" + digits,
           .attributes = {}};
  row.attributes =
      boost::json::object{{"conditions", boost::json::array{{{"status", "True"}, {"type", "Available"}},
                                                            {{"status", "True"}, {"type", "Progressing"}}}},
                          {"image", "registry.example.org/team/app:1.2.3"},
                          {"labels", {{"app", "web"}, {"tier", "front"}}},
                          {"ready", true},
                          {"replicas", static_cast<std::int64_t>(number % 5)}};
  if (has_escapes)
    row.attributes.as_object()["configuration"] = configuration_text();
  return row;
}

std::vector<corpus> make_corpora() {
  std::vector<corpus> out;
  for (const std::size_t kibibytes : {1U, 8U, 200U, 4096U})
    for (const bool is_export_envelope : {false, true})
      for (const bool has_escapes : {false, true})
        out.push_back(make_corpus(kibibytes << 10U, is_export_envelope, has_escapes));
  return out;
}

} // namespace kollect::bench

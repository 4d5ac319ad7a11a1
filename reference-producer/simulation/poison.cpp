#include "simulation/poison.hpp"

#include <kollect/export.hpp>
#include <kollect/item.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace kollect::producer {

namespace {

/// 2200-01-01T00:00:00Z: after any clock that this runs by.
constexpr timestamp far_future{7'258'118'400, 0};

void replace_first(std::string& text, std::string_view old_part, std::string_view new_part) {
  text.replace(text.find(old_part), old_part.size(), new_part);
}

/// Replaces the string value that follows the first `"name":`.
void replace_string(std::string& text, std::string_view name, std::string_view value) {
  const auto begin = text.find("\"" + std::string(name) + "\":\"") + name.size() + 4;
  text.replace(begin, text.find('"', begin) - begin, value);
}

void break_syntax(std::string& value, random_source&) {
  replace_first(value, "\"items\":[", "\"items\":[,");
}
void cut_off(std::string& value, random_source& numbers) {
  value.resize(1 + numbers.below(value.size() - 1));
}
void append_more(std::string& value, random_source&) {
  value += "{}";
}
void change_version(std::string& value, random_source&) {
  replace_string(value, "schemaVersion", "kollect.dev/v9");
}
void forge_checksum(std::string& value, random_source&) {
  replace_string(value, "checksum", std::string(64, '0'));
}
void miscount(std::string& value, random_source&) {
  replace_first(value, "\"itemCount\":1", "\"itemCount\":2");
}
void lose_field(std::string& value, random_source&) {
  replace_first(value, "\"timestamp\":", "\"timestamq\":");
}
void break_utf8(std::string& value, random_source&) {
  replace_first(value, "\"name\":\"poison", "\"name\":\"poison\xFF");
}
void make_empty(std::string& value, random_source&) {
  value.clear();
}
void make_invalid_time(std::string& value, random_source&) {
  replace_string(value, "timestamp", "2026-02-30T25:61:00Z");
}
void misnumber_part(std::string& value, random_source&) {
  replace_first(value, "\"itemCount\":", "\"partIndex\":7,\"partTotal\":3,\"itemCount\":");
}
void keep(std::string&, random_source&) {}

struct poison_kind {
  error refused_as;
  bool in_far_future;
  void (*spoil)(std::string&, random_source&);
};

constexpr std::array kinds{
    poison_kind{error::syntax, false, &break_syntax},
    poison_kind{error::truncated, false, &cut_off},
    poison_kind{error::trailing_data, false, &append_more},
    poison_kind{error::unsupported_schema_version, false, &change_version},
    poison_kind{error::checksum_mismatch, false, &forge_checksum},
    poison_kind{error::item_count_mismatch, false, &miscount},
    poison_kind{error::missing_field, false, &lose_field},
    poison_kind{error::invalid_utf8, false, &break_utf8},
    poison_kind{error::empty_message, false, &make_empty},
    poison_kind{error::future_timestamp, true, &keep},
    poison_kind{error::invalid_timestamp, false, &make_invalid_time},
    poison_kind{error::part_out_of_range, false, &misnumber_part},
};

/// A good export envelope of one row that belongs to no simulated object.
result<std::string> make_payload(const timestamp& instant, random_source& numbers) {
  item row;
  row.target_name = row.kind = row.name = "poison";
  row.version = "v1";
  row.uid = "poison-" + std::to_string(numbers.next());
  const export_envelope_header header{
      .generation = 1, .item_count = 1, .exported_at = instant, .cluster = {}};
  const auto items = serialize_items(std::span(&row, 1));
  if (!items)
    return items.error();
  return serialize_export_envelope(header, *items);
}

} // namespace

std::size_t poison_kind_count() noexcept {
  return kinds.size();
}

std::string_view poison_name(std::size_t kind) noexcept {
  return error_name(kinds[kind].refused_as);
}

result<outgoing_message> make_poison(std::size_t kind, const connection& sink, const scope& where,
                                     const timestamp& instant, random_source& numbers) {
  const auto& how = kinds[kind];
  const auto& dated = how.in_far_future ? far_future : instant;
  const auto payload = make_payload(dated, numbers);
  if (!payload)
    return payload.error();
  auto message = make_message(sink, where, dated, *payload);
  if (message)
    how.spoil(message->value, numbers);
  return message;
}

} // namespace kollect::producer

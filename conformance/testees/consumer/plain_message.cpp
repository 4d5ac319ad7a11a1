#include "plain_message.hpp"

#include <kollect/checksum.hpp>
#include <kollect/json_reader.hpp>
#include <kollect/parse.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace kollect::testees {

namespace {

using members = std::vector<std::pair<std::string, std::string>>;

std::optional<members> read_members(std::string_view text, const fault_in_use& faults) {
  members out;
  json_reader reader(text, 1000);
  reader.read_object([&](const json_string& name) {
    std::string_view raw;
    if (!reader.read_value(raw))
      return false;
    out.emplace_back(faults.has("reads-names-raw") ? std::string(name.raw()) : name.decode(), raw);
    return true;
  });
  if (!reader.finish())
    return {};
  return out;
}

const std::string* find(const members& from, std::string_view name) {
  const auto found = std::ranges::find(from, name, &std::pair<std::string, std::string>::first);
  return found == from.end() ? nullptr : &found->second;
}

std::optional<std::string> text_of(const members& from, std::string_view name) {
  const auto* const raw = find(from, name);
  const auto value = raw == nullptr ? result<boost::json::value>(boost::json::value()) : parse_value(*raw);
  if (!value || !value->is_string())
    return {};
  return std::string(std::string_view(value->get_string()));
}

std::int64_t number_of(const members& from, std::string_view name) {
  const auto* const raw = find(from, name);
  const auto value = raw == nullptr ? result<boost::json::value>(boost::json::value()) : parse_value(*raw);
  return value && value->is_int64() ? value->get_int64() : 0;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// The faults in strings are made before they are decoded.
std::string spoil_strings(std::string text, const fault_in_use& faults) {
  if (faults.has("keeps-escapes"))
    replace_all(text, "\\u003c", "\\\\u003c");
  if (faults.has("splits-pairs"))
    replace_all(text, "\\ud83d\\ude80", "\\ud83d \\ude80");
  if (const auto zero = text.find("\\u0000"); faults.has("ends-at-zero") && zero != std::string::npos)
    text.erase(zero, text.find('"', zero) - zero);
  return text;
}

constexpr std::array identifying{"targetNamespace", "targetName", "namespace", "name", "uid"};

bool is_read(const boost::json::object& row, const fault_in_use& faults) {
  const auto* const attributes = row.if_contains("attributes");
  return !(faults.has("drops-ungrouped") && !row.contains("group")) &&
         !(faults.has("drops-null-attributes") && attributes != nullptr && attributes->is_null());
}

bool read_rows(plain_message& out, const fault_in_use& faults) {
  const auto items = parse_value(spoil_strings(out.items, faults));
  if (!items || !items->is_array())
    return false;
  for (const auto& item : items->get_array()) {
    const auto* const row = item.if_object();
    if (row == nullptr || (!row->contains("uid") && !row->contains("name")))
      return false;
    if (faults.has("wants-all-fields") &&
        !std::ranges::all_of(identifying, [&](const char* name) { return row->contains(name); }))
      return false;
    if (is_read(*row, faults))
      out.rows.push_back(*row);
  }
  return true;
}

bool read_instant(plain_message& out, const std::string& text) {
  const auto time = parse_timestamp(text);
  if (time)
    out.exported_at = {*time, text};
  return time.has_value();
}

bool read_export_envelope(plain_message& out, const fault_in_use& faults) {
  const auto fields = read_members(out.payload, faults);
  if (!fields || faults.has("reads-no-envelopes"))
    return false;
  const auto* const items = find(*fields, "items");
  const auto exported_at = text_of(*fields, "exportedAt");
  const auto checksum = text_of(*fields, "checksum");
  if (items == nullptr && faults.has("takes-lack-for-empty")) {
    out.items = "[]";
  } else if (items == nullptr || !checksum) {
    return false;
  } else {
    out.items = *items;
    out.told_checksum = *checksum;
    const auto hashed = faults.has("checks-compacted-items") ? compacted(out.items) : out.items;
    if (*checksum != to_string(sha256(hashed)) && !faults.has("believes-checksums"))
      return false;
  }
  if (!exported_at || !read_instant(out, *exported_at))
    return false;
  out.generation = number_of(*fields, "generation");
  out.part_index = number_of(*fields, "partIndex");
  out.part_total = number_of(*fields, "partTotal");
  const bool is_in_range = out.part_index >= 1 && out.part_index <= out.part_total;
  return (out.part_total == 0 && out.part_index == 0) || is_in_range || faults.has("takes-any-index");
}

bool read_payload(plain_message& out, const fault_in_use& faults) {
  const char first = out.payload.front();
  if (first == '{')
    return read_export_envelope(out, faults) && read_rows(out, faults);
  out.items = faults.has("takes-null-for-empty") && out.payload == "null" ? "[]" : out.payload;
  if (out.items.front() != '[' || faults.has("reads-no-arrays") ||
      (faults.has("refuses-empty-arrays") && out.items == "[]"))
    return false;
  return read_rows(out, faults) && read_instant(out, out.timestamp_text);
}

/// What an envelope must not be, for some faults.
bool is_disliked(std::string_view value, const members& fields, const fault_in_use& faults) {
  constexpr std::array names{"schemaVersion", "timestamp", "cluster", "namespace", "payload"};
  if (faults.has("wants-order"))
    return fields.front().first == names.back();
  if (faults.has("refuses-unknown-fields"))
    return std::ranges::any_of(
        fields, [&](const auto& field) { return std::ranges::find(names, field.first) == names.end(); });
  if (faults.has("refuses-white-space"))
    return value.find_first_of("\r\n\t") != std::string_view::npos;
  if (faults.has("refuses-lone-surrogates"))
    return value.find("\\ud800") != std::string_view::npos;
  return false;
}

bool is_right_version(const members& fields, const fault_in_use& faults, set_aside& why) {
  if (find(fields, "schemaVersion") == nullptr)
    return !faults.has("wants-version");
  const auto version = text_of(fields, "schemaVersion");
  if (version && version->empty())
    return !faults.has("refuses-empty-version");
  why.is_silent = faults.has("hides-versions") && version != "kollect.dev/v1alpha1";
  return version == "kollect.dev/v1alpha1" || faults.has("guesses-versions");
}

std::string inventory_of(const plain_message& message, std::string_view key, const fault_in_use& faults) {
  const auto lead = message.where.cluster + ":" + message.where.namespace_ + "/";
  if (key.starts_with(lead))
    return std::string(key.substr(lead.size()));
  return faults.has("key-as-inventory") ? std::string(key) : std::string();
}

} // namespace

std::optional<plain_message> read_plain_message(std::string_view value, std::optional<std::string_view> key,
                                                const fault_in_use& faults, set_aside& why) {
  const auto fields = read_members(value, faults);
  if (!fields || fields->empty() || is_disliked(value, *fields, faults) ||
      !is_right_version(*fields, faults, why))
    return {};
  plain_message out;
  const auto cluster = text_of(*fields, "cluster"), namespace_ = text_of(*fields, "namespace"),
             stamped = text_of(*fields, "timestamp");
  const auto* const payload = find(*fields, "payload");
  if (!cluster || !namespace_ || !stamped || payload == nullptr)
    return {};
  out.where = {*cluster, *namespace_, {}};
  out.where.inventory = inventory_of(out, key.value_or(""), faults);
  out.timestamp_text = *stamped;
  out.payload = *payload;
  if (!read_payload(out, faults))
    return {};
  return out;
}

std::string compacted(std::string_view json) {
  std::string out;
  bool is_in_string = false, is_escaped = false;
  for (const char letter : json) {
    const bool is_white = letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
    if (is_white && !is_in_string)
      continue;
    out += letter;
    if (letter == '"' && !is_escaped)
      is_in_string = !is_in_string;
    is_escaped = letter == '\\' && !is_escaped;
  }
  return out;
}

} // namespace kollect::testees

#include "query/item_column.hpp"

#include "query/item_filter.hpp"
#include "query/number.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/nearest_name.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>

namespace kollect::consumer {
namespace {

struct named_column {
  std::string_view name;
  column_kind what;
};

constexpr std::array columns{named_column{"cluster", column_kind::cluster},
                             named_column{"namespace", column_kind::namespace_},
                             named_column{"inventory", column_kind::inventory},
                             named_column{"target", column_kind::target},
                             named_column{"group", column_kind::group},
                             named_column{"version", column_kind::version},
                             named_column{"kind", column_kind::kind},
                             named_column{"name", column_kind::name},
                             named_column{"uid", column_kind::uid},
                             named_column{"itemNamespace", column_kind::item_namespace},
                             named_column{"exportedAt", column_kind::exported_at}};

constexpr std::string_view label_prefix = "label:";
constexpr std::string_view annotation_prefix = "annotation:";

std::string as_json(std::string_view text) {
  std::string out;
  json_writer(out).value(text);
  return out;
}

/// A value as it stands in attributes, texts spelled again.
std::string as_json_value(std::string_view raw) {
  if (!raw.starts_with('"'))
    return std::string(raw);
  return as_json(scalar_text(raw).value_or(std::string()));
}

std::vector<std::string> values_of_list(const label_list& list, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& [name, value] : list)
    if (name == key)
      out.push_back(as_json(value));
  return out;
}

failure unknown_column(std::string_view text) {
  std::vector<std::string_view> valid;
  for (const auto& one : columns)
    valid.push_back(one.name);
  for (const auto other : {"label:NAME", "annotation:NAME", "attr.PATH"})
    valid.emplace_back(other);
  return make_failure(error::invalid_value, "there is no column \"" + std::string(text.substr(0, 100)) +
                                                "\"; " + suggest_name(text, valid));
}

/// Sixteen digits, by order of the number.
std::string in_order(std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(16, '0');
  for (auto at = out.size(); at-- > 0; value >>= 4U)
    out[at] = digits[value & 0xFU];
  return out;
}

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;

/// Whole numbers that are one double are told apart among themselves.
std::string in_order(const number& value) {
  const auto bits = std::bit_cast<std::uint64_t>(value.real == 0 ? 0.0 : value.real);
  auto out = in_order((bits & sign_bit) != 0 ? ~bits : bits | sign_bit);
  if (value.whole)
    out += in_order(static_cast<std::uint64_t>(*value.whole) ^ sign_bit);
  return out;
}

} // namespace

result<item_column> parse_column(std::string_view text) {
  for (const auto& one : columns)
    if (one.name == text)
      return item_column{std::string(text), one.what};
  for (const auto& [prefix, what] :
       {std::pair{label_prefix, column_kind::label}, {annotation_prefix, column_kind::annotation}})
    if (text.starts_with(prefix) && text.size() > prefix.size())
      return item_column{std::string(text), what, std::string(text.substr(prefix.size()))};
  if (!text.starts_with(attribute_prefix))
    return unknown_column(text);
  auto path = parse_attribute_path(text.substr(attribute_prefix.size()));
  if (!path)
    return make_failure(error::invalid_value, path.error().message + " of what follows attr.");
  return item_column{std::string(text), column_kind::attribute, {}, std::move(*path)};
}

result<std::vector<item_column>> parse_columns(std::string_view text) {
  std::vector<item_column> out;
  std::string one;
  const auto end_one = [&]() -> result<void> {
    auto column = parse_column(std::exchange(one, {}));
    if (!column)
      return column.error();
    out.push_back(std::move(*column));
    return {};
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ',') {
      if (auto ended = end_one(); !ended)
        return ended.error();
      continue;
    }
    // `\,` is a comma; other backslashes are the path's.
    if (text[at] == '\\' && at + 1 < text.size() && text[++at] != ',')
      one += '\\';
    one += text[at];
  }
  if (auto ended = end_one(); !ended)
    return ended.error();
  return out;
}

std::vector<std::string> values_of(const item_column& column, const item_place& item) {
  const auto field = [](const json_string& text) { return std::vector{as_json(text.decode())}; };
  switch (column.what) {
  case column_kind::cluster:
    return {as_json(item.from.cluster)};
  case column_kind::namespace_:
    return {as_json(item.from.namespace_)};
  case column_kind::inventory:
    return {as_json(item.from.inventory)};
  case column_kind::target:
    return field(item.row.target_name);
  case column_kind::group:
    return field(item.row.group);
  case column_kind::version:
    return field(item.row.version);
  case column_kind::kind:
    return field(item.row.kind);
  case column_kind::name:
    return field(item.row.name);
  case column_kind::uid:
    return field(item.row.uid);
  case column_kind::item_namespace:
    return field(item.row.namespace_);
  case column_kind::exported_at:
    return {as_json(to_string(item.exported_at))};
  case column_kind::label:
    return values_of_list(labels_of(item.row), column.key);
  case column_kind::annotation:
    return values_of_list(labels_of(item.row, "annotations"), column.key);
  case column_kind::attribute:
    break;
  }
  std::vector<std::string> out;
  visit_values(item.row.attributes, column.path,
               [&out](std::string_view raw) { out.push_back(as_json_value(raw)); });
  return out;
}

std::string order_text(std::string_view value) {
  constexpr std::size_t longest = 256;
  if (value.empty())
    return {};
  if (value == "false" || value == "true")
    return value == "true" ? "01" : "00";
  if (value.front() == '"')
    return "2" + scalar_text(value).value_or(std::string()).substr(0, longest);
  if (const auto read = read_number(value))
    return "1" + in_order(*read);
  return "3" + std::string(value.substr(0, longest));
}

} // namespace kollect::consumer

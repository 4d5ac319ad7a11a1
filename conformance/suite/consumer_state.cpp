#include "consumer_state.hpp"
#include "judgement.hpp"
#include "testee_answer.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/parse.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

namespace kollect::conformance {

namespace {

namespace json = boost::json;

constexpr std::array fields_of_a_row{"targetNamespace", "targetName", "namespace", "name",
                                     "group",           "version",    "kind",      "uid"};

void write_normal(const json::value& value, std::string& out);

void write_normal(const json::object& object, std::string& out) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : object)
    names.push_back(name);
  std::ranges::sort(names);
  out += '{';
  for (const auto name : names) {
    out.append(out.back() == '{' ? "" : ",").append(quote(name)).append(":");
    write_normal(object.at(name), out);
  }
  out += '}';
}

void write_number(double number, std::string& out) {
  constexpr double limit = 9.2e18;
  if (number == std::floor(number) && std::abs(number) < limit)
    out += std::to_string(static_cast<std::int64_t>(number));
  else
    json_writer(out).value(number);
}

void write_normal(const json::value& value, std::string& out) {
  if (const auto* const object = value.if_object()) {
    write_normal(*object, out);
  } else if (const auto* const array = value.if_array()) {
    out += '[';
    for (const auto& one : *array) {
      out.append(out.back() == '[' ? "" : ",");
      write_normal(one, out);
    }
    out += ']';
  } else if (const auto* const number = value.if_double()) {
    write_number(*number, out);
  } else if (const auto* const text = value.if_string()) {
    out += quote(std::string_view(*text));
  } else {
    out += json::serialize(value);
  }
}

std::string normal_form(const json::object& row) {
  std::string out = "{";
  for (const auto* const name : fields_of_a_row) {
    const auto* const value = row.if_contains(name);
    out.append(out.size() == 1 ? "" : ",").append(quote(name)).append(":");
    if (value == nullptr)
      out += quote("");
    else
      write_normal(*value, out);
  }
  const auto* const attributes = row.if_contains("attributes");
  const auto* const object = attributes == nullptr ? nullptr : attributes->if_object();
  out += ",\"attributes\":";
  if (attributes == nullptr || (object != nullptr && object->empty()))
    out += "null";
  else
    write_normal(*attributes, out);
  return out + "}";
}

failure not_as_described(const std::string& what) {
  return make_failure(error::syntax, "the testee's answer to state " + what);
}

result<std::string> read_text(const json::object& from, std::string_view name) {
  const auto* const value = from.if_contains(name);
  if (value == nullptr || !value->is_string())
    return not_as_described("has a scope without the text " + std::string(name));
  return std::string(std::string_view(value->get_string()));
}

result<held_scope> read_scope(const json::value& value) {
  if (!value.is_object())
    return not_as_described("has a scope that is no object");
  const auto& from = value.get_object();
  held_scope out;
  for (const auto& [name, to] : {std::pair<const char*, std::string*>{"cluster", &out.which.cluster},
                                 {"namespace", &out.which.namespace_},
                                 {"inventory", &out.which.inventory},
                                 {"exportedAt", &out.exported_at}}) {
    auto text = read_text(from, name);
    if (!text)
      return text.error();
    *to = std::move(*text);
  }
  const auto* const rows = from.if_contains("rows");
  if (rows == nullptr || !rows->is_array())
    return not_as_described("has a scope without the array rows");
  for (const auto& row : rows->get_array()) {
    if (!row.is_object())
      return not_as_described("has a row that is no object");
    out.rows.push_back(normal_form(row.get_object()));
  }
  return out;
}

/// An instant in any form of RFC 3339: which snapshot it is matters here, not how a language writes times.
std::optional<timestamp> read_instant(std::string text) {
  constexpr std::size_t date_size = 10, offset_size = 6; // of 2026-01-15 and +00:00
  if (text.size() < date_size + offset_size)
    return {};
  text[date_size] = text[date_size] == 't' || text[date_size] == ' ' ? 'T' : text[date_size];
  std::int64_t seconds_east = 0;
  const auto offset = std::string_view(text).substr(text.size() - offset_size);
  if (offset.front() == '+' || offset.front() == '-') {
    int hours = 0, minutes = 0;
    const auto is_read = [](std::string_view digits, int& value) {
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && digits.front() != '-';
    };
    if (!is_read(offset.substr(1, 2), hours) || offset[3] != ':' || !is_read(offset.substr(4), minutes))
      return {};
    seconds_east = (offset.front() == '-' ? -60 : 60) * (hours * 60 + minutes);
    text.replace(text.size() - offset_size, offset_size, "Z");
  }
  if (text.back() == 'z')
    text.back() = 'Z';
  auto instant = parse_timestamp(text);
  if (!instant)
    return {};
  instant->seconds -= seconds_east;
  return *instant;
}

/// What is in `left` and not in `right`, each as often as it is there too much; both sorted.
std::vector<std::string> without(const std::vector<std::string>& left,
                                 const std::vector<std::string>& right) {
  std::vector<std::string> out;
  std::ranges::set_difference(left, right, std::back_inserter(out));
  return out;
}

std::vector<std::string> normal_rows(const std::vector<std::string>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) {
    auto normal = normal_row(row);
    out.push_back(normal ? std::move(*normal) : row);
  }
  std::ranges::sort(out);
  return out;
}

class comparison {
public:
  explicit comparison(std::vector<state_difference>& out) : out_(out) {}

  void compare(const scope& which, const expected_scope& wanted, const held_scope* found) {
    if (found == nullptr) {
      if (!wanted.rows.empty())
        tell("nothing is held of " + to_string(which),
             std::to_string(wanted.rows.size()) + " rows of " + to_string(wanted.exported_at));
      return;
    }
    auto held = found->rows;
    std::ranges::sort(held);
    const auto expected = normal_rows(wanted.rows);
    const auto missing = without(expected, held), extra = without(held, expected);
    if (const auto twice = std::ranges::adjacent_find(held); twice != held.end())
      tell("a row of " + to_string(which) + " is held twice", {}, *twice);
    if (!missing.empty())
      tell("a row of " + to_string(which) + " is missing", missing.front(),
           extra.empty() ? std::to_string(held.size()) + " rows" : extra.front());
    else if (!extra.empty())
      tell("a row of " + to_string(which) + " should not be held", {}, extra.front());
    const auto instant = read_instant(found->exported_at);
    if (missing.empty() && extra.empty() && instant != wanted.exported_at)
      tell(
          "the rows of " + to_string(which) +
              (instant ? " are told to be of another snapshot" : " are told to be of no instant of RFC 3339"),
          to_string(wanted.exported_at), found->exported_at);
  }

  void tell(std::string what, std::string expected, std::string found = {}) {
    out_.push_back({std::move(what), std::move(expected), std::move(found)});
  }

private:
  std::vector<state_difference>& out_;
};

} // namespace

result<consumer_state> read_consumer_state(const json::object& answer) {
  consumer_state out;
  if (const auto* const refused = answer.if_contains("refused")) {
    out.refused = whole_number(*refused);
    if (!out.refused)
      return not_as_described("has a refused that is no whole number");
  }
  const auto* const scopes = answer.if_contains("scopes");
  if (scopes == nullptr || !scopes->is_array())
    return not_as_described("lacks the array scopes");
  for (const auto& one : scopes->get_array()) {
    auto read = read_scope(one);
    if (!read)
      return read.error();
    out.scopes.push_back(std::move(*read));
  }
  return out;
}

result<std::string> normal_row(std::string_view row) {
  const auto value = parse_value(row);
  if (!value || !value->is_object())
    return make_failure(error::syntax, "no row: " + printable_excerpt(row));
  return normal_form(value->get_object());
}

std::vector<state_difference> compare_states(const expected_state& expected, const consumer_state& held,
                                             const std::function<bool(const scope&)>& is_ours) {
  std::vector<state_difference> out;
  comparison compared(out);
  std::map<scope, const held_scope*> found;
  for (const auto& one : held.scopes)
    if (is_ours(one.which) && !found.emplace(one.which, &one).second)
      compared.tell(to_string(one.which) + " is there twice", {});
  for (const auto& [which, wanted] : expected) {
    const auto place = found.find(which);
    compared.compare(which, wanted, place == found.end() ? nullptr : place->second);
  }
  for (const auto& [which, scope] : found)
    if (!expected.contains(which) && !scope->rows.empty())
      compared.tell("rows of " + to_string(which) + " are held, of which no whole snapshot was sent", {},
                    scope->rows.front());
  return out;
}

} // namespace kollect::conformance

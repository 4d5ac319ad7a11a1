#include "read_api/query_string.hpp"

#include <kollect/nearest_name.hpp>
#include <kollect/utf8.hpp>
#include <program/printable.hpp>

#include <algorithm>
#include <array>

namespace kollect::consumer {
namespace {

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9')
    return letter - '0';
  if (letter >= 'a' && letter <= 'f')
    return letter - 'a' + 10;
  return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/// What is between two separators, which `text` loses.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

bool is_credential(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"token", "access_token", "bearer", "authorization", "auth"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

refusal unknown_parameter(std::string_view name, bool has_filters, std::span<const std::string_view> known) {
  std::vector<std::string_view> valid(known.begin(), known.end());
  if (has_filters) {
    const auto filters = filter_names();
    valid.insert(valid.end(), filters.begin(), filters.end());
    valid.emplace_back("attr.PATH");
  }
  const auto advice = valid.empty() ? std::string("none is known") : suggest_name(name, valid);
  return bad_request("there is no parameter \"" + program::printable(name.substr(0, 100)) + "\" here; " +
                     advice);
}

} // namespace

answer_of<std::string> decode_percent(std::string_view text, bool is_query) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += is_query && text[at] == '+' ? ' ' : text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
    if (high < 0 || low < 0)
      return bad_request("a % in the address is not followed by two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (!is_utf8(out))
    return bad_request("the address is not UTF-8");
  return out;
}

answer_of<std::vector<parameter>> read_parameters(std::string_view query) {
  std::vector<parameter> out;
  while (!query.empty()) {
    const auto pair = take_until(query, '&');
    if (pair.empty())
      continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = decode_percent(pair.substr(0, equals), true);
    if (!name)
      return name.error();
    if (is_credential(*name))
      return bad_request("credentials in the address are refused, as proxies and browsers keep it: send the "
                         "header Authorization: Bearer TOKEN");
    auto value = decode_percent(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!value)
      return value.error();
    out.push_back({std::move(*name), std::move(*value), equals < pair.size()});
  }
  return out;
}

answer_of<question_parameters> sort_parameters(std::string_view query, bool has_filters,
                                               std::span<const std::string_view> known) {
  auto given = read_parameters(query);
  if (!given)
    return given.error();
  question_parameters out;
  for (auto& one : *given) {
    if (has_filters && is_filter_parameter(one)) {
      out.filters.push_back(std::move(one));
      continue;
    }
    if (std::find(known.begin(), known.end(), one.name) == known.end())
      return unknown_parameter(one.name, has_filters, known);
    if (!out.others.emplace(one.name, one.value).second)
      return bad_request("the parameter " + one.name +
                         " is given twice; where several values make sense, commas divide them");
  }
  std::erase_if(out.others, [](const auto& one) { return one.second.empty(); });
  return out;
}

answer_of<std::vector<std::string>> read_path(std::string_view path) {
  if (!path.starts_with('/'))
    return bad_request("the path must begin with a slash");
  path.remove_prefix(1);
  std::vector<std::string> out;
  for (bool is_last = false; !is_last;) {
    is_last = path.find('/') == std::string_view::npos;
    auto segment = decode_percent(take_until(path, '/'), false);
    if (!segment)
      return segment.error();
    const bool has_odd = std::any_of(segment->begin(), segment->end(), [](char letter) {
      return letter == '/' || letter == 0x7F || static_cast<unsigned char>(letter) < 0x20;
    });
    if (has_odd || *segment == "." || *segment == "..")
      return bad_request("the path has a segment that is no name");
    out.push_back(std::move(*segment));
  }
  return out;
}

} // namespace kollect::consumer

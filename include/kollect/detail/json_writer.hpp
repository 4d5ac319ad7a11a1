#ifndef KOLLECT_DETAIL_JSON_WRITER_HPP
#define KOLLECT_DETAIL_JSON_WRITER_HPP

#include <kollect/detail/utf8.hpp>
#include <kollect/simd/find_stop.hpp>

#include <boost/container/small_vector.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kollect::detail {

inline void append_hex_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

/// Appends the escape of a byte below 0x80 that does not stand for itself (BYT-03).
inline void append_escape(std::string& out, char letter) {
  switch (letter) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\b':
    out += "\\b";
    return;
  case '\f':
    out += "\\f";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    append_hex_escape(out, static_cast<unsigned char>(letter));
    return;
  }
}

/// Whether an ASCII letter goes into a string as it is (BYT-03).
constexpr bool stands_for_itself(char letter) noexcept {
  return !simd::detail::escape_stops::has(letter);
}

/// U+2028 or U+2029 at `at`: JSON allows them raw, JavaScript once did not, Go escapes them.
constexpr bool is_line_separator(std::string_view text, std::size_t at) noexcept {
  return text.size() - at >= 3 && text[at] == '\xE2' && text[at + 1] == '\x80' &&
         (text[at + 2] == '\xA8' || text[at + 2] == '\xA9');
}

/// Appends what stands at `at`, where find_escape_stop() stopped, and as many characters beyond ASCII as
/// follow. Answers where to go on.
inline std::size_t append_stop(std::string& out, std::string_view text, std::size_t at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) {
    append_escape(out, text[at]);
    return at + 1;
  }
  const std::size_t begin = at;
  std::size_t length = 0;
  while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80 && !is_line_separator(text, at) &&
         (length = utf8_length(text, at)) != 0)
    at += length;
  if (at != begin) {
    out.append(text, begin, at - begin);
    return at;
  }
  if (is_line_separator(text, at)) {
    out += text[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
    return at + 3;
  }
  out += "\\ufffd";
  return at + 1;
}

/// Appends `text` as a JSON string with its quotes (BYT-03).
inline void append_string(std::string& out, std::string_view text) {
  const auto level = simd::best_level();
  out += '"';
  for (std::size_t at = 0;;) {
    const std::size_t stop = simd::find_escape_stop(text, at, level);
    out.append(text.data() + at, stop - at);
    if (stop == text.size())
      break;
    at = append_stop(out, text, stop);
  }
  out += '"';
}

inline void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

/// Appends a finite double as Go does (BYT-04): the shortest digits that read back as the same
/// double, laid out in decimal unless the exponent is below -6 or 21 and above.
inline void append_double(std::string& out, double value) {
  std::array<char, 40> buffer{};
  const auto* const end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  if (text.front() == '-')
    out += '-', text.remove_prefix(1);
  const auto mark = text.find('e');
  std::string digits(text.substr(0, 1));
  if (mark > 2)
    digits += text.substr(2, mark - 2);
  int exponent = 0;
  const std::size_t sign_length = text[mark + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + mark + sign_length, text.data() + text.size(), exponent);

  if (value != 0 && (exponent < -6 || exponent >= 21)) {
    out += digits[0];
    if (digits.size() > 1)
      out.append(".").append(digits, 1);
    out += exponent < 0 ? "e-" : "e+";
    append_integer(out, std::abs(exponent));
  } else if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    out.append(digits, 0, whole);
    if (digits.size() <= whole)
      out.append(whole - digits.size(), '0');
    else
      out.append(".").append(digits, whole);
  }
}

inline void append_value(std::string& out, const boost::json::value& value);

/// Appends members that are in order.
template <class Members>
void append_members(std::string& out, const Members& members) {
  char separator = '{';
  for (const boost::json::key_value_pair* const member : members) {
    out += separator;
    append_string(out, std::string_view(member->key()));
    out += ':';
    append_value(out, member->value());
    separator = ',';
  }
  out += separator == '{' ? "{}" : "}";
}

inline void append_object(std::string& out, const boost::json::object& object) {
  // char_traits<char> compares bytes as unsigned, which is the order wanted.
  const auto is_before = [](const auto* left, const auto* right) {
    return std::string_view(left->key()) < std::string_view(right->key());
  };
  boost::container::small_vector<const boost::json::key_value_pair*, 32> members;
  members.reserve(object.size());
  bool is_sorted = true; // as it is after reading what a producer wrote
  for (const auto& member : object) {
    is_sorted = is_sorted && (members.empty() || is_before(members.back(), &member));
    members.push_back(&member);
  }
  if (!is_sorted)
    std::sort(members.begin(), members.end(), is_before);
  append_members(out, members);
}

/// Appends a value: compact, keys of every object in bytewise order (BYT-01, BYT-02). A number that
/// JSON has no text for (infinity, not a number) cannot come from any reader and is written as null.
inline void append_value(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
  case boost::json::kind::null:
    out += "null";
    return;
  case boost::json::kind::bool_:
    out += value.get_bool() ? "true" : "false";
    return;
  case boost::json::kind::int64:
    append_integer(out, value.get_int64());
    return;
  case boost::json::kind::uint64:
    append_double(out, static_cast<double>(value.get_uint64()));
    return;
  case boost::json::kind::double_:
    if (std::isfinite(value.get_double()))
      append_double(out, value.get_double());
    else
      out += "null";
    return;
  case boost::json::kind::string:
    append_string(out, std::string_view(value.get_string()));
    return;
  case boost::json::kind::array: {
    char separator = '[';
    for (const auto& element : value.get_array()) {
      out += separator;
      append_value(out, element);
      separator = ',';
    }
    out += separator == '[' ? "[]" : "]";
    return;
  }
  case boost::json::kind::object:
    append_object(out, value.get_object());
    return;
  }
}

} // namespace kollect::detail

#endif

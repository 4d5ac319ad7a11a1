#ifndef KOLLECT_JSON_STRING_HPP
#define KOLLECT_JSON_STRING_HPP

#include <kollect/detail/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace kollect {

namespace detail {

/// The four hex digits at `at` as a number; nothing where they are not there.
constexpr std::optional<std::uint32_t> read_hex4(std::string_view text, std::size_t at) noexcept {
  if (at + 4 > text.size())
    return {};
  std::uint32_t value = 0;
  for (std::size_t index = at; index < at + 4; ++index) {
    const char digit = text[index];
    value <<= 4U;
    if (digit >= '0' && digit <= '9')
      value |= static_cast<std::uint32_t>(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
      value |= static_cast<std::uint32_t>(digit - 'a' + 10);
    else if (digit >= 'A' && digit <= 'F')
      value |= static_cast<std::uint32_t>(digit - 'A' + 10);
    else
      return {};
  }
  return value;
}

/// Decodes the `\uXXXX` at `at`, joined with a second one if they are a surrogate pair; a lone
/// surrogate is U+FFFD (BYT-03). Returns how many characters were read.
inline std::size_t decode_unicode_escape(std::string_view raw, std::size_t at, std::string& out) {
  const auto first = read_hex4(raw, at + 2).value_or(0xFFFD);
  if (first < 0xD800 || first > 0xDFFF) {
    append_utf8(out, first);
    return 6;
  }
  if (first < 0xDC00 && raw.substr(at + 6, 2) == "\\u") {
    const auto second = read_hex4(raw, at + 8).value_or(0);
    if (second >= 0xDC00 && second <= 0xDFFF) {
      append_utf8(out, 0x10000U + ((first - 0xD800U) << 10U) + (second - 0xDC00U));
      return 12;
    }
  }
  out += replacement_character;
  return 6;
}

constexpr char unescape(char letter) noexcept {
  switch (letter) {
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default:
    return letter; // " \ and /
  }
}

} // namespace detail

/// A JSON string as it stands in a message: a view of the bytes between its quotes, already known
/// to be well formed. Decoding is put off until somebody asks, as most strings have no escapes.
class json_string {
public:
  constexpr json_string() noexcept = default;

  /// `is_plain`: the raw bytes are the value, as there is no escape and no invalid UTF-8 among them.
  constexpr json_string(std::string_view raw, bool is_plain) noexcept : raw_(raw), is_plain_(is_plain) {}

  /// The bytes between the quotes, escapes and all.
  constexpr std::string_view raw() const noexcept { return raw_; }
  constexpr bool is_plain() const noexcept { return is_plain_; }
  constexpr bool empty() const noexcept { return raw_.empty(); }

  /// The value: escapes decoded, lone surrogates and invalid bytes as U+FFFD (BYT-03). Linear.
  std::string decode() const {
    std::string out;
    append_to(out);
    return out;
  }

  /// Appends the value to `out`.
  void append_to(std::string& out) const {
    if (is_plain_) {
      out += raw_;
      return;
    }
    for (std::size_t at = 0; at < raw_.size();) {
      if (raw_[at] == '\\' && at + 1 < raw_.size()) {
        if (raw_[at + 1] == 'u') {
          at += detail::decode_unicode_escape(raw_, at, out);
        } else {
          out += detail::unescape(raw_[at + 1]);
          at += 2;
        }
      } else if (const auto length = detail::utf8_length(raw_, at); length != 0) {
        out += raw_.substr(at, length);
        at += length;
      } else {
        out += detail::replacement_character;
        ++at;
      }
    }
  }

  /// Compares the value, not the spelling.
  friend bool operator==(const json_string& left, std::string_view right) {
    return left.is_plain_ ? left.raw_ == right : left.decode() == right;
  }
  friend std::ostream& operator<<(std::ostream& out, const json_string& value) {
    return out << value.decode();
  }

private:
  std::string_view raw_;
  bool is_plain_ = true;
};

} // namespace kollect

#endif

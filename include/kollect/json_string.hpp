#ifndef KOLLECT_JSON_STRING_HPP
#define KOLLECT_JSON_STRING_HPP

#include <kollect/detail/printable.hpp>
#include <kollect/detail/unescape.hpp>
#include <kollect/version.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// A JSON string as it stands in a message: a view of the bytes between its quotes, already known
/// to be well formed. Decoding is put off until somebody asks, as most strings have no escapes.
class json_string {
public:
  constexpr json_string() noexcept = default;

  /// `is_plain`: the raw bytes are the value, as there is no escape and no invalid UTF-8 among them.
  constexpr json_string(std::string_view raw, bool is_plain) noexcept : raw_(raw), is_plain_(is_plain) {}
  template <detail::temporary_text Text>
  json_string(Text&&, bool) = delete; // a view of it would dangle

  /// The bytes between the quotes, escapes and all.
  [[nodiscard]] constexpr std::string_view raw() const noexcept { return raw_; }
  /// Whether the raw bytes are the value.
  [[nodiscard]] constexpr bool is_plain() const noexcept { return is_plain_; }
  /// Whether the value is the empty string.
  [[nodiscard]] constexpr bool empty() const noexcept { return raw_.empty(); }
  /// Whether there is a string at all: an optional field that is absent has none, which counts as empty.
  [[nodiscard]] constexpr bool is_present() const noexcept { return raw_.data() != nullptr; }

  /// The value: escapes decoded, lone surrogates and invalid bytes as U+FFFD (BYT-03). Linear.
  [[nodiscard]] std::string decode() const {
    std::string out;
    append_to(out);
    return out;
  }

  /// Appends the value to `out`.
  void append_to(std::string& out) const {
    if (is_plain_)
      out += raw_;
    else
      detail::append_unescaped(out, raw_);
  }

  /// Compares the value, not the spelling.
  friend bool operator==(const json_string& left, std::string_view right) {
    return left.is_plain_ ? left.raw_ == right : left.decode() == right;
  }
  friend bool operator==(const json_string& left, const json_string& right) {
    return left.is_plain_ ? right == left.raw_ : right == left.decode();
  }

  /// The value, control characters and the like as escapes: for people. A program takes decode().
  friend std::ostream& operator<<(std::ostream& out, const json_string& value) {
    return out << detail::printable(value.decode());
  }

private:
  std::string_view raw_;
  bool is_plain_ = true;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

#ifndef KOLLECT_DETAIL_JSON_CURSOR_HPP
#define KOLLECT_DETAIL_JSON_CURSOR_HPP

#include <kollect/detail/simd/find_stop.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/detail/utf8.hpp>
#include <kollect/error.hpp>
#include <kollect/json_string.hpp>
#include <kollect/limits.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// What to do with bytes in a string that are not UTF-8 (docs/adr/0010).
enum class invalid_utf8 {
  refuse, ///< a consumer: the message becomes a dead letter
  replace ///< what a producer is given (BYT-03): each such byte becomes U+FFFD
};

/// True when the text, a well-formed JSON number, is too large for a double. Too small is 0, not an error.
[[nodiscard]] inline bool number_overflows(std::string_view number) noexcept {
  double value = 0;
  const auto outcome = std::from_chars(number.data(), number.data() + number.size(), value);
  if (outcome.ec != std::errc::result_out_of_range)
    return value > 1.7976931348623157e308 || value < -1.7976931348623157e308;
  // Out of range says neither on which side: the decimal exponent of the first digit that is not 0 does.
  const auto mark = number.find_first_of("eE");
  const auto digits = number.substr(0, mark);
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    auto text = number.substr(mark + 1);
    if (text.front() == '+')
      text.remove_prefix(1);
    if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc{})
      return text.front() != '-';
  }
  const auto point = std::min(digits.find('.'), digits.size());
  const auto first = digits.find_first_of("123456789");
  if (first == std::string_view::npos)
    return false;
  const auto magnitude =
      first < point ? static_cast<std::int64_t>(point - first) : -static_cast<std::int64_t>(first - point);
  return exponent > -magnitude;
}

/// Reads JSON text from front to back without making values. After the first error every read
/// fails, so a caller may check once at the end of a stretch. Nothing is allocated.
class json_cursor {
public:
  json_cursor(std::string_view text, std::size_t max_depth,
              invalid_utf8 policy = invalid_utf8::refuse) noexcept
      : text_(text), max_depth_(std::min(max_depth, max_depth_ceiling)), depth_asked_for_(max_depth),
        policy_(policy) {}

  std::size_t position() const noexcept { return at_; }
  void move_to(std::size_t at) noexcept { at_ = at; }
  bool failed() const noexcept { return failed_; }
  error reason() const noexcept { return reason_; }
  std::size_t failed_at() const noexcept { return failed_at_; }
  std::size_t depth() const noexcept { return depth_; }
  std::size_t depth_asked_for() const noexcept { return depth_asked_for_; }
  /// The type of the value at which it failed, as a sentence calls it.
  std::string_view found() const noexcept {
    switch (failed_at_ < text_.size() ? text_[failed_at_] : '\0') {
    case '{':
      return "an object";
    case '[':
      return "an array";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
    }
  }
  void set_depth(std::size_t depth) noexcept { depth_ = depth; }
  /// How many levels deep the next value may nest.
  std::size_t room() const noexcept { return max_depth_ - std::min(depth_, max_depth_); }

  [[gnu::cold, gnu::noinline]] bool fail(error reason, std::size_t at) noexcept {
    if (!failed_)
      failed_ = true, reason_ = reason, failed_at_ = at;
    return false;
  }
  [[gnu::cold, gnu::noinline]] bool fail_here() noexcept {
    return fail(at_ < text_.size() ? error::syntax : error::truncated, at_);
  }

  /// What is next is not of the type wanted: wrong_type if it is a value at all.
  [[gnu::cold, gnu::noinline]] bool fail_type() noexcept {
    const bool is_value = std::string_view("{[\"-0123456789tfn").find(peek()) != std::string_view::npos;
    return is_value ? fail(error::wrong_type, at_) : fail_here();
  }

  /// Where a string that was read from this text begins: its first quote.
  std::size_t begin_of(const json_string& read) const noexcept {
    return static_cast<std::size_t>(read.raw().data() - text_.data()) - 1;
  }

  /// The next character that is not white space, left where it is; NUL at the end.
  [[gnu::always_inline]] char peek() noexcept {
    // Compact text, as producers send it, has no white space.
    if (at_ < text_.size() && is_space(text_[at_])) [[unlikely]]
      pass_space();
    return here();
  }

  [[gnu::always_inline]] bool expect(char wanted) noexcept {
    if (peek() != wanted || at_ >= text_.size()) [[unlikely]]
      return fail_here();
    ++at_;
    return true;
  }

  bool at_end() noexcept {
    peek();
    return at_ == text_.size();
  }

  /// A string, its first quote next.
  [[gnu::always_inline]] bool read_string(json_string& out) noexcept {
    if (!expect('"'))
      return false;
    const std::size_t begin = at_, stop = simd::find_string_stop(text_, begin, level_);
    if (stop == text_.size() || text_[stop] != '"') [[unlikely]]
      return read_marked_string(begin, stop, out);
    out = json_string(slice(begin, stop), true);
    at_ = stop + 1;
    return true;
  }

  /// A number; its text is what was there.
  bool read_number(std::string_view& out) noexcept {
    peek();
    const std::size_t begin = at_;
    if (here() == '-')
      ++at_;
    if (here() == '0')
      ++at_;
    else if (!skip_digits())
      return false;
    bool may_overflow = at_ - begin > 308;
    if (here() == '.') {
      ++at_;
      if (!skip_digits())
        return false;
    }
    if (here() == 'e' || here() == 'E') {
      may_overflow = true;
      ++at_;
      if (here() == '+' || here() == '-')
        ++at_;
      if (!skip_digits())
        return false;
    }
    out = slice(begin, at_);
    if (may_overflow && number_overflows(out))
      return fail(error::number_overflow, begin);
    return true;
  }

  bool read_literal(std::string_view literal) noexcept {
    peek();
    if (text_.substr(at_, literal.size()) != literal) {
      while (at_ < text_.size() && !literal.empty() && text_[at_] == literal.front())
        ++at_, literal.remove_prefix(1);
      return fail_here();
    }
    at_ += literal.size();
    return true;
  }

  /// Opens an object or array: counts the depth.
  [[gnu::always_inline]] bool enter(char bracket) noexcept {
    if (!expect(bracket))
      return false;
    return ++depth_ <= max_depth_ || fail(error::too_deep, at_ - 1);
  }

  /// Reads an object; `on_field(json_string name)` must read the field's value and return whether it could.
  template <class OnField>
  bool read_object(OnField&& on_field) {
    if (!enter('{'))
      return false;
    if (peek() == '}')
      return leave();
    for (;;) {
      json_string name;
      if (!read_string(name) || !expect(':') || !on_field(name))
        return false;
      if (peek() == '}')
        return leave();
      if (!expect(','))
        return false;
    }
  }

  /// Reads an array; `on_element()` must read the element and return whether it could.
  template <class OnElement>
  bool read_array(OnElement&& on_element) {
    if (!enter('['))
      return false;
    if (peek() == ']')
      return leave();
    for (;;) {
      if (!on_element())
        return false;
      if (peek() == ']')
        return leave();
      if (!expect(','))
        return false;
    }
  }

  /// Any value of a text that has been checked: only its end is looked for.
  bool pass_value(std::string_view& raw) noexcept {
    peek();
    const std::size_t end = simd::find_value_end(text_, at_, level_);
    if (end == std::string_view::npos || end == at_)
      return fail_here();
    raw = slice(at_, end);
    at_ = end;
    return true;
  }

  /// Any value, checked in full; `raw` is its text. The stack stays flat however deep it nests.
  bool skip_value(std::string_view& raw) noexcept {
    peek();
    const std::size_t begin = at_, outer = depth_;
    std::bitset<max_depth_ceiling + 1> is_object;
    for (;;) {
      const char first = peek();
      if (first == '{' || first == '[') {
        if (!enter(first))
          return false;
        is_object[depth_] = first == '{';
        if (peek() == (first == '{' ? '}' : ']'))
          leave();
        else if (first == '[' || read_name())
          continue;
        else
          return false;
      } else if (!skip_scalar(first)) {
        return false;
      }
      // A value has ended: close what ends with it, or go on to its next sibling.
      for (;;) {
        if (depth_ == outer) {
          raw = slice(begin, at_);
          return true;
        }
        const bool in_object = is_object[depth_];
        if (peek() == (in_object ? '}' : ']')) {
          leave();
          continue;
        }
        if (!expect(',') || (in_object && !read_name()))
          return false;
        break;
      }
    }
  }

private:
  static constexpr bool is_space(char letter) noexcept {
    return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
  }
  char here() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool leave() noexcept {
    ++at_;
    --depth_;
    return true;
  }

  bool read_name() noexcept {
    json_string name;
    return read_string(name) && expect(':');
  }

  bool skip_digits() noexcept {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9')
      ++at_;
    return at_ != begin || fail_here();
  }

  /// The text between two places that are known to lie within it.
  std::string_view slice(std::size_t begin, std::size_t end) const noexcept {
    return {text_.data() + begin, end - begin};
  }

  [[gnu::noinline]] void pass_space() noexcept { at_ = simd::find_space_end(text_, at_ + 1, level_); }

  /// The rest of a string that begins at `begin`, from the first stop in it that is no quote.
  [[gnu::noinline]] bool read_marked_string(std::size_t begin, std::size_t stop, json_string& out) noexcept {
    bool is_plain = true;
    for (at_ = stop; at_ < text_.size() && text_[at_] != '"';
         at_ = simd::find_string_stop(text_, at_, level_))
      if (!pass_stop(is_plain))
        return false;
    if (at_ == text_.size())
      return fail(error::truncated, at_);
    out = json_string(slice(begin, at_), is_plain);
    ++at_;
    return true;
  }

  /// Within a string: an escape, or as many characters beyond ASCII as come in a row.
  bool pass_stop(bool& is_plain) noexcept {
    if (text_[at_] == '\\') {
      is_plain = false;
      return skip_escape();
    }
    if (static_cast<unsigned char>(text_[at_]) < 0x20)
      return fail(error::syntax, at_);
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x80) {
      std::size_t length = utf8_length(text_, at_);
      if (length == 0) {
        if (policy_ == invalid_utf8::refuse)
          return fail(error::invalid_utf8, at_);
        is_plain = false;
        length = 1;
      }
      at_ += length;
    }
    return true;
  }

  bool skip_escape() noexcept {
    if (at_ + 1 >= text_.size())
      return fail(error::truncated, text_.size());
    const char letter = text_[at_ + 1];
    if (letter == 'u') {
      const auto digits = text_.substr(at_ + 2, 4);
      if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
        return fail(error::syntax, at_);
      if (digits.size() < 4)
        return fail(error::truncated, text_.size());
      at_ += 6;
      return true;
    }
    if (std::string_view("\"\\/bfnrt").find(letter) == std::string_view::npos)
      return fail(error::syntax, at_);
    at_ += 2;
    return true;
  }

  bool skip_scalar(char first) noexcept {
    switch (first) {
    case '"': {
      json_string ignored;
      return read_string(ignored);
    }
    case 't':
      return read_literal("true");
    case 'f':
      return read_literal("false");
    case 'n':
      return read_literal("null");
    default: {
      std::string_view ignored;
      return read_number(ignored);
    }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t max_depth_;
  std::size_t depth_asked_for_;
  std::size_t failed_at_ = 0;
  invalid_utf8 policy_;
  error reason_ = error::internal;
  bool failed_ = false;
  simd::level level_ = simd::best_level();
};

/// What was being read when a cursor failed, for people.
struct field_place {
  json_string name{};               ///< of the field; absent: no field in particular
  std::string_view wanted = "",     ///< the type that its value must have
      whole = "the text";           ///< what it is that was read, if no field
  std::optional<std::size_t> row{}; ///< which one, from 1

  /// Such as `"uid" of row 3`.
  std::string text() const {
    const std::string field = name.is_present() ? in_quotes(name.decode()) : std::string();
    if (!row)
      return field.empty() ? std::string(whole) : field;
    return (field.empty() ? field : field + " of ") + "row " + std::to_string(*row);
  }
};

/// The cursor's error as a failure, its position counted from the start of the message.
[[nodiscard]] inline failure cursor_failure(const json_cursor& cursor, std::size_t base = 0,
                                            std::string_view clause = {}, const field_place& place = {}) {
  const auto sentence = [&]() -> std::string {
    const bool is_known = place.name.is_present() || place.row;
    switch (cursor.reason()) {
    case error::wrong_type:
      if (!place.wanted.empty())
        return place.text() + " must be " + std::string(place.wanted) + ", not " +
               std::string(cursor.found());
      break;
    case error::duplicate_field:
      return "the field " + place.text() + " appears twice";
    case error::unknown_field:
      return "there is no field " + place.text();
    case error::missing_field:
      return place.text() +
             (place.name.is_present() ? " is missing" : " must have " + std::string(place.wanted));
    default:
      break;
    }
    const std::string plain = cursor.reason() == error::too_deep
                                  ? too_deep_sentence(cursor.depth_asked_for())
                                  : std::string(describe(cursor.reason()).sentence);
    return is_known ? plain + ", in " + place.text() : plain;
  };
  return make_failure(cursor.reason(), sentence(), clause, text_position{base + cursor.failed_at(), 0, 0});
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

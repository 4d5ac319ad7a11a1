#ifndef KOLLECT_DETAIL_JSON_WRITER_HPP
#define KOLLECT_DETAIL_JSON_WRITER_HPP

#include <kollect/detail/simd/find_stop.hpp>
#include <kollect/detail/simd/sixteen.hpp>
#include <kollect/detail/utf8.hpp>
#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/text_end.hpp>
#include <kollect/version.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// How each byte below 0x80 is written that does not stand for itself (BYT-03); padded, so that all are
/// copied alike.
struct escape {
  std::array<char, 8> text{};
  std::uint8_t length = 0;
};

inline constexpr auto escapes = [] {
  std::array<escape, 128> out{};
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t letter = 0; letter < out.size(); ++letter)
    out[letter] = {{'\\', 'u', '0', '0', digits[letter >> 4U], digits[letter & 15U]}, 6};
  constexpr std::string_view meant = "\"\\\b\f\n\r\t", written = "\"\\bfnrt";
  for (std::size_t index = 0; index < meant.size(); ++index)
    out[static_cast<unsigned char>(meant[index])] = {{'\\', written[index]}, 2};
  return out;
}();

/// Whether an ASCII letter goes into a string as it is (BYT-03).
[[nodiscard]] constexpr bool stands_for_itself(char letter) noexcept {
  return !simd::detail::escape_stops::has(letter);
}

/// U+2028 or U+2029 at `at`: JSON allows them raw, JavaScript once did not, Go escapes them.
[[nodiscard]] constexpr bool is_line_separator(std::string_view text, std::size_t at) noexcept {
  return text.size() - at >= 3 && text[at] == '\xE2' && text[at + 1] == '\x80' &&
         (text[at + 2] == '\xA8' || text[at + 2] == '\xA9');
}

/// Writes what stands at `at`, where no plain byte does: an escape, or a character beyond ASCII. Answers
/// where to go on; there is room for it at `to`, which moves on.
[[gnu::always_inline]] inline std::size_t write_stop(std::string_view text, std::size_t at,
                                                     char*& to) noexcept {
  if (const auto letter = static_cast<unsigned char>(text[at]); letter < 0x80) [[likely]] {
    std::memcpy(to, escapes[letter].text.data(), 8);
    to += escapes[letter].length;
    return at + 1;
  }
  const auto put = [&to](std::string_view what) {
    std::memcpy(to, what.data(), what.size());
    to += what.size();
  };
  if (is_line_separator(text, at)) {
    put(text[at + 2] == '\xA8' ? "\\u2028" : "\\u2029");
    return at + 3;
  }
  const std::size_t length = utf8_length(text, at);
  put(length != 0 ? text.substr(at, length) : "\\ufffd");
  return at + std::max<std::size_t>(length, 1);
}

/// Writes sixteen bytes, up to the first that is not ASCII; answers how many. What is next to an escape is
/// not looked for again: where all of them stand is known at once.
[[gnu::always_inline]] inline std::size_t write_sixteen(const char* from, char*& to,
                                                        simd::level level) noexcept {
  const simd::text_marks marks = simd::find_escape_marks(from, level);
  const auto end = static_cast<std::size_t>(std::countr_zero(marks.others | 0x1'0000U));
  std::size_t done = 0;
  for (unsigned stops = marks.stops & ((1U << end) - 1); stops != 0; stops &= stops - 1) {
    const auto stop = static_cast<std::size_t>(std::countr_zero(stops));
    std::memcpy(to, from + done, 16);
    to += stop - done;
    const escape& written = escapes[static_cast<unsigned char>(from[stop])];
    std::memcpy(to, written.text.data(), 8);
    to += written.length;
    done = stop + 1;
  }
  std::memcpy(to, from + done, 16);
  to += end - done;
  return end;
}

/// Appends `text` as a JSON string with its quotes (BYT-03).
inline void append_string(text_end& out, std::string_view text) {
  constexpr std::size_t piece = 256, longest = 6; // bytes of text, and of what one of them becomes
  const auto level = simd::best_level();
  for (std::size_t at = 0;;) {
    const std::size_t stop = std::min(text.size(), at + piece);
    // What begins in this piece may be sixteen bytes longer, and as much again is written over.
    char* to = out.reserve((stop - at + 16) * longest + 32);
    if (at == 0)
      *to++ = '"';
    while (at < stop) {
      const bool is_far_from_end = text.size() - at >= 32;
      const std::size_t written = is_far_from_end ? write_sixteen(text.data() + at, to, level)
                                                  : simd::copy_plain(text.substr(at), to, level);
      at += written;
      if (!is_far_from_end)
        to += written;
      if (written == 16 || at == text.size())
        continue;
      do // what is not ASCII seldom stands alone
        at = write_stop(text, at, to);
      while (at < stop && static_cast<unsigned char>(text[at]) >= 0x80);
    }
    if (at == text.size()) {
      *to++ = '"';
      return out.written(to);
    }
    out.written(to);
  }
}

inline void append_integer(text_end& out, std::int64_t value) {
  char* const to = out.reserve(24);
  out.written(std::to_chars(to, to + 24, value).ptr);
}

inline void append_zeros(text_end& out, std::size_t count) {
  std::memset(out.reserve(count), '0', count);
  out.written(out.reserve(0) + count);
}

/// Appends a finite double as Go does (BYT-04): the shortest digits that read back as the same
/// double, laid out in decimal unless the exponent is below -6 or 21 and above.
inline void append_double(text_end& out, double value) {
  std::array<char, 40> buffer{};
  const auto* const end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  if (text.front() == '-')
    out += '-', text.remove_prefix(1);
  const auto mark = text.find('e');
  std::array<char, 24> held{};
  std::copy_n(text.data() + 2, mark > 2 ? mark - 2 : 0, held.data() + 1);
  held[0] = text[0];
  const std::string_view digits(held.data(), mark > 2 ? mark - 1 : 1);
  int exponent = 0;
  const std::size_t sign_length = text[mark + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + mark + sign_length, text.data() + text.size(), exponent);

  if (value != 0 && (exponent < -6 || exponent >= 21)) {
    out += digits[0];
    if (digits.size() > 1)
      (out += '.') += digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    append_integer(out, std::abs(exponent));
  } else if (exponent < 0) {
    out += "0.";
    append_zeros(out, static_cast<std::size_t>(-exponent - 1));
    out += digits;
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    out += digits.substr(0, whole);
    if (digits.size() <= whole)
      append_zeros(out, whole - digits.size());
    else
      (out += '.') += digits.substr(whole);
  }
}

enum class member_order {
  bytewise, ///< BYT-02
  as_it_is  ///< for what is no value of attributes: rows and payloads have an order of their own
};

/// Appends values, and notes what cannot be written: JSON has no text for a NaN or an infinity, and a value
/// may nest too deeply. Whoever has written a text asks once, at its end, whether it is good.
class value_writer {
public:
  /// `room`: how many levels deep a value may nest. `order`: that of the members of objects.
  explicit value_writer(text_end& out, std::size_t room, member_order order = member_order::bytewise) noexcept
      : out_(out), room_(room), order_(order) {}

  bool is_good() const noexcept { return !is_too_deep_ && !has_bad_number_; }

  /// Why not.
  [[gnu::cold]] failure reason(const limits& bounds) const {
    if (has_bad_number_)
      return make_failure(error::invalid_value, "a number is NaN or infinite: JSON has no text for it",
                          "BYT-04");
    return make_failure(error::too_deep, too_deep_sentence(bounds.max_depth));
  }

  /// Compact, keys of every object in bytewise order (BYT-01, BYT-02).
  void append(const boost::json::value& value) {
    switch (value.kind()) {
    case boost::json::kind::null:
      out_ += "null";
      return;
    case boost::json::kind::bool_:
      out_ += value.get_bool() ? std::string_view("true") : std::string_view("false");
      return;
    case boost::json::kind::int64:
      append_integer(out_, value.get_int64());
      return;
    case boost::json::kind::uint64:
      append_unsigned(value.get_uint64());
      return;
    case boost::json::kind::double_:
      if (std::isfinite(value.get_double())) [[likely]]
        append_double(out_, value.get_double());
      else
        has_bad_number_ = true;
      return;
    case boost::json::kind::string:
      append_string(out_, std::string_view(value.get_string()));
      return;
    case boost::json::kind::array:
      if (enter()) {
        append_elements(value.get_array());
        ++room_;
      }
      return;
    case boost::json::kind::object:
      if (enter()) {
        append_object(value.get_object());
        ++room_;
      }
      return;
    }
  }

private:
  /// Goes a level deeper, if there is one: what does not fit is not looked at, so that no value takes more
  /// stack than the deepest that may be.
  bool enter() noexcept {
    if (room_ == 0) [[unlikely]] {
      is_too_deep_ = true;
      return false;
    }
    --room_;
    return true;
  }

  /// What fits int64 is an integer, anything else a double (BYT-04).
  void append_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      append_integer(out_, static_cast<std::int64_t>(value));
    else
      append_double(out_, static_cast<double>(value));
  }

  void append_elements(const boost::json::array& array) {
    char separator = '[';
    for (const auto& element : array) {
      out_ += separator;
      append(element);
      separator = ',';
    }
    out_ += separator == '[' ? std::string_view("[]") : std::string_view("]");
  }

  void append_object(const boost::json::object& object) {
    // char_traits<char> compares bytes as unsigned, which is the order wanted.
    const auto is_before = [](const auto& left, const auto& right) {
      return std::string_view(left.key()) < std::string_view(right.key());
    };
    // As they are after reading what a producer wrote.
    if (order_ == member_order::as_it_is || std::is_sorted(object.begin(), object.end(), is_before))
      return append_members(object);
    std::array<const boost::json::key_value_pair*, 32> few; // so that a usual object allocates nothing
    std::vector<const boost::json::key_value_pair*> many(object.size() > few.size() ? object.size() : 0);
    const auto** const first = many.empty() ? few.data() : many.data();
    const auto** end = first;
    for (const auto& member : object)
      *end++ = &member;
    std::sort(first, end, [&](const auto* left, const auto* right) { return is_before(*left, *right); });
    append_members(std::span(first, end));
  }

  /// Members that are in order, given as pointers or as they are.
  template <class Members>
  void append_members(const Members& members) {
    char separator = '{';
    for (const auto& one : members) {
      const boost::json::key_value_pair* member = nullptr;
      if constexpr (std::is_pointer_v<std::decay_t<decltype(one)>>)
        member = one;
      else
        member = &one;
      out_ += separator;
      append_string(out_, std::string_view(member->key()));
      out_ += ':';
      append(member->value());
      separator = ',';
    }
    out_ += separator == '{' ? std::string_view("{}") : std::string_view("}");
  }

  text_end& out_;
  std::size_t room_;
  member_order order_;
  bool is_too_deep_ = false;
  bool has_bad_number_ = false;
};

// The same for those who write a few things into a text of their own.

inline void append_string(std::string& out, std::string_view text) {
  text_end end(out);
  append_string(end, text);
}
inline void append_integer(std::string& out, std::int64_t value) {
  text_end end(out);
  append_integer(end, value);
}
inline void append_double(std::string& out, double value) {
  text_end end(out);
  append_double(end, value);
}

/// Appends a value, or nothing where it cannot be written.
[[nodiscard]] inline result<void> append_value(std::string& out, const boost::json::value& value,
                                               const limits& bounds = {},
                                               member_order order = member_order::bytewise) {
  const std::size_t before = out.size();
  std::optional<failure> reason;
  {
    text_end end(out);
    value_writer writer(end, std::min(bounds.max_depth, max_depth_ceiling), order);
    writer.append(value);
    if (!writer.is_good())
      reason = writer.reason(bounds);
  }
  if (!reason)
    return {};
  out.resize(before);
  return std::move(*reason);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

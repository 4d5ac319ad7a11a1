#ifndef KOLLECT_JSON_WRITER_HPP
#define KOLLECT_JSON_WRITER_HPP

#include <kollect/detail/json_writer.hpp>
#include <kollect/error.hpp>
#include <kollect/version.hpp>

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Writes one JSON text to the end of a string, spelled as Go's encoding/json does: compact (BYT-01), strings
/// as BYT-03 says, doubles as BYT-04 says. Commas come by themselves.
///
///     std::string line;
///     kollect::json_writer(line).begin_object().member("rows", 3).name("at").value("noon").end_object();
///
/// It looks neither at nesting nor at repeated names: an object takes a name before each value, and what is
/// begun has to be ended. The string must outlive the writer; between two calls anybody may read it.
/// Needs no memory but the string's, and may throw std::bad_alloc as the string does. Linear.
class json_writer {
public:
  /// Appends to `out`.
  explicit json_writer(std::string& out) noexcept : out_(out), begin_(out.size()) {}

  /// Objects and arrays: what is begun has to be ended.
  json_writer& begin_object() { return begin('{'); }
  /// Ends the innermost object.
  json_writer& end_object() { return end('}'); }
  /// Begins an array.
  json_writer& begin_array() { return begin('['); }
  /// Ends the innermost array.
  json_writer& end_array() { return end(']'); }

  /// The name of the value that is written next.
  json_writer& name(std::string_view text) {
    if (text.size() > longest_short_name || !is_plain(text)) [[unlikely]]
      return name_any(text);
    std::array<char, longest_short_name + 4> whole; // comma, quotes and colon; one call writes all of it
    char* to = whole.data();
    if (is_comma_due())
      *to++ = ',';
    *to++ = '"';
    to = std::copy(text.begin(), text.end(), to);
    *to++ = '"';
    *to++ = ':';
    out_.append(whole.data(), static_cast<std::size_t>(to - whole.data()));
    return *this;
  }

  /// A string; bytes that are not UTF-8 become the escape of U+FFFD (BYT-03).
  json_writer& value(std::string_view text) {
    separate();
    detail::append_string(out_, text);
    return *this;
  }
  /// The same; never null.
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  /// The same.
  json_writer& value(const std::string& text) { return value(std::string_view(text)); }

  /// `true` or `false`.
  json_writer& value(std::same_as<bool> auto flag) {
    return raw(flag ? std::string_view("true") : std::string_view("false"));
  }

  /// One letter is neither a number nor a text.
  json_writer& value(char letter) = delete;

  /// An integer in decimal, whatever its size.
  template <std::integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>) json_writer& value(Number number) {
    std::array<char, 24> digits{};
    const auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  /// A finite double. JSON has no text for others: see status().
  json_writer& value(std::same_as<double> auto number) {
    separate();
    if (!std::isfinite(number))
      return refuse(make_failure(error::invalid_value, "a number is NaN or infinite: JSON has no text for it",
                                 "BYT-04"));
    detail::append_double(out_, number);
    return *this;
  }

  /// `null`.
  json_writer& value(std::nullptr_t) { return raw("null"); }

  /// Any value, keys of objects in bytewise order (BYT-02). One with a number that JSON has no text for, or
  /// that nests deeper than limits::max_depth, is not written at all: see status().
  json_writer& value(const boost::json::value& any) {
    separate();
    if (auto written = detail::append_value(out_, any); !written)
      return refuse(std::move(written).error());
    return *this;
  }

  /// The value, or null.
  template <class Value>
  json_writer& value(const std::optional<Value>& perhaps) {
    return perhaps ? value(*perhaps) : value(nullptr);
  }

  /// What is JSON already, byte for byte: it is not looked at. An empty text is none: see status().
  json_writer& raw(std::string_view json) {
    separate();
    if (json.empty())
      return refuse(make_failure(error::invalid_value, "an empty text is no JSON", "BYT-01"));
    out_.append(json);
    return *this;
  }

  /// name() and value().
  template <class Value>
  json_writer& member(std::string_view of, const Value& what) {
    return name(of).value(what);
  }

  /// Why the first value was refused that JSON cannot say, if any was: error::invalid_value for NaN, an
  /// infinity or an empty raw(), error::too_deep. In its place stands null, so that the text is JSON, but not
  /// what was meant.
  [[nodiscard]] result<void> status() const {
    if (refusal_)
      return *refusal_;
    return {};
  }

private:
  static constexpr std::size_t longest_short_name = 60;

  /// Whether a text is written as it is. Without a branch for each letter, as names are short.
  static bool is_plain(std::string_view text) noexcept {
    static constexpr auto needs_escape = [] {
      std::array<unsigned char, 256> out{};
      for (std::size_t letter = 0; letter < out.size(); ++letter)
        out[letter] = letter >= 0x80 || !detail::stands_for_itself(static_cast<char>(letter));
      return out;
    }();
    unsigned found = 0;
    for (const char letter : text)
      found |= needs_escape[static_cast<unsigned char>(letter)];
    return found == 0;
  }

  json_writer& name_any(std::string_view text) {
    separate();
    detail::append_string(out_, text);
    out_ += ':';
    return *this;
  }

  /// Every JSON value ends in a letter that is none of these, so the last one written tells what is due.
  bool is_comma_due() const noexcept {
    if (out_.size() == begin_)
      return false;
    const char last = out_.back();
    return last != '{' && last != '[' && last != ':';
  }

  void separate() {
    if (is_comma_due())
      out_ += ',';
  }

  json_writer& begin(char bracket) {
    separate();
    out_ += bracket;
    return *this;
  }

  json_writer& end(char bracket) {
    out_ += bracket;
    return *this;
  }

  /// What is in the place of a value that there is no text for.
  [[gnu::cold]] json_writer& refuse(failure reason) {
    if (!refusal_)
      refusal_ = std::move(reason);
    out_ += "null";
    return *this;
  }

  std::string& out_;
  std::size_t begin_;
  std::optional<failure> refusal_{};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

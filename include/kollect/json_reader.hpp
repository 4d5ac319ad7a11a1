#ifndef KOLLECT_JSON_READER_HPP
#define KOLLECT_JSON_READER_HPP

#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/printable.hpp>
#include <kollect/error.hpp>
#include <kollect/json_string.hpp>
#include <kollect/limits.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What begins with the next letter of a JSON text.
enum class json_kind { none, null, boolean, number, string, array, object };

/// Reads one JSON text from front to back as it is written, without making values of it: order, spelling and
/// repeated names are kept. Bytes in a string that are not UTF-8 are let through, as Go's reader does
/// (BYT-03). After the first fault every read answers false and finish() says what it was, so that a caller
/// may look once at the end. What it gives out are views of the text, which must outlive them. Allocates
/// nothing; linear.
///
///     kollect::json_reader reader(line);
///     std::string_view items;
///     reader.read_object([&](const kollect::json_string& name) {
///       std::string_view value;
///       return reader.read_value(name == "items" ? items : value);
///     });
///     if (auto read = reader.finish(); !read) …
class json_reader {
public:
  /// Nesting deeper than `max_depth`, at most max_depth_ceiling, is error::too_deep.
  explicit json_reader(std::string_view text, std::size_t max_depth = limits{}.max_depth) noexcept
      : cursor_(text, max_depth, detail::invalid_utf8::replace) {}
  template <detail::temporary_text Text, class... Rest>
  explicit json_reader(Text&&, Rest&&...) = delete; // views of it would dangle

  /// What comes next, white space passed over; none at the end, after a fault, and before what begins no
  /// value.
  [[nodiscard]] json_kind peek() noexcept {
    if (cursor_.failed())
      return json_kind::none;
    switch (cursor_.peek()) {
    case '{':
      return json_kind::object;
    case '[':
      return json_kind::array;
    case '"':
      return json_kind::string;
    case 't':
    case 'f':
      return json_kind::boolean;
    case 'n':
      return json_kind::null;
    case '-':
      return json_kind::number;
    default:
      return cursor_.peek() >= '0' && cursor_.peek() <= '9' ? json_kind::number : json_kind::none;
    }
  }

  /// How many bytes have been read, white space before the next value included once it was peeked at.
  [[nodiscard]] std::size_t position() const noexcept { return cursor_.position(); }

  /// An object. `on_member(name)`, name being a json_string, has to read the member's value and to answer
  /// whether that went well; false ends the reading. Anything but an object is error::wrong_type.
  template <class OnMember>
  bool read_object(OnMember&& on_member) {
    return is_next(json_kind::object) && cursor_.read_object(std::forward<OnMember>(on_member));
  }

  /// An array. `on_element()` has to read the element and to answer whether that went well.
  template <class OnElement>
  bool read_array(OnElement&& on_element) {
    return is_next(json_kind::array) && cursor_.read_array(std::forward<OnElement>(on_element));
  }

  /// A string, as a view of the text.
  bool read_string(json_string& out) noexcept {
    return is_next(json_kind::string) && cursor_.read_string(out);
  }

  /// Any value, checked in full: `raw` is its text, without the white space around it. Needs no more stack
  /// the deeper it nests. Numbers beyond a double are error::number_overflow.
  bool read_value(std::string_view& raw) noexcept { return !cursor_.failed() && cursor_.skip_value(raw); }

  /// To be called last: whether a whole value was read and only white space follows. The failure is the first
  /// fault of the text with the byte where it is, such as error::syntax, truncated or trailing_data.
  [[nodiscard]] result<void> finish() {
    if (!cursor_.failed() && !cursor_.at_end())
      cursor_.fail(error::trailing_data, cursor_.position());
    if (cursor_.failed())
      return detail::cursor_failure(cursor_);
    return {};
  }

private:
  bool is_next(json_kind wanted) noexcept {
    return !cursor_.failed() && (peek() == wanted || cursor_.fail_type());
  }

  detail::json_cursor cursor_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

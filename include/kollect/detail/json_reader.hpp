#ifndef KOLLECT_DETAIL_JSON_READER_HPP
#define KOLLECT_DETAIL_JSON_READER_HPP

#include <kollect/detail/item_reader.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/item.hpp>
#include <kollect/version.hpp>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <bitset>
#include <charconv>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Line and column of a byte, both from 1; the column counts bytes.
[[nodiscard]] inline text_position locate(std::string_view text, std::size_t offset) noexcept {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line_start = before.rfind('\n');
  return {offset, static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          line_start == std::string_view::npos ? before.size() + 1 : before.size() - line_start};
}

[[nodiscard]] inline failure text_failure(const json_cursor& cursor, std::string_view text,
                                          std::string_view clause = {}, const field_place& place = {}) {
  auto reason = cursor_failure(cursor, 0, clause, place);
  reason.position = locate(text, cursor.failed_at());
  return reason;
}

[[nodiscard]] inline boost::json::value make_number(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc{} && read.ptr == end)
    return integer;
  double number = 0; // stays 0 where the number is too small for a double
  std::from_chars(text.data(), end, number);
  return number == 0 && text.front() == '-' ? -0.0 : number;
}

/// Builds values out of what a cursor reads, one after the other with the same memory.
class value_reader {
public:
  explicit value_reader(json_cursor& cursor) noexcept : cursor_(cursor) {}

  /// Reads any value that nests at most `room` deep, with `storage`, from a text that is spelled as encoders
  /// spell it; take() has it then. False: nothing has happened but to `text`.
  bool read_compact(compact_cursor& text, std::size_t room, const boost::json::storage_ptr& storage) {
    stack_.reset(storage);
    return text.read_value(room, *this);
  }
  boost::json::value take() { return stack_.release(); }

  // What compact_cursor tells.
  void name(const json_string& name) { stack_.push_key(text_of(name)); }
  void text(const json_string& text) { stack_.push_string(text_of(text)); }
  /// Of two members with one name the last counts (BYT-03).
  void object(std::size_t count) { stack_.push_object(count); }
  void array(std::size_t count) { stack_.push_array(count); }
  void literal(char first) {
    if (first == 'n')
      stack_.push_null();
    else
      stack_.push_bool(first == 't');
  }
  void number(std::string_view number) {
    const auto value = make_number(number);
    if (value.is_int64())
      stack_.push_int64(value.get_int64());
    else
      stack_.push_double(value.get_double());
  }

  /// Reads any value into `out`, which gets `storage`. Recursion is bounded by the cursor's depth limit.
  bool read(boost::json::value& out, const boost::json::storage_ptr& storage = {}) {
    stack_.reset(storage);
    if (!read_next())
      return false;
    out = stack_.release();
    return true;
  }

private:
  bool read_next() {
    switch (cursor_.peek()) {
    case '{': {
      std::size_t count = 0;
      if (!cursor_.read_object([&](const json_string& key) { return ++count, name(key), read_next(); }))
        return false;
      object(count);
      return true;
    }
    case '[': {
      std::size_t count = 0;
      if (!cursor_.read_array([&] { return ++count, read_next(); }))
        return false;
      array(count);
      return true;
    }
    default:
      return read_scalar();
    }
  }

  bool read_scalar() {
    switch (const char first = cursor_.peek(); first) {
    case '"': {
      json_string value;
      if (!cursor_.read_string(value))
        return false;
      text(value);
      return true;
    }
    case 't':
      literal(first);
      return cursor_.read_literal("true");
    case 'f':
      literal(first);
      return cursor_.read_literal("false");
    case 'n':
      literal(first);
      return cursor_.read_literal("null");
    default: {
      std::string_view value;
      if (!cursor_.read_number(value))
        return false;
      number(value);
      return true;
    }
    }
  }

  /// A string's value, valid until the next call.
  boost::json::string_view text_of(const json_string& text) {
    const auto raw = text.raw();
    if (text.is_plain())
      return {raw.data(), raw.size()};
    if (raw.size() > most_in_buffer) {
      decoded_.clear();
      text.append_to(decoded_);
      return decoded_;
    }
    // Its size stays, so that it is not filled with zeros for each string.
    if (decoded_.size() < unescaped_room(most_in_buffer))
      decoded_.resize(unescaped_room(most_in_buffer));
    const char* const end = write_unescaped(raw, {0, decoded_.data()}, raw.size()).to;
    return {decoded_.data(), static_cast<std::size_t>(end - decoded_.data())};
  }

  static constexpr std::size_t most_in_buffer = 4096; // bytes of text

  json_cursor& cursor_;
  boost::json::value_stack stack_;
  std::string decoded_;
};

/// Reads the rows that a producer is given into `items`, whose memory is used again.
class items_reader {
public:
  items_reader(std::string_view text, const limits& bounds, boost::json::storage_ptr storage,
               std::vector<item>& items)
      : text_(text), cursor_(text, bounds.max_depth, invalid_utf8::replace), values_(cursor_),
        storage_(std::move(storage)), items_(items) {
    cursor_.set_depth(2); // in a message the items stand within the envelope and the export envelope
  }

  [[nodiscard]] result<void> read() {
    const auto is_read = read_rows();
    items_.resize(count_);
    return is_read;
  }

private:
  [[nodiscard]] result<void> read_rows() {
    if (cursor_.at_end())
      return make_failure(error::empty_export, "there are no items to export: not even []", "ENV-08");
    if (cursor_.peek() != '[')
      cursor_.fail_type();
    items_.reserve(text_.size() / least_likely_row);
    const bool is_read = cursor_.read_array([this] { return read_row(); });
    if (is_read) {
      place_ = text_place();
      if (!cursor_.at_end())
        cursor_.fail(error::trailing_data, cursor_.position());
    }
    if (!cursor_.failed())
      return {};
    return text_failure(cursor_, text_, "ROW-01", place_);
  }

  bool read_row() {
    cursor_.peek();
    return read_compact_row() || read_any_row();
  }

  /// A string that is made where it is wanted, without an empty one before.
  struct plain {
    const json_string& text;
    operator std::string() const { return std::string(text.raw()); }
  };

  /// A row that is spelled as a producer spells it. False: nothing has happened.
  bool read_compact_row() {
    item_view view;
    compact_cursor text(text_, cursor_.position());
    if (cursor_.room() == 0 || !read_compact_fields(text, view) || !has_identity(view))
      return false;
    const char first = text.at_end() ? '\0' : text_[text.position()];
    if (first != '{' && first != 'n')
      return false;
    if (!values_.read_compact(text, cursor_.room() - 1, storage_) || !text.pass("}"))
      return false;
    if (count_ < items_.size())
      write_over(items_[count_], view);
    else
      append(view);
    ++count_;
    cursor_.move_to(text.position());
    return true;
  }

  void append(const item_view& view) {
#if defined(__cpp_aggregate_paren_init)
    items_.emplace_back(plain{view.target_namespace}, plain{view.target_name}, plain{view.namespace_},
                        plain{view.name}, plain{view.group}, plain{view.version}, plain{view.kind},
                        plain{view.uid}, values_.take());
#else // clang before 16: made apart and moved
    items_.push_back({plain{view.target_namespace}, plain{view.target_name}, plain{view.namespace_},
                      plain{view.name}, plain{view.group}, plain{view.version}, plain{view.kind},
                      plain{view.uid}, values_.take()});
#endif
  }

  /// A row of before keeps the room that its texts have.
  void write_over(item& row, const item_view& view) {
    row.target_namespace = view.target_namespace.raw();
    row.target_name = view.target_name.raw();
    row.namespace_ = view.namespace_.raw();
    row.name = view.name.raw();
    row.group = view.group.raw();
    row.version = view.version.raw();
    row.kind = view.kind.raw();
    row.uid = view.uid.raw();
    std::destroy_at(&row.attributes); // as a value keeps its storage, whatever is assigned to it
    ::new (&row.attributes) boost::json::value(values_.take());
  }

  bool read_any_row() {
    static constexpr auto fields = text_fields<item>();
    if (count_ < items_.size())
      items_[count_] = {};
    else
      items_.emplace_back();
    auto& row = items_[count_++];
    place_ = {.wanted = "an object", .row = count_};
    std::bitset<fields.size() + 1> seen;
    if (cursor_.peek() != '{')
      return cursor_.fail_type();
    const std::size_t begin = cursor_.position();
    row_field_finder finder;
    const bool is_read = cursor_.read_object([&](const json_string& name) {
      const std::size_t index = finder.find(name);
      place_.name = name;
      place_.wanted = index == finder.attributes ? "an object or null" : "a string";
      if (index == finder.unknown)
        return cursor_.fail(error::unknown_field, cursor_.begin_of(name));
      if (seen[index])
        return cursor_.fail(error::duplicate_field, cursor_.begin_of(name));
      seen.set(index);
      return index == finder.attributes ? read_attributes(row.attributes)
                                        : read_text(row.*(fields[index].second));
    });
    if (!is_read)
      return false;
    for (std::size_t index = 0; index < fields.size(); ++index) {
      if (seen[index] || fields[index].first == "group")
        continue;
      place_.name = json_string(fields[index].first, true);
      return cursor_.fail(error::missing_field, begin);
    }
    place_.name = {};
    place_.wanted = "a name or a uid";
    if (!has_identity(row))
      return cursor_.fail(error::missing_field, begin);
    return true;
  }

  bool read_text(std::string& out) {
    json_string value;
    if (cursor_.peek() != '"')
      return cursor_.fail_type();
    if (!cursor_.read_string(value))
      return false;
    value.append_to(out);
    return true;
  }

  bool read_attributes(boost::json::value& out) {
    const char first = cursor_.peek();
    if (first != '{' && first != 'n')
      return cursor_.fail_type();
    give_storage(out);
    return values_.read(out, storage_);
  }

  /// A value keeps the storage that it was made with, whatever is assigned to it.
  void give_storage(boost::json::value& out) const {
    out.~value();
    ::new (&out) boost::json::value(storage_);
  }

  static field_place text_place() {
    return {.wanted = "an array of rows", .whole = "the text"};
  }

  static constexpr std::size_t least_likely_row = 256; // bytes: as long as the names and an uid are

  std::string_view text_;
  json_cursor cursor_;
  value_reader values_;
  boost::json::storage_ptr storage_;
  std::vector<item>& items_;
  std::size_t count_ = 0;            ///< of the rows that have been read
  field_place place_ = text_place(); ///< that is being read
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

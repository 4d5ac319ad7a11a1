#ifndef KOLLECT_DETAIL_ITEM_READER_HPP
#define KOLLECT_DETAIL_ITEM_READER_HPP

#include <kollect/detail/compact_cursor.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/item.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Tells which field of a row a name is. Rows have their fields in the order of ROW-01, so the one after the
/// last found is looked at first.
class row_field_finder {
public:
  static constexpr std::size_t attributes = 8, unknown = 9;

  /// The field's place in text_fields(), or one of the above.
  std::size_t find(const json_string& name) {
    if (next_ < unknown && name == names[next_])
      return next_++;
    const auto found = std::find_if(names.begin(), names.end(), [&](auto known) { return name == known; });
    next_ = static_cast<std::size_t>(found - names.begin());
    return next_++;
  }

private:
  static constexpr auto names = [] {
    std::array<std::string_view, unknown> out{};
    constexpr auto fields = text_fields<item_view>();
    for (std::size_t index = 0; index < fields.size(); ++index)
      out[index] = fields[index].first;
    out[attributes] = "attributes";
    return out;
  }();

  std::size_t next_ = 0;
};

/// How much of a row's text is looked at.
enum class row_text_state {
  unchecked, ///< all of it
  checked    ///< it has been found good before: of attributes and unknown fields only the ends are looked for
};

/// The row up to its attributes, if it is spelled as a producer spells it: in the order of ROW-01, texts
/// plain. `row` may hold the row before, whose texts are likely to be as long.
[[nodiscard]] inline bool read_compact_fields(compact_cursor& text, item_view& row) noexcept {
  return text.pass(R"({"targetNamespace":")") && text.read_likely(row.target_namespace) &&
         text.pass(R"(,"targetName":")") && text.read_likely(row.target_name) &&
         text.pass(R"(,"namespace":")") && text.read_likely(row.namespace_) && text.pass(R"(,"name":")") &&
         text.read_likely(row.name) &&
         (text.pass(R"(,"group":")") ? text.read_likely(row.group) : (row.group = {}, true)) &&
         text.pass(R"(,"version":")") && text.read_likely(row.version) && text.pass(R"(,"kind":")") &&
         text.read_likely(row.kind) && text.pass(R"(,"uid":")") && text.read_likely(row.uid) &&
         text.pass(R"(,"attributes":)");
}

/// Reads a row that is spelled so as a whole, and moves the cursor behind it. False: nothing has happened but
/// to `row`.
template <row_text_state state>
bool read_compact_item(json_cursor& cursor, std::string_view text, item_view& row,
                       simd::running_digest* digest) noexcept {
  const std::size_t begin = cursor.position();
  compact_cursor quick(text, begin);
  if (cursor.room() == 0 || !read_compact_fields(quick, row))
    return false;
  const std::size_t from = quick.position();
  if (from == text.size() || (text[from] != '{' && text[from] != 'n'))
    return false;
  if constexpr (state == row_text_state::checked) {
    const std::size_t end = simd::find_value_end(text, from);
    if (end == std::string_view::npos)
      return false;
    quick = compact_cursor(text, end);
  } else {
    if (!(text[from] == 'n' ? quick.pass("null") : quick.pass_container(cursor.room() - 1, digest)))
      return false;
  }
  row.attributes = text.substr(from, quick.position() - from);
  if (!quick.pass("}"))
    return false;
  row.raw = text.substr(begin, quick.position() - begin);
  cursor.move_to(quick.position());
  return true;
}

/// What a row must at least have for a consumer to tell it from others (ROW-03): rows of older operators lack
/// other fields of ROW-01.
template <class Row>
bool has_identity(const Row& row) noexcept {
  return !row.uid.empty() || !row.name.empty();
}

/// Reads any row, its brace next. `place` is told which field is read.
template <row_text_state state>
bool read_any_item(json_cursor& cursor, std::string_view text, item_view& row, field_place& place) {
  static constexpr auto fields = text_fields<item_view>();
  std::bitset<row_field_finder::unknown> seen;
  row_field_finder finder;
  place.name = {};
  place.wanted = "an object";
  if (cursor.peek() != '{')
    return cursor.fail_type();
  const std::size_t begin = cursor.position();

  const bool is_read = cursor.read_object([&](const json_string& name) {
    const std::size_t index = finder.find(name);
    if constexpr (state == row_text_state::unchecked) {
      place.name = name;
      place.wanted = index == finder.attributes ? "an object or null" : "a string";
    }
    if (index != finder.unknown) {
      if (seen[index])
        return cursor.fail(error::duplicate_field, cursor.begin_of(name));
      seen.set(index);
    }
    const char first = cursor.peek();
    if (index < fields.size())
      return first == '"' ? cursor.read_string(row.*(fields[index].second)) : cursor.fail_type();
    if (index == finder.attributes && first != '{' && first != 'n')
      return cursor.fail_type();
    std::string_view ignored;
    auto& value = index == finder.attributes ? row.attributes : ignored;
    if constexpr (state == row_text_state::checked)
      return cursor.pass_value(value);
    else
      return cursor.skip_value(value);
  });
  if (!is_read)
    return false;
  row.raw = text.substr(begin, cursor.position() - begin);
  if constexpr (state == row_text_state::unchecked) {
    place.name = {};
    place.wanted = "a name or a uid";
    if (!has_identity(row))
      return cursor.fail(error::missing_field, begin);
  }
  return true;
}

/// Reads one row, its brace next. Fields may come in any order and unknown ones are passed over, as
/// later producers may add some; a known field twice is refused, as nobody could say which one counts, and so
/// is a row with neither name nor uid. `digest`, if any, follows at some distance.
template <row_text_state state = row_text_state::unchecked>
bool read_item(json_cursor& cursor, std::string_view text, item_view& row, field_place& place,
               simd::running_digest* digest = nullptr) {
  const std::size_t begin = cursor.position();
  if (read_compact_item<state>(cursor, text, row, digest)) [[likely]] {
    if (state == row_text_state::checked || has_identity(row)) [[likely]]
      return true;
    cursor.move_to(begin);
  }
  row = {};
  return read_any_item<state>(cursor, text, row, place);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

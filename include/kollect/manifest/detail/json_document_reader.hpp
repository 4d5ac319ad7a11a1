#ifndef KOLLECT_MANIFEST_DETAIL_JSON_DOCUMENT_READER_HPP
#define KOLLECT_MANIFEST_DETAIL_JSON_DOCUMENT_READER_HPP

#include <kollect/detail/json_cursor.hpp>
#include <kollect/error.hpp>
#include <kollect/json_string.hpp>
#include <kollect/manifest/detail/document_builder.hpp>
#include <kollect/manifest/detail/line_counter.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// True where decoding would have to put U+FFFD in the place of half a surrogate pair.
[[nodiscard]] inline bool has_lone_surrogate(std::string_view raw) noexcept {
  for (std::size_t at = 0; at + 1 < raw.size(); ++at) {
    if (raw[at] != '\\')
      continue;
    if (raw[++at] != 'u')
      continue;
    const auto code = read_hex4(raw, at + 1).value_or(0);
    if (code < 0xD800 || code > 0xDFFF)
      continue;
    const auto low = raw.substr(at + 5, 2) == "\\u" ? read_hex4(raw, at + 7).value_or(0) : 0;
    if (code > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
      return true;
    at += 10;
  }
  return false;
}

/// Drives a document_builder from JSON text. Recursion is as deep as document_limits::max_depth.
class json_document_reader {
public:
  json_document_reader(std::string_view text, std::string source, const document_limits& bounds)
      : cursor_(text, max_depth_ceiling), lines_(text), builder_(std::move(source), bounds) {}

  [[nodiscard]] result<document> read() {
    if (read_value() && !cursor_.at_end())
      refuse("there is more text after the JSON value", cursor_.position());
    if (cursor_.failed())
      refuse(describe(cursor_.reason()).sentence, cursor_.failed_at());
    if (builder_.failed())
      return *builder_.failed();
    return builder_.take();
  }

private:
  bool refuse(std::string what, std::size_t offset) {
    return builder_.refuse(std::move(what), lines_.at(offset));
  }

  bool read_value() {
    const char first = cursor_.peek();
    const auto begin = cursor_.position();
    std::string_view raw;
    switch (first) {
    case '{':
      return read_mapping(begin);
    case '[':
      return read_sequence(begin);
    case '"':
      return read_string();
    case 't':
    case 'f':
      return cursor_.skip_value(raw) &&
             builder_.scalar(node_kind::boolean, std::string(raw), false, lines_.at(begin));
    case 'n':
      return cursor_.skip_value(raw) && builder_.scalar(node_kind::null, {}, false, lines_.at(begin));
    default:
      return cursor_.read_number(raw) &&
             builder_.scalar(node_kind::number, std::string(raw), false, lines_.at(begin));
    }
  }

  bool read_mapping(std::size_t begin) {
    if (!builder_.begin(node_kind::mapping, lines_.at(begin)))
      return false;
    const auto on_field = [this](const json_string& name) { return add_string(name) && read_value(); };
    if (!cursor_.read_object(on_field))
      return false;
    builder_.end();
    return true;
  }

  bool read_sequence(std::size_t begin) {
    if (!builder_.begin(node_kind::sequence, lines_.at(begin)))
      return false;
    if (!cursor_.read_array([this] { return read_value(); }))
      return false;
    builder_.end();
    return true;
  }

  bool read_string() {
    json_string value;
    return cursor_.read_string(value) && add_string(value);
  }

  bool add_string(const json_string& value) {
    const auto begin = cursor_.begin_of(value);
    if (!value.is_plain() && has_lone_surrogate(value.raw()))
      return refuse("half a surrogate pair is not a character", begin);
    return builder_.scalar(node_kind::string, value.decode(), true, lines_.at(begin));
  }

  json_cursor cursor_;
  line_counter lines_;
  document_builder builder_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

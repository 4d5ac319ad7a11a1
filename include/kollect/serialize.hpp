#ifndef KOLLECT_SERIALIZE_HPP
#define KOLLECT_SERIALIZE_HPP

#include <kollect/detail/json_writer.hpp>
#include <kollect/envelope.hpp>
#include <kollect/item.hpp>
#include <kollect/limits.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/text_end.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

// Strings and numbers for those who write JSON by hand, as Go's encoding/json writes them.

/// A string with its quotes; bytes that are not UTF-8 become the escape of U+FFFD (BYT-03). Linear.
inline void append_json(text_end& out, std::string_view text) {
  detail::append_string(out, text);
}
/// An integer in decimal (BYT-04).
inline void append_json(text_end& out, std::int64_t number) {
  detail::append_integer(out, number);
}
/// The shortest text that reads back as the same double (BYT-04). It must be finite.
inline void append_json(text_end& out, double number) {
  detail::append_double(out, number);
}

/// The bytes of a value as Go's encoding/json writes them (BYT-01 to BYT-04). error::invalid_value for a NaN
/// or an infinity in it, error::too_deep where it nests deeper than limits::max_depth, itself the first
/// level. Linear but for the sorting of keys.
[[nodiscard]] inline result<std::string> serialize(const boost::json::value& value,
                                                   const limits& bounds = {}) {
  std::string out;
  {
    text_end end(out, write_ahead);
    detail::value_writer writer(end, std::min(bounds.max_depth, max_depth_ceiling));
    writer.append(value);
    if (!writer.is_good())
      return writer.reason(bounds);
  }
  return out;
}

namespace detail {

/// Writes rows, and notes the first that is none, so that the caller may ask once.
class row_writer {
public:
  /// `around`: how many levels the rows stand in.
  row_writer(text_end& out, const limits& bounds, std::size_t around)
      : out_(out), bounds_(bounds), values_(out, room(bounds, around + 1)) {}

  void append(const item& row) {
    static constexpr auto fields = text_fields<item>();
    char separator = '{';
    for (const auto& [name, field] : fields) {
      if (field == &item::group && row.group.empty())
        continue;
      out_ += separator;
      out_ += '"';
      (out_ += name) += "\":";
      append_string(out_, row.*field);
      separator = ',';
    }
    out_ += ",\"attributes\":";
    values_.append(row.attributes);
    out_ += '}';
    const bool is_row =
        has_identity(row) && (row.attributes.is_object() || row.attributes.is_null()) && values_.is_good();
    if (!is_row && wrong_ == nullptr) [[unlikely]]
      wrong_ = &row;
  }

  [[nodiscard]] bool is_good() const noexcept { return wrong_ == nullptr; }

  /// What is wrong with the first bad row. Rows must not have moved since.
  [[gnu::cold]] failure reason() const {
    const std::string which = "the row " + to_string(wrong_->identity());
    if (!has_identity(*wrong_))
      return make_failure(error::missing_field, which + " has neither name nor uid", "ROW-01");
    if (!wrong_->attributes.is_object() && !wrong_->attributes.is_null())
      return make_failure(error::wrong_type, which + " has attributes that are neither an object nor null",
                          "ROW-02");
    auto why = values_.reason(bounds_);
    why.message = which + ": " + why.message;
    return why;
  }

private:
  [[nodiscard]] static std::size_t room(const limits& bounds, std::size_t around) noexcept {
    const std::size_t deepest = std::min(bounds.max_depth, max_depth_ceiling);
    return deepest - std::min(deepest, around);
  }

  text_end& out_;
  const limits& bounds_;
  value_writer values_;
  const item* wrong_ = nullptr;
};

/// A row stands in the envelope, the export envelope and the array.
inline constexpr std::size_t levels_around_rows = 3;

[[nodiscard]] inline result<void> append_item(std::string& out, const item& row, const limits& bounds,
                                              std::size_t around) {
  const std::size_t before = out.size();
  std::optional<failure> why;
  {
    text_end end(out);
    row_writer writer(end, bounds, around);
    writer.append(row);
    if (!writer.is_good())
      why = writer.reason();
  }
  if (!why)
    return {};
  out.resize(before);
  return std::move(*why);
}

} // namespace detail

/// Appends one row: fields in the order of ROW-01, group left out when empty, attributes null where there are
/// none. error::missing_field for a row with neither name nor uid, error::wrong_type for attributes that are
/// neither an object nor null (ROW-02), and what serialize() says of a value; the row is level 1 then. After
/// an error `out` is as it was.
[[nodiscard]] inline result<void> append_item(std::string& out, const item& row, const limits& bounds = {}) {
  return detail::append_item(out, row, bounds, 0);
}

/// One row's JSON: see append_item().
[[nodiscard]] inline result<std::string> serialize(const item& row, const limits& bounds = {}) {
  std::string out;
  if (auto written = append_item(out, row, bounds); !written)
    return written.error();
  return out;
}

namespace detail {

/// Fails for an instant that no text can say.
[[nodiscard]] inline result<void> check_timestamp(const timestamp& value, std::string_view name,
                                                  std::string_view clause) {
  if (is_valid(value))
    return {};
  return make_failure(error::invalid_timestamp,
                      in_quotes(name) +
                          " must be in the years 0000 to 9999, with less than a second of "
                          "nanoseconds; it is " +
                          to_string(value),
                      clause);
}

/// Appends an event envelope up to its payload.
inline void append_envelope_head(std::string& out, const timestamp& instant, std::string_view cluster,
                                 std::string_view namespace_) {
  out.append("{\"schemaVersion\":\"").append(schema_version_v1alpha1).append("\",\"timestamp\":\"");
  out.append(to_string(instant)).append("\",\"cluster\":");
  append_string(out, cluster);
  out += ",\"namespace\":";
  append_string(out, namespace_);
  out += ",\"payload\":";
}

/// How many bytes an event envelope has around its payload, at most, besides its cluster and namespace.
inline constexpr std::size_t envelope_bytes = 160;

/// Fails unless the text is spelled as a payload must be: no white space outside strings (BYT-01), and in
/// strings nothing raw that Go escapes (BYT-03, BYT-05). It is known to be JSON.
[[nodiscard]] inline result<void> check_compact(std::string_view text, std::string_view what) {
  bool in_string = false;
  const auto refuse = [&](std::size_t at, std::string_view why) {
    return make_failure(error::syntax,
                        std::string(what) + " " + std::string(why) + ": compact_payload() mends that",
                        "BYT-05", text_position{at, 0, 0});
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (letter == '"')
      in_string = !in_string;
    else if (letter == '\\')
      ++at; // an escaped quote does not end the string
    else if (!in_string && (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r'))
      return refuse(at, "has white space between its values");
    else if (letter == '<' || letter == '>' || letter == '&' || is_line_separator(text, at))
      return refuse(at, "has a character in a string that must be escaped");
  }
  return {};
}

/// Fails unless the text is a payload that consumers take: present (ENV-08), of one of the forms of PAY-01,
/// all that parse_payload() checks right, and compact.
[[nodiscard]] inline result<void> check_payload(std::string_view payload, const limits& bounds) {
  if (payload.empty())
    return make_failure(error::empty_export, "there is no payload to export: an empty snapshot is []",
                        "ENV-08");
  if (auto read = parse_payload(payload, bounds); !read)
    return read.error();
  return check_compact(payload, "the payload");
}

} // namespace detail

/// The bytes of an event envelope: five fields in contract order (ENV-02). The payload goes in as it is, once
/// it has been found good: error::empty_export where there is none (ENV-08), error::syntax where it is not
/// compact (BYT-05: see compact_payload()), and else what parse_payload() says.
/// error::unsupported_schema_version for any other than v1alpha1 (ENV-03), error::invalid_timestamp for an
/// instant without a text (ENV-05). Linear.
[[nodiscard]] inline result<std::string> serialize(const envelope& value, const limits& bounds = {}) {
  if (value.schema_version != schema_version_v1alpha1)
    return make_failure(error::unsupported_schema_version,
                        "an envelope of schemaVersion " + detail::in_quotes(value.schema_version) +
                            " cannot be written, only " + std::string(schema_version_v1alpha1),
                        "ENV-03");
  if (auto checked = detail::check_timestamp(value.timestamp, "timestamp", "ENV-05"); !checked)
    return checked.error();
  if (auto checked = detail::check_payload(value.payload, bounds); !checked)
    return checked.error();
  std::string out;
  out.reserve(value.payload.size() + value.cluster.size() + value.namespace_.size() + detail::envelope_bytes);
  detail::append_envelope_head(out, value.timestamp, value.cluster, value.namespace_);
  out.append(value.payload).append("}");
  return out;
}

/// Makes JSON text fit to be a payload: white space outside strings removed, `<` `>` `&` U+2028 and
/// U+2029 within strings escaped, bytes that are not UTF-8 as U+FFFD (BYT-03), everything else left as it is
/// (BYT-05). Which form it has is not looked at. Errors carry the byte offset.
[[nodiscard]] inline result<std::string> compact_payload(std::string_view text, const limits& bounds = {}) {
  detail::json_cursor cursor(text, bounds.max_depth, detail::invalid_utf8::replace);
  cursor.set_depth(1); // in a message the payload stands within the envelope
  std::string_view checked;
  if (!cursor.skip_value(checked))
    return detail::cursor_failure(cursor, 0, "BYT-05");
  if (!cursor.at_end())
    return make_failure(error::trailing_data, "there is more text after the payload", "BYT-05",
                        text_position{cursor.position(), 0, 0});
  std::string out;
  out.reserve(checked.size());
  bool in_string = false;
  for (std::size_t at = 0; at < checked.size(); ++at) {
    const char letter = checked[at];
    if (!in_string && (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r'))
      continue;
    if (letter == '"')
      in_string = !in_string;
    if (letter == '<' || letter == '>' || letter == '&') {
      const auto& escape = detail::escapes[static_cast<unsigned char>(letter)];
      out.append(escape.text.data(), escape.length);
    } else if (detail::is_line_separator(checked, at)) {
      out += checked[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      at += 2;
    } else if (static_cast<unsigned char>(letter) >= 0x80) {
      const std::size_t length = detail::utf8_length(checked, at);
      out += length == 0 ? std::string_view("\uFFFD") : checked.substr(at, length);
      at += length == 0 ? 0 : length - 1;
    } else {
      out += letter;
      if (letter == '\\')
        out += checked[++at]; // an escaped quote does not end the string
    }
  }
  return out;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

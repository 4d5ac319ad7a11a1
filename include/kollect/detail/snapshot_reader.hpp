#ifndef KOLLECT_DETAIL_SNAPSHOT_READER_HPP
#define KOLLECT_DETAIL_SNAPSHOT_READER_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/item_reader.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/simd/sha256.hpp>
#include <kollect/envelope.hpp>
#include <kollect/known_rows.hpp>
#include <kollect/snapshot_view.hpp>
#include <kollect/version.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Reads one payload: parse_snapshot() is its only user.
class snapshot_reader {
public:
  snapshot_reader(const envelope_view& envelope, const limits& bounds, known_rows* known = nullptr)
      : payload_(envelope.payload), base_(envelope.payload_offset()), bounds_(bounds), known_(known),
        cursor_(envelope.payload, bounds.max_depth) {
    cursor_.set_depth(1); // the envelope is level 1
  }

  [[nodiscard]] result<snapshot_view> read() {
    const char first = cursor_.peek();
    if (first == '[') {
      if (!read_items())
        return failed();
    } else if (first == '{') {
      view_.form = payload_form::export_envelope;
      if (!cursor_.read_object([this](const json_string& name) { return read_field(name); }))
        return failed();
    } else {
      std::string_view ignored;
      if (!cursor_.skip_value(ignored))
        return failed();
      return refuse(error::unknown_payload_form, "the payload is neither an array nor an object", "PAY-01",
                    0);
    }
    if (!cursor_.at_end())
      return refuse(error::syntax, "the payload does not end where it should", "PAY-01", cursor_.position());
    if (view_.form == payload_form::array)
      return view_;
    return check_export_envelope();
  }

  /// What has been read so far, for those who want to see a refused payload.
  const snapshot_view& view() const noexcept { return view_; }

private:
  enum field : std::size_t {
    schema_version,
    checksum,
    generation,
    part_index,
    part_total,
    item_count,
    exported_at,
    cluster,
    items,
    field_count
  };
  static constexpr std::array<std::string_view, field_count> names{"schemaVersion", "checksum",  "generation",
                                                                   "partIndex",     "partTotal", "itemCount",
                                                                   "exportedAt",    "cluster",   "items"};

  failure failed() const { return cursor_failure(cursor_, base_, clause_, place_); }
  failure refuse(error reason, std::string sentence, std::string_view clause, std::size_t at) const {
    return make_failure(reason, std::move(sentence), clause, text_position{base_ + at, 0, 0});
  }

  /// The items array; view_.items stays empty unless it is whole.
  bool read_items() {
    clause_ = "ROW-01";
    cursor_.peek();
    const std::size_t begin = cursor_.position();
    item_view row;
    // The checksum's digest is made on the way. Who knows rows may know the digest too, and is asked later.
    std::optional<simd::running_digest> digest;
    if (view_.form != payload_form::array && known_ == nullptr && simd::can_digest())
      digest.emplace(payload_.data() + begin, payload_.data() + payload_.size() - 1); // items come last
    const bool is_read = cursor_.read_array([&] {
      ++view_.item_count;
      return pass_known() || read_row(row, digest ? &*digest : nullptr);
    });
    if (!is_read)
      return false;
    view_.items = payload_.substr(begin, cursor_.position() - begin);
    if (digest)
      if (const auto bytes = digest->finish(view_.items.data() + view_.items.size()))
        view_.items_digest = sha256_digest{*bytes};
    place_ = payload_place();
    return true;
  }

  bool read_row(item_view& row, simd::running_digest* digest) {
    place_.row = view_.item_count;
    if (!read_item(cursor_, payload_, row, place_, digest))
      return false;
    if (digest != nullptr)
      digest->catch_up(row.raw.data() + row.raw.size());
    if (known_ != nullptr)
      known_->pass(row);
    return true;
  }

  /// Passes over a row that was found good before. A row's text ends where its brace is closed: no longer row
  /// begins with the bytes of a shorter one.
  bool pass_known() {
    if (known_ == nullptr || cursor_.peek() != '{')
      return false;
    const std::size_t begin = cursor_.position();
    const std::size_t length = known_->find(payload_.substr(begin), row_room(view_.form, bounds_));
    cursor_.move_to(begin + length);
    return length != 0;
  }

  bool read_field(const json_string& name) {
    clause_ = "PAY-01";
    place_ = payload_place();
    place_.name = name;
    std::size_t index = 0;
    while (index < names.size() && !(name == names[index]))
      ++index;
    std::string_view ignored;
    if (index == field_count)
      return cursor_.skip_value(ignored);
    if (std::exchange(seen_[index], true))
      return cursor_.fail(error::duplicate_field, cursor_.begin_of(name));
    const char first = cursor_.peek();
    at_[index] = cursor_.position();
    place_.wanted = wanted_type(index);
    switch (index) {
    case items:
      return first == '[' ? read_items() : cursor_.fail_type();
    case generation:
    case part_index:
    case part_total:
    case item_count:
      return read_integer(numbers_[index]);
    default:
      return first == '"' ? cursor_.read_string(texts_[index]) : cursor_.fail_type();
    }
  }

  static field_place payload_place() { return {.whole = "the payload"}; }

  static std::string_view wanted_type(std::size_t index) noexcept {
    switch (index) {
    case items:
      return "an array";
    case generation:
    case part_index:
    case part_total:
    case item_count:
      return "an integer that fits 64 bits";
    default:
      return "a string";
    }
  }

  bool read_integer(std::int64_t& out) {
    const char first = cursor_.peek();
    const std::size_t begin = cursor_.position();
    if (first != '-' && (first < '0' || first > '9'))
      return cursor_.fail_type();
    std::string_view text;
    if (!cursor_.read_number(text))
      return false;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    return (code == std::errc{} && end == text.data() + text.size()) ||
           cursor_.fail(error::wrong_type, begin);
  }

  [[nodiscard]] result<snapshot_view> check_export_envelope() {
    if (!seen_[items])
      return refuse(error::unknown_payload_form, "the payload is an object without \"items\"", "PAY-01", 0);
    if (!texts_[schema_version].empty() && !(texts_[schema_version] == schema_version_v1alpha1))
      return refuse(error::unsupported_schema_version,
                    "the payload's \"schemaVersion\" is " + in_quotes(texts_[schema_version].decode()) +
                        "; this consumer knows only " + std::string(schema_version_v1alpha1),
                    "ENV-03", at_[schema_version]);
    if (!seen_[exported_at])
      return refuse(error::missing_field, "the export envelope has no field \"exportedAt\"", "PAY-04", 0);
    auto instant = parse_timestamp(texts_[exported_at].decode());
    if (!instant)
      return refuse(error::invalid_timestamp, "\"exportedAt\": " + instant.error().message, "PAY-04",
                    at_[exported_at]);
    view_.exported_at = *instant;
    view_.generation = numbers_[generation];
    if (auto checked = check_parts(); !checked)
      return checked.error();
    if (auto checked = check_checksum(); !checked)
      return checked.error();
    return view_;
  }

  [[nodiscard]] result<void> check_checksum() {
    if (seen_[item_count] && numbers_[item_count] != static_cast<std::int64_t>(view_.item_count))
      return refuse(error::item_count_mismatch,
                    "itemCount says " + std::to_string(numbers_[item_count]) + ", there are " +
                        std::to_string(view_.item_count) + " items",
                    "PAY-03", at_[item_count]);
    if (known_ != nullptr)
      view_.items_digest = known_->digest_of(view_.items);
    if (!view_.items_digest)
      view_.items_digest = sha256(view_.items);
    if (!seen_[checksum])
      return {};
    view_.checksum = texts_[checksum];
    const auto actual = to_string(*view_.items_digest);
    if (texts_[checksum] == actual)
      return {};
    return refuse(error::checksum_mismatch,
                  "the items have the SHA-256 " + actual + ", not the checksum given", "PAY-02",
                  at_[checksum]);
  }

  [[nodiscard]] result<void> check_parts() {
    const std::int64_t index = numbers_[part_index], total = numbers_[part_total];
    if (index == 0 && total == 0)
      return {};
    if (total < 1 || index < 1 || index > total || total > static_cast<std::int64_t>(bounds_.max_part_total))
      return refuse(error::part_out_of_range,
                    "part " + std::to_string(index) + " of " + std::to_string(total) +
                        " is not possible (partTotal may be 1 to " + std::to_string(bounds_.max_part_total) +
                        ")",
                    "MP-04", seen_[part_index] ? at_[part_index] : at_[part_total]);
    if (total == 1)
      return {}; // a set of one is whole
    view_.form = payload_form::multipart;
    view_.part_index = static_cast<std::uint32_t>(index);
    view_.part_total = static_cast<std::uint32_t>(total);
    return {};
  }

  std::string_view payload_;
  std::size_t base_;
  limits bounds_;
  known_rows* known_;
  json_cursor cursor_;
  snapshot_view view_;
  std::string_view clause_ = "PAY-01";
  field_place place_ = payload_place();
  std::array<bool, field_count> seen_{};
  std::array<std::size_t, field_count> at_{};
  std::array<json_string, field_count> texts_{};
  std::array<std::int64_t, field_count> numbers_{};
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

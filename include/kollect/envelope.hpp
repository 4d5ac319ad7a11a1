#ifndef KOLLECT_ENVELOPE_HPP
#define KOLLECT_ENVELOPE_HPP

#include <kollect/detail/compact_cursor.hpp>
#include <kollect/detail/json_cursor.hpp>
#include <kollect/detail/simd/scan.hpp>
#include <kollect/error.hpp>
#include <kollect/json_string.hpp>
#include <kollect/limits.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// The one schema version there is (ENV-03).
inline constexpr std::string_view schema_version_v1alpha1 = "kollect.dev/v1alpha1";

/// The event envelope (ENV-02): one message's worth of JSON, owning its text.
struct envelope {
  std::string schema_version{schema_version_v1alpha1}; ///< ENV-03
  kollect::timestamp timestamp{};                      ///< ENV-05: a new one at each export call
  std::string cluster{};                               ///< ENV-06
  std::string namespace_{};                            ///< ENV-07: the inventory's
  std::string payload{};                               ///< JSON text in one of the forms of PAY-01

  friend bool operator==(const envelope&, const envelope&) = default;
};

/// The event envelope as it stands in a message: nothing is copied. Valid as long as the bytes are.
///
/// The header fields are checked. The payload's extent is known, its inside is not yet looked at:
/// that is parse_snapshot()'s work, which a duplicate is spared.
struct envelope_view {
  std::string_view message{};     ///< the whole message
  json_string schema_version{};   ///< empty where absent, which means v1alpha1 (ENV-03)
  json_string timestamp_text{};   ///< as sent: part of the dedup key
  kollect::timestamp timestamp{}; ///< the same as an instant
  json_string cluster{};          ///< ENV-06
  json_string namespace_{};       ///< ENV-07
  std::string_view payload{};     ///< raw bytes, the ones that DED-02 hashes

  /// Where the payload begins in the message, in bytes.
  [[nodiscard]] std::size_t payload_offset() const noexcept {
    return static_cast<std::size_t>(payload.data() - message.data());
  }
};

namespace detail {

/// What is said of a name over limits::max_name_bytes.
[[nodiscard]] inline failure name_too_long(const std::string& what, std::size_t size, std::size_t most,
                                           std::string_view clause, std::optional<text_position> where = {}) {
  return make_failure(error::too_large,
                      what + " has " + std::to_string(size) + " bytes, more than max_name_bytes (" +
                          std::to_string(most) + ")",
                      clause, where);
}

/// Reads the fields of one envelope object, in any order, known ones once each.
class envelope_reader {
public:
  envelope_reader(std::string_view message, const limits& bounds)
      : cursor_(message, bounds.max_depth), max_name_bytes_(bounds.max_name_bytes) {
    view_.message = message;
  }

  /// `find_end(text, at)` answers as detail::simd::find_value_end() does, and is asked for the payload's end.
  template <class FindEnd>
  [[nodiscard]] result<envelope_view> read(FindEnd find_end) {
    if (read_compact(find_end))
      return check();
    view_ = {.message = view_.message};
    const bool is_read = cursor_.read_object([this](const json_string& name) { return read_field(name); });
    if (!is_read)
      return cursor_failure(cursor_, 0, clause_, place_);
    if (auto unique = check_unknown(); !unique)
      return unique.error();
    if (!cursor_.at_end())
      return make_failure(error::trailing_data, "there is more text after the envelope", "ENV-01",
                          at(cursor_.position()));
    for (std::size_t index = 0; index < seen_.size(); ++index)
      if (!seen_[index] && index != 0)
        return make_failure(error::missing_field, "the envelope has no field " + in_quotes(names[index]),
                            "ENV-02", at(0));
    return check();
  }

private:
  static constexpr std::array<std::string_view, 5> names{"schemaVersion", "timestamp", "cluster", "namespace",
                                                         "payload"};
  [[nodiscard]] static text_position at(std::size_t offset) { return {offset, 0, 0}; }

  /// The envelope as producers spell it: fields in contract order, texts plain, and nothing after the
  /// payload.
  template <class FindEnd>
  [[nodiscard]] bool read_compact(FindEnd find_end) noexcept {
    compact_cursor text(view_.message, 0);
    if (cursor_.room() == 0 || !text.pass(R"({"schemaVersion":")") ||
        !text.read_plain(view_.schema_version) || !text.pass(R"(,"timestamp":")") ||
        !text.read_plain(view_.timestamp_text) || !text.pass(R"(,"cluster":")") ||
        !text.read_plain(view_.cluster) || !text.pass(R"(,"namespace":")") ||
        !text.read_plain(view_.namespace_) || !text.pass(R"(,"payload":)"))
      return false;
    const std::size_t begin = text.position(), end = find_end(view_.message, begin);
    if (end == std::string_view::npos || end + 1 != view_.message.size() || view_.message[end] != '}' ||
        end == begin)
      return false;
    version_at_ = cursor_.begin_of(view_.schema_version);
    timestamp_at_ = cursor_.begin_of(view_.timestamp_text);
    view_.payload = view_.message.substr(begin, end - begin);
    return true;
  }

  [[nodiscard]] bool read_field(const json_string& name) {
    const auto found = std::find_if(names.begin(), names.end(), [&](auto known) { return name == known; });
    const auto index = static_cast<std::size_t>(found - names.begin());
    clause_ = "ENV-02";
    place_.name = name;
    if (found == names.end())
      return read_unknown(name);
    place_.wanted = "a string";
    if (std::exchange(seen_[index], true))
      return cursor_.fail(error::duplicate_field, cursor_.begin_of(name));
    if (index == 4)
      return skip_payload();
    if (cursor_.peek() != '"')
      return cursor_.fail_type();
    const std::size_t begin = cursor_.position();
    json_string* const fields[] = {&view_.schema_version, &view_.timestamp_text, &view_.cluster,
                                   &view_.namespace_};
    if (index == 1)
      timestamp_at_ = begin;
    if (index == 0)
      version_at_ = begin;
    return cursor_.read_string(*fields[index]);
  }

  /// An unknown field is passed over (ENV-02), however many there are, but its value is checked.
  [[nodiscard]] bool read_unknown(const json_string& name) {
    note_unknown(hash_of(name));
    std::string_view ignored;
    return cursor_.skip_value(ignored);
  }

  void note_unknown(std::size_t hash) {
    if (unknown_count_ < few_unknown_.size()) {
      few_unknown_[unknown_count_++] = hash;
      return;
    }
    if (many_unknown_.empty())
      many_unknown_.assign(few_unknown_.begin(), few_unknown_.end());
    many_unknown_.push_back(hash);
    ++unknown_count_;
  }

  [[nodiscard]] static std::size_t hash_of(const json_string& name) {
    const std::hash<std::string_view> hash;
    return name.is_plain() ? hash(name.raw()) : hash(name.decode());
  }

  /// One unknown name twice is refused like a known one, as nobody could say which counts. O(n log n) for n
  /// of them, eight bytes each.
  [[nodiscard]] result<void> check_unknown() {
    std::size_t* const hashes = many_unknown_.empty() ? few_unknown_.data() : many_unknown_.data();
    std::sort(hashes, hashes + unknown_count_);
    if (std::adjacent_find(hashes, hashes + unknown_count_) == hashes + unknown_count_)
      return {};
    // Two names with one hash can be built by hand: so now the names themselves are looked at.
    std::set<std::string> seen;
    json_cursor again(view_.message, max_depth_ceiling);
    const bool is_unique = again.read_object([&](const json_string& name) {
      place_.name = name;
      std::string_view ignored;
      return seen.insert(name.decode()).second ? again.skip_value(ignored)
                                               : again.fail(error::duplicate_field, again.begin_of(name));
    });
    if (is_unique)
      return {};
    return cursor_failure(again, 0, "ENV-02", place_);
  }

  [[nodiscard]] bool skip_payload() {
    cursor_.peek();
    const std::size_t begin = cursor_.position();
    const std::size_t end = detail::simd::find_value_end(view_.message, begin);
    if (begin == view_.message.size() || end == std::string_view::npos)
      return cursor_.fail(error::truncated, view_.message.size());
    if (end == begin)
      return cursor_.fail(error::syntax, begin);
    view_.payload = view_.message.substr(begin, end - begin);
    cursor_.move_to(end);
    return true;
  }

  [[nodiscard]] result<envelope_view> check() {
    if (!view_.schema_version.empty() && !(view_.schema_version == schema_version_v1alpha1))
      return make_failure(error::unsupported_schema_version,
                          "\"schemaVersion\" is " + in_quotes(view_.schema_version.decode()) +
                              "; this consumer knows only " + std::string(schema_version_v1alpha1),
                          "ENV-03", at(version_at_));
    const auto& text = view_.timestamp_text;
    auto instant = parse_timestamp(text.is_plain() ? text.raw() : std::string_view(text.decode()));
    if (!instant) {
      auto reason = instant.error();
      reason.message = "\"timestamp\": " + reason.message;
      reason.position = at(timestamp_at_);
      return reason;
    }
    view_.timestamp = *instant;
    if (auto sized = check_name("cluster", view_.cluster, "ENV-06"); !sized)
      return sized.error();
    if (auto sized = check_name("namespace", view_.namespace_, "ENV-07"); !sized)
      return sized.error();
    return view_;
  }

  [[nodiscard]] result<void> check_name(std::string_view field, const json_string& name,
                                        std::string_view clause) const {
    if (name.raw().size() <= max_name_bytes_) // an escape is never shorter than what it stands for
      return {};
    const auto size = name.is_plain() ? name.raw().size() : name.decode().size();
    if (size <= max_name_bytes_)
      return {};
    return name_too_long("\"" + std::string(field) + "\"", size, max_name_bytes_, clause,
                         at(cursor_.begin_of(name)));
  }

  json_cursor cursor_;
  envelope_view view_;
  std::array<bool, 5> seen_{};
  std::array<std::size_t, 32> few_unknown_{}; // hashes of names: no allocation for a few
  std::vector<std::size_t> many_unknown_;     // all of them, once there are more
  std::size_t unknown_count_ = 0;
  field_place place_{.wanted = "an object", .whole = "the message"};
  std::string_view clause_ = "ENV-01";
  std::size_t timestamp_at_ = 0;
  std::size_t version_at_ = 0;
  std::size_t max_name_bytes_;
};

/// Whatever is read of a message must have bytes, and not too many.
[[nodiscard]] inline result<void> check_size(std::string_view message, const limits& bounds) {
  if (message.empty())
    return make_failure(error::empty_message, "the message has no bytes", "ENV-08");
  if (message.size() > bounds.max_message_bytes)
    return make_failure(error::too_large,
                        "the message has " + std::to_string(message.size()) +
                            " bytes, more than max_message_bytes (" +
                            std::to_string(bounds.max_message_bytes) + ")",
                        "SIZE-01");
  return {};
}

} // namespace detail

/// Reads the header of one message and finds its payload.
///
/// Fields may come in any order, and unknown ones are passed over (ENV-02). An absent or empty
/// schemaVersion counts as v1alpha1; any other is error::unsupported_schema_version (ENV-03). One name twice
/// is error::duplicate_field, be it known or not. Bytes in a string that are not UTF-8 are
/// error::invalid_utf8; an escaped lone surrogate is U+FFFD (BYT-03). A cluster or namespace over
/// limits::max_name_bytes is error::too_large. Errors name the field and carry the
/// byte offset. Linear in the message, O(n log n) in its unknown fields; the payload is only scanned for its
/// end. Allocates nothing for a message with up to 32 unknown fields.
[[nodiscard]] inline result<envelope_view> parse_envelope(std::string_view message,
                                                          const limits& bounds = {}) {
  if (auto sized = detail::check_size(message, bounds); !sized)
    return sized.error();
  return detail::envelope_reader(message, bounds).read([](std::string_view text, std::size_t at) noexcept {
    return detail::simd::find_value_end(text, at);
  });
}
template <detail::temporary_text Text, class... Rest>
result<envelope_view> parse_envelope(Text&&, Rest&&...) = delete; // a view of it would dangle

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

#ifndef KOLLECT_ERROR_HPP
#define KOLLECT_ERROR_HPP

#include <kollect/detail/printable.hpp>
#include <kollect/version.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <compare>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What went wrong. The value's name, as error_name() gives it, is also the reason
/// of a dead letter and the `reason` label in metrics.
enum class error {
  // Bytes that are not the JSON they should be.
  syntax = 1,      ///< not JSON
  truncated,       ///< the text ends before the value does
  trailing_data,   ///< something follows the value
  too_deep,        ///< nested deeper than limits::max_depth
  too_large,       ///< longer than a limit allows
  invalid_utf8,    ///< a string holds bytes that are not UTF-8
  number_overflow, ///< a number is beyond the range of a double
  duplicate_field, ///< a field that must be there once is there twice
  missing_field,   ///< a required field is absent
  unknown_field,   ///< a field that a producer must not send
  wrong_type,      ///< a field holds another JSON type than the contract says
  empty_message,   ///< no bytes, or a Kafka tombstone

  // Envelopes and snapshots that contradict the contract.
  unsupported_schema_version, ///< ENV-03
  invalid_timestamp,          ///< ENV-05, PAY-04
  future_timestamp,           ///< dated too far after both clocks to be believed
  unknown_payload_form,       ///< PAY-01
  checksum_mismatch,          ///< PAY-02
  item_count_mismatch,        ///< PAY-03
  part_out_of_range,          ///< MP-04
  part_conflict,              ///< MP-05: one index came with two contents
  torn_set,                   ///< MP-04: parts that never became a whole set
  mass_deletion,              ///< a snapshot would remove more of its scope's rows than is allowed unasked
  unreadable_batch,           ///< the log holds messages there that no client can be given

  // Exports that cannot be published.
  empty_export,          ///< ENV-08
  item_exceeds_limit,    ///< MP-02
  message_exceeds_limit, ///< SIZE-01

  // Manifests, secrets and flags.
  manifest_syntax,
  unknown_key,
  duplicate_key,
  missing_key,
  invalid_value,
  secret_missing,
  file_unreadable,

  // Brokers.
  broker_unavailable,
  broker_timeout,
  authentication_failed, ///< SEC-02: never says more than that it failed
  tls_failed,
  topic_missing,    ///< KAF-06
  not_acknowledged, ///< KAF-03, NAT-05
  transport_fatal,
  closed,

  // Stores.
  store_unavailable,
  store_missing, ///< there is none yet, or not any more
  store_full,
  store_read_only,
  store_locked, ///< another process holds it
  store_corrupt,
  store_too_new,
  fenced,            ///< another owner took the partition over
  instance_replaced, ///< Kafka: a process with our instance id has joined (KIP-345)

  out_of_memory,      ///< less than it takes: see limits, or give more
  out_of_descriptors, ///< this process, or the machine, has as many files and connections open as it may
  internal
};

/// What to do about it. Compare with `code == condition::…`.
enum class condition {
  bad_data = 1,      ///< the message itself is wrong: never retried, becomes a dead letter
  bad_configuration, ///< manifest, secret or flags must be corrected
  unavailable,       ///< broker or database: worth another try later
  authentication,    ///< credentials or certificates were refused
  cannot_store,      ///< the place for output is full, read-only or held by another process
  lost_ownership,    ///< another process owns it now
  out_of_resources,  ///< this process is allowed less memory, or fewer open files, than it takes
  internal           ///< a defect of this software
};

namespace detail {

struct error_text {
  const char* name;
  const char* sentence;
  condition kind;
};

[[nodiscard]] constexpr error_text describe(error value) noexcept {
  using enum condition;
  switch (value) {
  case error::syntax:
    return {"syntax", "the text is not valid JSON", bad_data};
  case error::truncated:
    return {"truncated", "the JSON text ends too early", bad_data};
  case error::trailing_data:
    return {"trailing_data", "there is more text after the JSON value", bad_data};
  case error::too_deep:
    return {"too_deep", "the JSON value is nested too deeply", bad_data};
  case error::too_large:
    return {"too_large", "the input is larger than the limit", bad_data};
  case error::invalid_utf8:
    return {"invalid_utf8", "a string is not valid UTF-8", bad_data};
  case error::number_overflow:
    return {"number_overflow", "a number does not fit a double", bad_data};
  case error::duplicate_field:
    return {"duplicate_field", "a field appears twice", bad_data};
  case error::missing_field:
    return {"missing_field", "a required field is missing", bad_data};
  case error::unknown_field:
    return {"unknown_field", "there is no such field", bad_data};
  case error::wrong_type:
    return {"wrong_type", "a field has the wrong JSON type", bad_data};
  case error::empty_message:
    return {"empty_message", "the message is empty", bad_data};
  case error::unsupported_schema_version:
    return {"unsupported_schema_version", "the schemaVersion is not one this consumer knows", bad_data};
  case error::invalid_timestamp:
    return {"invalid_timestamp", "the timestamp is not RFC 3339 in UTC", bad_data};
  case error::future_timestamp:
    return {"future_timestamp", "the snapshot is dated in the future", bad_data};
  case error::unknown_payload_form:
    return {"unknown_payload_form", "the payload is neither an array nor an export envelope", bad_data};
  case error::checksum_mismatch:
    return {"checksum_mismatch", "the checksum does not match the items", bad_data};
  case error::item_count_mismatch:
    return {"item_count_mismatch", "itemCount does not match the number of items", bad_data};
  case error::part_out_of_range:
    return {"part_out_of_range", "partIndex or partTotal is out of range", bad_data};
  case error::part_conflict:
    return {"part_conflict", "two different parts have the same index", bad_data};
  case error::torn_set:
    return {"torn_set", "the multipart set was never completed", bad_data};
  case error::mass_deletion:
    return {"mass_deletion", "the snapshot would remove too many of its scope's rows", bad_data};
  case error::unreadable_batch:
    return {"unreadable_batch", "the log holds messages that cannot be read", bad_data};
  case error::empty_export:
    return {"empty_export", "there is no payload to export", bad_data};
  case error::item_exceeds_limit:
    return {"item_exceeds_limit", "single item export envelope exceeds maxExportBytes", bad_data};
  case error::message_exceeds_limit:
    return {"message_exceeds_limit", "the message is larger than the broker accepts", bad_data};
  case error::manifest_syntax:
    return {"manifest_syntax", "the manifest is not valid YAML", bad_configuration};
  case error::unknown_key:
    return {"unknown_key", "the manifest has an unknown key", bad_configuration};
  case error::duplicate_key:
    return {"duplicate_key", "the manifest has a key twice", bad_configuration};
  case error::missing_key:
    return {"missing_key", "the manifest lacks a required key", bad_configuration};
  case error::invalid_value:
    return {"invalid_value", "a value is not acceptable", bad_configuration};
  case error::secret_missing:
    return {"secret_missing", "the referenced secret was not found", bad_configuration};
  case error::file_unreadable:
    return {"file_unreadable", "a file cannot be read", bad_configuration};
  case error::broker_unavailable:
    return {"broker_unavailable", "the broker cannot be reached", unavailable};
  case error::broker_timeout:
    return {"broker_timeout", "the broker did not answer in time", unavailable};
  case error::authentication_failed:
    return {"authentication_failed", "the broker refused the credentials", authentication};
  case error::tls_failed:
    return {"tls_failed", "no trusted TLS connection could be made", authentication};
  case error::topic_missing:
    return {"topic_missing", "the topic does not exist", bad_configuration};
  case error::not_acknowledged:
    return {"not_acknowledged", "the broker did not confirm the message", unavailable};
  case error::transport_fatal:
    return {"transport_fatal", "the broker client cannot go on", unavailable};
  case error::closed:
    return {"closed", "the connection has been closed", unavailable};
  case error::store_unavailable:
    return {"store_unavailable", "the store cannot be reached", unavailable};
  case error::store_missing:
    return {"store_missing", "there is no store", unavailable};
  case error::store_full:
    return {"store_full", "the store's disk is full", cannot_store};
  case error::store_read_only:
    return {"store_read_only", "the store cannot be written", cannot_store};
  case error::store_locked:
    return {"store_locked", "another process holds the store", cannot_store};
  case error::store_corrupt:
    return {"store_corrupt", "the store is damaged", cannot_store};
  case error::store_too_new:
    return {"store_too_new", "the store was written by a newer version of this program", bad_configuration};
  case error::fenced:
    return {"fenced", "another process has taken the partition over", lost_ownership};
  case error::instance_replaced:
    return {"instance_replaced", "another process with the same instance id has taken this one's place",
            lost_ownership};
  case error::out_of_memory:
    return {"out_of_memory", "there is not enough memory", out_of_resources};
  case error::out_of_descriptors:
    return {"out_of_descriptors", "too many files and connections are open", out_of_resources};
  case error::internal:
    return {"internal", "this is a defect, please report it", condition::internal};
  }
  return {"unknown", "unknown error", condition::internal};
}

// Boost's base has no virtual destructor, as nobody destroys a category by it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

class condition_category_type final : public boost::system::error_category {
public:
  constexpr condition_category_type() noexcept : error_category(0x6b6f6c6c65637402ULL) {}
  [[nodiscard]] const char* name() const noexcept override { return "kollect.condition"; }
  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<condition>(value)) {
    case condition::bad_data:
      return "bad data";
    case condition::bad_configuration:
      return "bad configuration";
    case condition::unavailable:
      return "unavailable";
    case condition::authentication:
      return "authentication failed";
    case condition::cannot_store:
      return "cannot store";
    case condition::lost_ownership:
      return "lost ownership";
    case condition::out_of_resources:
      return "out of resources";
    case condition::internal:
      return "internal error";
    }
    return "unknown condition";
  }
};

inline constexpr condition_category_type condition_category_instance{};

class error_category_type final : public boost::system::error_category {
public:
  constexpr error_category_type() noexcept : error_category(0x6b6f6c6c65637401ULL) {}
  [[nodiscard]] const char* name() const noexcept override { return "kollect"; }
  [[nodiscard]] std::string message(int value) const override {
    return describe(static_cast<error>(value)).sentence;
  }
  [[nodiscard]] boost::system::error_condition default_error_condition(int value) const noexcept override {
    return {static_cast<int>(describe(static_cast<error>(value)).kind), condition_category_instance};
  }
};

#pragma GCC diagnostic pop

inline constexpr error_category_type error_category_instance{};

} // namespace detail

/// The category of kollect::error values; its id is fixed, so codes compare equal across shared objects.
[[nodiscard]] inline const boost::system::error_category& error_category() noexcept {
  return detail::error_category_instance;
}

/// The stable lower_case name of an error, as in dead letters and metrics.
[[nodiscard]] constexpr std::string_view error_name(error value) noexcept {
  return detail::describe(value).name;
}

inline std::ostream& operator<<(std::ostream& out, error value) {
  return out << error_name(value);
}

/// Found by Boost.System: lets an error be compared with a code.
[[nodiscard]] inline boost::system::error_code make_error_code(error value) noexcept {
  return {static_cast<int>(value), error_category()};
}
/// Found by Boost.System: lets `code == condition::bad_data` compile.
[[nodiscard]] inline boost::system::error_condition make_error_condition(condition value) noexcept {
  return {static_cast<int>(value), detail::condition_category_instance};
}

/// Where in a text a failure was found. Lines and columns count from 1, bytes from 0.
struct text_position {
  std::size_t offset = 0; ///< bytes before it
  std::size_t line = 0;   ///< 0: the text has no lines worth naming (a message)
  std::size_t column = 0; ///< counts bytes; 0 where line is

  friend auto operator<=>(const text_position&, const text_position&) = default;
  friend bool operator==(const text_position&, const text_position&) = default;
};

/// An error with all that a person needs to mend it. The only error type of this library: its functions
/// answer with it and do not throw. Three things throw all the same, as their protocols say: result::value()
/// where there is none, boost::json::value_to() where a value has another shape (json.hpp), and whatever
/// allocates, std::bad_alloc.
struct failure {
  boost::system::error_code code;             ///< from kollect::error
  std::string message;                        ///< one sentence: what is wrong, and what to do next; printable
  std::string_view clause = {};               ///< contract clause such as "ENV-05"; empty where none applies
  std::optional<text_position> position = {}; ///< where in the input
  std::string source = {};                    ///< file, topic or store that it is about
  boost::source_location location = {};       ///< where in this library it was noticed

  /// The code as the enumerator that it was made from.
  [[nodiscard]] error reason() const noexcept { return static_cast<error>(code.value()); }
};

/// Either a value or a failure.
template <class Value>
using result = boost::system::result<Value, failure>;

/// Makes a failure; the place in the source is that of the caller. Control characters, marks that turn the
/// direction of text, and bytes that are not UTF-8 become escapes, so a message may quote what it is about.
/// The clause is not copied: give a literal.
[[nodiscard]] inline failure make_failure(error reason, std::string_view message,
                                          std::string_view clause = {},
                                          std::optional<text_position> position = {},
                                          boost::source_location location = BOOST_CURRENT_LOCATION) {
  return failure{make_error_code(reason), detail::printable(message), clause, position, {}, location};
}
template <detail::temporary_text Clause, class... Rest>
failure make_failure(error, std::string_view, Clause&&, Rest&&...) = delete; // a view of it would dangle

/// The whole failure as one line: `source:line:column: sentence [clause]`; where the text has no lines,
/// `sentence at byte N [clause]`. It is one line, and harmless to a terminal, whatever its parts hold: what
/// make_failure() escapes is escaped here in all of them.
[[nodiscard]] inline std::string to_string(const failure& value) {
  std::string text;
  if (!value.source.empty())
    text += detail::printable(value.source) + ":";
  if (value.position && value.position->line != 0)
    text += std::to_string(value.position->line) + ":" + std::to_string(value.position->column) + ":";
  if (!text.empty())
    text += ' ';
  detail::append_printable(text, value.message.empty() ? value.code.message() : value.message);
  if (value.position && value.position->line == 0)
    text += " at byte " + std::to_string(value.position->offset);
  if (!value.clause.empty())
    text += " [" + detail::printable(value.clause) + "]";
  return text;
}

inline std::ostream& operator<<(std::ostream& out, const failure& value) {
  return out << to_string(value);
}

/// What result<T>::value() throws when there is no value; found by argument-dependent look-up.
[[noreturn]] inline void throw_exception_from_error(const failure& value,
                                                    const boost::source_location& location) {
  boost::throw_exception(boost::system::system_error(value.code, to_string(value)), location);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

namespace boost::system {
template <>
struct is_error_code_enum<kollect::error> : std::true_type {};
template <>
struct is_error_condition_enum<kollect::condition> : std::true_type {};
} // namespace boost::system

#endif

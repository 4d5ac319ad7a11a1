#ifndef KOLLECT_DETAIL_JSON_MEMBERS_HPP
#define KOLLECT_DETAIL_JSON_MEMBERS_HPP

#include <kollect/checksum.hpp>
#include <kollect/dedup_key.hpp>
#include <kollect/diff.hpp>
#include <kollect/envelope.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/message.hpp>
#include <kollect/order.hpp>
#include <kollect/outcome.hpp>
#include <kollect/part_set.hpp>
#include <kollect/position.hpp>
#include <kollect/scope.hpp>
#include <kollect/serialize.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/transport.hpp>
#include <kollect/version.hpp>

#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A member of a value type under the name that its JSON has for it.
template <class Owner, class Member>
struct json_member {
  std::string_view name;
  Member Owner::*place;
};
template <class Owner, class Member>
json_member(std::string_view, Member Owner::*) -> json_member<Owner, Member>;

/// A text that holds JSON.
template <class Owner>
struct json_text_member {
  std::string_view name;
  std::string Owner::*place;
};
template <class Owner>
json_text_member(std::string_view, std::string Owner::*) -> json_text_member<Owner>;

/// The members of the types that are plain records, in the order they are written in.
template <class Type>
struct json_members {};

template <>
struct json_members<scope> {
  static constexpr std::tuple all{json_member{"cluster", &scope::cluster},
                                  json_member{"namespace", &scope::namespace_},
                                  json_member{"inventory", &scope::inventory}};
};
template <>
struct json_members<row_identity> {
  static constexpr std::tuple all{json_member{"targetNamespace", &row_identity::target_namespace},
                                  json_member{"targetName", &row_identity::target_name},
                                  json_member{"namespace", &row_identity::namespace_},
                                  json_member{"name", &row_identity::name},
                                  json_member{"uid", &row_identity::uid}};
};
template <>
struct json_members<envelope> {
  static constexpr std::tuple all{
      json_member{"schemaVersion", &envelope::schema_version}, json_member{"timestamp", &envelope::timestamp},
      json_member{"cluster", &envelope::cluster}, json_member{"namespace", &envelope::namespace_},
      json_text_member{"payload", &envelope::payload}};
};
template <>
struct json_members<snapshot> {
  static constexpr std::tuple all{
      json_member{"scope", &snapshot::scope}, json_member{"generation", &snapshot::generation},
      json_member{"exportedAt", &snapshot::exported_at}, json_member{"items", &snapshot::items}};
};
template <>
struct json_members<dedup_key> {
  static constexpr std::tuple all{
      json_member{"cluster", &dedup_key::cluster}, json_member{"namespace", &dedup_key::namespace_},
      json_member{"timestamp", &dedup_key::timestamp}, json_member{"payload", &dedup_key::payload}};
};
template <>
struct json_members<snapshot_order> {
  static constexpr std::tuple all{json_member{"instant", &snapshot_order::instant},
                                  json_member{"generation", &snapshot_order::generation},
                                  json_member{"digest", &snapshot_order::digest}};
};
template <>
struct json_members<change> {
  static constexpr std::tuple all{
      json_member{"op", &change::kind}, json_member{"identity", &change::identity},
      json_text_member{"before", &change::before}, json_text_member{"after", &change::after},
      json_member{"changedPaths", &change::changed_paths}};
};
template <>
struct json_members<serialized_item> {
  static constexpr std::tuple all{json_member{"sortKey", &serialized_item::sort_key},
                                  json_text_member{"json", &serialized_item::json}};
};
template <>
struct json_members<export_envelope_header> {
  static constexpr std::tuple all{json_member{"generation", &export_envelope_header::generation},
                                  json_member{"partIndex", &export_envelope_header::part_index},
                                  json_member{"partTotal", &export_envelope_header::part_total},
                                  json_member{"itemCount", &export_envelope_header::item_count},
                                  json_member{"exportedAt", &export_envelope_header::exported_at},
                                  json_member{"cluster", &export_envelope_header::cluster}};
};
template <>
struct json_members<header> {
  static constexpr std::tuple all{json_member{"name", &header::name}, json_member{"value", &header::value}};
};
template <>
struct json_members<outgoing_message> {
  static constexpr std::tuple all{
      json_member{"destination", &outgoing_message::destination}, json_member{"key", &outgoing_message::key},
      json_member{"headers", &outgoing_message::headers}, json_member{"value", &outgoing_message::value}};
};
template <>
struct json_members<receipt> {
  static constexpr std::tuple all{json_member{"partition", &receipt::partition},
                                  json_member{"offset", &receipt::offset},
                                  json_member{"duplicate", &receipt::duplicate}};
};
template <>
struct json_members<partition_position> {
  static constexpr std::tuple all{json_member{"partition", &partition_position::partition},
                                  json_member{"nextOffset", &partition_position::next_offset}};
};
template <>
struct json_members<message_position> {
  static constexpr std::tuple all{json_member{"partition", &message_position::partition},
                                  json_member{"offset", &message_position::offset}};
};
template <>
struct json_members<part_set> {
  static constexpr std::tuple all{
      json_member{"scope", &part_set::scope}, json_member{"exportedAt", &part_set::exported_at},
      json_member{"generation", &part_set::generation}, json_member{"partTotal", &part_set::part_total}};
};
template <>
struct json_members<held_part> {
  static constexpr std::tuple all{json_member{"partIndex", &held_part::part_index},
                                  json_member{"digest", &held_part::digest}};
};
template <>
struct json_members<decision> {
  static constexpr std::tuple all{json_member{"outcome", &decision::ending},
                                  json_member{"reason", &decision::why}};
};
template <>
struct json_members<outcome_counts> {
  static constexpr std::tuple all{
      json_member{"consumed", &outcome_counts::consumed},   json_member{"applied", &outcome_counts::applied},
      json_member{"duplicate", &outcome_counts::duplicate}, json_member{"stale", &outcome_counts::stale},
      json_member{"pending", &outcome_counts::pending},     json_member{"refused", &outcome_counts::refused}};
};
template <>
struct json_members<partition_lag> {
  static constexpr std::tuple all{json_member{"partition", &partition_lag::partition},
                                  json_member{"messages", &partition_lag::messages}};
};
template <>
struct json_members<log_identity> {
  static constexpr std::tuple all{json_member{"system", &log_identity::system},
                                  json_member{"name", &log_identity::name}};
};
template <>
struct json_members<text_position> {
  static constexpr std::tuple all{json_member{"offset", &text_position::offset},
                                  json_member{"line", &text_position::line},
                                  json_member{"column", &text_position::column}};
};

/// A type that is an object of its members.
template <class Type>
concept json_record = requires {
  json_members<Type>::all;
};

/// All values of an enumeration that is written as the name that to_string() gives it.
template <class Type>
struct json_names {};

template <>
struct json_names<broker_system> {
  static constexpr std::array all{broker_system::kafka, broker_system::nats};
};
template <>
struct json_names<change_kind> {
  static constexpr std::array all{change_kind::added, change_kind::changed, change_kind::removed};
};
template <>
struct json_names<outcome> {
  static constexpr std::array all{outcome::applied, outcome::duplicate, outcome::stale, outcome::pending,
                                  outcome::refused};
};
template <>
struct json_names<decision_reason> {
  static constexpr std::array all{decision_reason::first_of_scope, decision_reason::newer,
                                  decision_reason::known_key,      decision_reason::same_snapshot,
                                  decision_reason::same_part,      decision_reason::older,
                                  decision_reason::parts_missing,  decision_reason::last_part};
};
template <>
struct json_names<payload_form> {
  static constexpr std::array all{payload_form::array, payload_form::export_envelope,
                                  payload_form::multipart};
};

template <class Type>
concept json_name = requires {
  json_names<Type>::all;
};

/// A type that is written as one text.
template <class Type>
concept json_scalar = json_name<Type> || std::same_as<Type, timestamp> || std::same_as<Type, sha256_digest> ||
    std::same_as<Type, fingerprint>;

/// A type that goes both ways.
template <class Type>
concept json_convertible = json_record<Type> || json_scalar<Type> || std::same_as<Type, item>;

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

#ifndef KOLLECT_DETAIL_JSON_MEMBERS_HPP
#define KOLLECT_DETAIL_JSON_MEMBERS_HPP

#include <kollect/version.hpp>

#include <array>
#include <concepts>
#include <string>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

// Declared only: whoever converts a value has the type already, and whoever does not need not compile it.
struct change;
struct decision;
struct dedup_key;
struct envelope;
struct export_envelope_header;
struct fingerprint;
struct header;
struct held_part;
struct item;
struct log_identity;
struct message_position;
struct outcome_counts;
struct outgoing_message;
struct part_set;
struct partition_lag;
struct partition_position;
struct receipt;
struct row_identity;
struct scope;
struct serialized_item;
struct sha256_digest;
struct snapshot;
struct snapshot_order;
struct text_position;
struct timestamp;
enum class broker_system;
enum class change_kind;
enum class decision_reason;
enum class outcome;
enum class payload_form;

namespace detail {

/// A member that is a text and holds JSON.
template <class Owner>
struct json_text {
  std::string Owner::*place;
};
template <class Owner>
json_text(std::string Owner::*) -> json_text<Owner>;

/// The members of the types that are plain records, in the order they are written in: visit<Type>() calls
/// `member(name, place)` for each. A template, for then nothing is compiled of it but where it is used.
template <class Type>
struct json_members;

template <>
struct json_members<scope> {
  template <class Type>
  static void visit(auto&& member) {
    member("cluster", &Type::cluster);
    member("namespace", &Type::namespace_);
    member("inventory", &Type::inventory);
  }
};
template <>
struct json_members<row_identity> {
  template <class Type>
  static void visit(auto&& member) {
    member("targetNamespace", &Type::target_namespace);
    member("targetName", &Type::target_name);
    member("namespace", &Type::namespace_);
    member("name", &Type::name);
    member("uid", &Type::uid);
  }
};
template <>
struct json_members<envelope> {
  template <class Type>
  static void visit(auto&& member) {
    member("schemaVersion", &Type::schema_version);
    member("timestamp", &Type::timestamp);
    member("cluster", &Type::cluster);
    member("namespace", &Type::namespace_);
    member("payload", json_text{&Type::payload});
  }
};
template <>
struct json_members<snapshot> {
  template <class Type>
  static void visit(auto&& member) {
    member("scope", &Type::scope);
    member("generation", &Type::generation);
    member("exportedAt", &Type::exported_at);
    member("items", &Type::items);
  }
};
template <>
struct json_members<dedup_key> {
  template <class Type>
  static void visit(auto&& member) {
    member("cluster", &Type::cluster);
    member("namespace", &Type::namespace_);
    member("timestamp", &Type::timestamp);
    member("payload", &Type::payload);
  }
};
template <>
struct json_members<snapshot_order> {
  template <class Type>
  static void visit(auto&& member) {
    member("instant", &Type::instant);
    member("generation", &Type::generation);
    member("digest", &Type::digest);
  }
};
template <>
struct json_members<change> {
  template <class Type>
  static void visit(auto&& member) {
    member("op", &Type::kind);
    member("identity", &Type::identity);
    member("before", json_text{&Type::before});
    member("after", json_text{&Type::after});
    member("changedPaths", &Type::changed_paths);
  }
};
template <>
struct json_members<serialized_item> {
  template <class Type>
  static void visit(auto&& member) {
    member("sortKey", &Type::sort_key);
    member("json", json_text{&Type::json});
  }
};
template <>
struct json_members<export_envelope_header> {
  template <class Type>
  static void visit(auto&& member) {
    member("generation", &Type::generation);
    member("partIndex", &Type::part_index);
    member("partTotal", &Type::part_total);
    member("itemCount", &Type::item_count);
    member("exportedAt", &Type::exported_at);
    member("cluster", &Type::cluster);
  }
};
template <>
struct json_members<header> {
  template <class Type>
  static void visit(auto&& member) {
    member("name", &Type::name);
    member("value", &Type::value);
  }
};
template <>
struct json_members<outgoing_message> {
  template <class Type>
  static void visit(auto&& member) {
    member("destination", &Type::destination);
    member("key", &Type::key);
    member("headers", &Type::headers);
    member("value", &Type::value);
  }
};
template <>
struct json_members<receipt> {
  template <class Type>
  static void visit(auto&& member) {
    member("partition", &Type::partition);
    member("offset", &Type::offset);
    member("duplicate", &Type::duplicate);
  }
};
template <>
struct json_members<partition_position> {
  template <class Type>
  static void visit(auto&& member) {
    member("partition", &Type::partition);
    member("nextOffset", &Type::next_offset);
  }
};
template <>
struct json_members<message_position> {
  template <class Type>
  static void visit(auto&& member) {
    member("partition", &Type::partition);
    member("offset", &Type::offset);
  }
};
template <>
struct json_members<part_set> {
  template <class Type>
  static void visit(auto&& member) {
    member("scope", &Type::scope);
    member("exportedAt", &Type::exported_at);
    member("generation", &Type::generation);
    member("partTotal", &Type::part_total);
  }
};
template <>
struct json_members<held_part> {
  template <class Type>
  static void visit(auto&& member) {
    member("partIndex", &Type::part_index);
    member("digest", &Type::digest);
  }
};
template <>
struct json_members<decision> {
  template <class Type>
  static void visit(auto&& member) {
    member("outcome", &Type::ending);
    member("reason", &Type::why);
  }
};
template <>
struct json_members<outcome_counts> {
  template <class Type>
  static void visit(auto&& member) {
    member("consumed", &Type::consumed);
    member("applied", &Type::applied);
    member("duplicate", &Type::duplicate);
    member("stale", &Type::stale);
    member("deadLettered", &Type::dead_lettered);
    member("pending", &Type::pending);
  }
};
template <>
struct json_members<partition_lag> {
  template <class Type>
  static void visit(auto&& member) {
    member("partition", &Type::partition);
    member("messages", &Type::messages);
  }
};
template <>
struct json_members<log_identity> {
  template <class Type>
  static void visit(auto&& member) {
    member("system", &Type::system);
    member("name", &Type::name);
  }
};
template <>
struct json_members<text_position> {
  template <class Type>
  static void visit(auto&& member) {
    member("offset", &Type::offset);
    member("line", &Type::line);
    member("column", &Type::column);
  }
};

/// A type that is an object of its members.
template <class Type>
concept json_record = requires {
  sizeof(json_members<Type>);
};

/// All values of an enumeration that is written as the name that to_string() gives it.
template <class Type>
struct json_names;

template <>
struct json_names<broker_system> {
  template <class Type>
  static constexpr std::array all{Type::kafka, Type::nats};
};
template <>
struct json_names<change_kind> {
  template <class Type>
  static constexpr std::array all{Type::added, Type::changed, Type::removed};
};
template <>
struct json_names<outcome> {
  template <class Type>
  static constexpr std::array all{Type::applied, Type::duplicate, Type::stale, Type::pending, Type::refused};
};
template <>
struct json_names<decision_reason> {
  template <class Type>
  static constexpr std::array all{Type::first_of_scope, Type::newer, Type::known_key,     Type::same_snapshot,
                                  Type::same_part,      Type::older, Type::parts_missing, Type::last_part};
};
template <>
struct json_names<payload_form> {
  template <class Type>
  static constexpr std::array all{Type::array, Type::export_envelope, Type::multipart};
};

template <class Type>
concept json_name = requires {
  sizeof(json_names<Type>);
};

/// A type that is written as one text.
template <class Type>
concept json_scalar = json_name<Type> || std::same_as<Type, timestamp> || std::same_as<Type, sha256_digest> ||
    std::same_as<Type, fingerprint>;

/// A type that goes both ways.
template <class Type>
concept json_convertible = json_record<Type> || json_scalar<Type> || std::same_as<Type, item>;

} // namespace detail

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

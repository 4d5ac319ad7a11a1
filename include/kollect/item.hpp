#ifndef KOLLECT_ITEM_HPP
#define KOLLECT_ITEM_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/printable.hpp>
#include <kollect/json_string.hpp>
#include <kollect/version.hpp>

#include <boost/json/value.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What makes a row the same row in two snapshots of a scope (ROW-03). The uid is part of it:
/// names come back after a re-creation, uids do not.
struct row_identity {
  std::string target_namespace{}; ///< of the target that collects it
  std::string target_name{};      ///< of the target that collects it
  std::string namespace_{};       ///< of the object; empty for cluster-scoped kinds
  std::string name{};             ///< of the object
  std::string uid{};              ///< of the object

  friend auto operator<=>(const row_identity&, const row_identity&) = default;
  friend bool operator==(const row_identity&, const row_identity&) = default;
};

/// The five parts with `/` between, for people: control characters and the like as escapes.
[[nodiscard]] inline std::string to_string(const row_identity& row) {
  return detail::printable(row.target_namespace + "/" + row.target_name + "/" + row.namespace_ + "/" +
                           row.name + "/" + row.uid);
}

inline std::ostream& operator<<(std::ostream& out, const row_identity& row) {
  return out << to_string(row);
}

/// One row of an inventory (ROW-01), owning its text. Fields stand in the order they are sent in.
struct item {
  std::string target_namespace{};  ///< of the target that collects it
  std::string target_name{};       ///< of the target that collects it
  std::string namespace_{};        ///< of the object; empty for cluster-scoped kinds
  std::string name{};              ///< of the object
  std::string group{};             ///< API group; empty for the core group, and then not sent
  std::string version{};           ///< API version, such as v1
  std::string kind{};              ///< such as Deployment
  std::string uid{};               ///< of the object
  boost::json::value attributes{}; ///< an object, or null where the producer had none (ROW-02)

  /// What makes it the same row in another snapshot (ROW-03): a copy.
  [[nodiscard]] row_identity identity() const {
    return {target_namespace, target_name, namespace_, name, uid};
  }

  friend bool operator==(const item&, const item&) = default;
};

/// One row as it stands in a message: nothing is copied. Valid as long as the message's bytes are.
/// A field that the row lacks is empty, and json_string::is_present() tells so.
struct item_view {
  std::string_view raw{};         ///< the whole row, braces included
  json_string target_namespace{}; ///< of the target that collects it
  json_string target_name{};      ///< of the target that collects it
  json_string namespace_{};       ///< of the object; empty for cluster-scoped kinds
  json_string name{};             ///< of the object
  json_string group{};            ///< API group; empty for the core group
  json_string version{};          ///< API version, such as v1
  json_string kind{};             ///< such as Deployment
  json_string uid{};              ///< of the object
  std::string_view attributes{};  ///< raw JSON: an object or null; empty where the row has none

  /// What makes it the same row in another snapshot (ROW-03): a copy.
  [[nodiscard]] row_identity identity() const {
    return {target_namespace.decode(), target_name.decode(), namespace_.decode(), name.decode(),
            uid.decode()};
  }
};

namespace detail {

/// The text fields of a row under their JSON names, in the order they are sent in (ROW-01).
template <class Row>
[[nodiscard]] constexpr auto text_fields() noexcept {
  using field = std::pair<std::string_view, decltype(Row::name) Row::*>;
  return std::array<field, 8>{field{"targetNamespace", &Row::target_namespace},
                              field{"targetName", &Row::target_name},
                              field{"namespace", &Row::namespace_},
                              field{"name", &Row::name},
                              field{"group", &Row::group},
                              field{"version", &Row::version},
                              field{"kind", &Row::kind},
                              field{"uid", &Row::uid}};
}

} // namespace detail

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

template <>
struct std::hash<kollect::row_identity> {
  std::size_t operator()(const kollect::row_identity& row) const noexcept {
    std::size_t value = 0;
    for (const auto* text : {&row.target_namespace, &row.target_name, &row.namespace_, &row.name, &row.uid})
      value = XXH3_64bits_withSeed(text->data(), text->size(), value + 1);
    return value;
  }
};

#endif

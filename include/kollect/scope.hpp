#ifndef KOLLECT_SCOPE_HPP
#define KOLLECT_SCOPE_HPP

#include <kollect/checksum.hpp>
#include <kollect/detail/printable.hpp>
#include <kollect/version.hpp>

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// What a snapshot replaces as a whole (DEL-01): the rows of one inventory of one namespace of one cluster.
struct scope {
  std::string cluster{};    ///< ENV-06; may be empty
  std::string namespace_{}; ///< ENV-07
  std::string inventory{};  ///< empty where the message's key does not tell it

  friend auto operator<=>(const scope&, const scope&) = default;
  friend bool operator==(const scope&, const scope&) = default;
};

/// `cluster:namespace/inventory` for people, control characters and the like as escapes. What a broker gets
/// is message_key().
[[nodiscard]] inline std::string to_string(const scope& value) {
  return detail::printable(value.cluster + ":" + value.namespace_ + "/" + value.inventory);
}

inline std::ostream& operator<<(std::ostream& out, const scope& value) {
  return out << to_string(value);
}

/// The Kafka message key of a scope: `{cluster}:{namespace}/{inventory}` (KAF-01).
[[nodiscard]] inline std::string message_key(const scope& value) {
  return value.cluster + ":" + value.namespace_ + "/" + value.inventory;
}

/// The inventory name that a message's key tells, given the labels in its envelope; empty for the
/// operator's `{cluster}/{namespace}` form, for any other key, and without a key (NATS).
/// The labels settle where the name begins, so `:` and `/` within them do no harm.
[[nodiscard]] inline std::string_view inventory_from_key(std::string_view key, std::string_view cluster,
                                                         std::string_view namespace_) noexcept {
  const auto take = [&key](std::string_view part) {
    if (!key.starts_with(part))
      return false;
    key.remove_prefix(part.size());
    return true;
  };
  return take(cluster) && take(":") && take(namespace_) && take("/") ? key : std::string_view{};
}
template <detail::temporary_text Key>
std::string_view inventory_from_key(Key&&, std::string_view, std::string_view) = delete; // it would dangle

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

template <>
struct std::hash<kollect::scope> {
  std::size_t operator()(const kollect::scope& value) const noexcept {
    std::size_t seed = 0;
    for (const auto* text : {&value.cluster, &value.namespace_, &value.inventory})
      seed = XXH3_64bits_withSeed(text->data(), text->size(), seed + 1);
    return seed;
  }
};

#endif

#ifndef KOLLECT_VIEWS_HPP
#define KOLLECT_VIEWS_HPP

#include <kollect/dedup_window.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/version.hpp>

#include <range/v3/view/cache1.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/view.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::views {

/// A message that a range holds: anything with a `value` (and, if it has one, a `key`, which may be
/// optional), or plain bytes.
template <class Message>
concept message_like = requires(const Message& message) {
  { message.value } -> std::convertible_to<std::string_view>;
}
|| std::convertible_to<const Message&, std::string_view>;

struct parse_fn {
  template <message_like Message>
  result<message_head> operator()(const Message& message) const {
    if constexpr (std::convertible_to<const Message&, std::string_view>) {
      return read_head(std::string_view(message));
    } else if constexpr (requires { message.key.has_value(); }) {
      return read_head(message.value,
                       message.key ? std::optional<std::string_view>(*message.key) : std::nullopt);
    } else if constexpr (requires {
                           { message.key } -> std::convertible_to<std::string_view>;
                         }) {
      return read_head(message.value, std::string_view(message.key));
    } else {
      return read_head(message.value);
    }
  }
};

/// Makes an input range of result<message_head> from a range of messages, each read once however
/// often the element is looked at. The messages must outlive it.
inline constexpr auto parse = ranges::views::transform(parse_fn{}) | ranges::views::cache1;

/// Leaves out messages whose key the window has seen; failures pass, as they are not duplicates of
/// anything. The window must outlive the range.
inline auto dedup(dedup_window& window) {
  return ranges::views::filter(
      [&window](const result<message_head>& head) { return !head || window.insert(head->key); });
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::views

#endif

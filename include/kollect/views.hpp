#ifndef KOLLECT_VIEWS_HPP
#define KOLLECT_VIEWS_HPP

#include <kollect/dedup_window.hpp>
#include <kollect/detail/held_range.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/version.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::views {

/// Bytes in a row: texts, and contiguous ranges of char, unsigned char or std::byte.
template <class Bytes>
concept bytes_like = std::convertible_to<const Bytes&, std::string_view> ||
    (std::ranges::contiguous_range<const Bytes>&& std::ranges::sized_range<const Bytes> &&
     (std::same_as<std::ranges::range_value_t<const Bytes>, unsigned char> ||
      std::same_as<std::ranges::range_value_t<const Bytes>, std::byte>));

namespace detail {

template <bytes_like Bytes>
std::string_view text_of(const Bytes& bytes) noexcept {
  if constexpr (std::convertible_to<const Bytes&, std::string_view>)
    return bytes;
  else
    return {reinterpret_cast<const char*>(std::ranges::data(bytes)), std::ranges::size(bytes)};
}

/// A view of bytes that others own.
template <class Bytes>
concept borrowed_bytes = std::same_as<std::remove_cvref_t<Bytes>, std::string_view> ||
    std::is_pointer_v<std::remove_cvref_t<Bytes>> ||
    (bytes_like<Bytes>&& std::ranges::borrowed_range<std::remove_cvref_t<Bytes>>);

} // namespace detail

/// A message that a range holds: its bytes, or anything with a `value` of bytes and, if it has one, a `key`,
/// which may be optional.
template <class Message>
concept message_like = bytes_like<Message> || requires(const Message& message) {
  { message.value } -> bytes_like;
};

namespace detail {

/// Whether what is read out of a message outlives the expression that made it.
template <class Reference>
[[nodiscard]] constexpr bool outlives_its_message() noexcept {
  using message = std::remove_cvref_t<Reference>;
  if constexpr (std::is_lvalue_reference_v<Reference>)
    return true;
  else if constexpr (bytes_like<message>)
    return borrowed_bytes<message>;
  else
    return borrowed_bytes<decltype(message::value)>;
}

template <message_like Message>
result<message_head> head_of(const Message& message) {
  if constexpr (requires { message.unreadable.has_value(); })
    if (message.unreadable)
      return *message.unreadable;
  if constexpr (bytes_like<Message>) {
    return read_head(text_of(message));
  } else if constexpr (requires { message.key.has_value(); }) {
    return read_head(text_of(message.value),
                     message.key ? std::optional<std::string_view>(text_of(*message.key)) : std::nullopt);
  } else if constexpr (requires {
                         { message.key } -> bytes_like;
                       }) {
    return read_head(text_of(message.value), text_of(message.key));
  } else {
    return read_head(text_of(message.value));
  }
}

} // namespace detail

/// The heads of a range's messages, as read_head() gives them: an input range of result<message_head>, each
/// message read once however often its element is looked at.
template <class Range>
class parse_view : public kollect::detail::single_pass_view {
public:
  /// Empty, as range-v3 wants it.
  parse_view() = default;
  /// Holds the messages as std::views::all would: a reference to those that have a name.
  explicit parse_view(Range&& messages) : messages_(std::forward<Range>(messages)) {}

  /// Reads the first message. To be called once.
  auto begin() {
    at_.emplace(std::ranges::begin(messages_.get()));
    read();
    return kollect::detail::single_pass_iterator<parse_view>(*this);
  }
  /// Where it ends.
  std::default_sentinel_t end() const noexcept { return {}; }

private:
  friend class kollect::detail::single_pass_iterator<parse_view>;
  using value_type = result<message_head>;

  bool at_end() { return *at_ == std::ranges::end(messages_.get()); }
  const value_type& current() const noexcept { return *head_; }
  void next() {
    ++*at_;
    read();
  }
  void read() {
    if (!at_end())
      head_.emplace(detail::head_of(**at_));
  }

  kollect::detail::held_range<Range> messages_;
  std::optional<decltype(std::ranges::begin(std::declval<Range&>()))> at_;
  std::optional<value_type> head_;
};

/// Those of a range of result<message_head> whose keys a window does not contain.
template <class Range>
class dedup_view : public kollect::detail::single_pass_view {
public:
  /// Empty, as range-v3 wants it.
  dedup_view() = default;
  /// Holds the heads as parse_view does its messages, and a pointer to the window.
  dedup_view(Range&& heads, const dedup_window& window)
      : heads_(std::forward<Range>(heads)), window_(&window) {}

  /// Goes to the first that is not known. To be called once.
  auto begin() {
    at_.emplace(std::ranges::begin(heads_.get()));
    pass_known();
    return kollect::detail::single_pass_iterator<dedup_view>(*this);
  }
  /// Where it ends.
  std::default_sentinel_t end() const noexcept { return {}; }

private:
  friend class kollect::detail::single_pass_iterator<dedup_view>;
  using value_type = result<message_head>;

  bool at_end() { return *at_ == std::ranges::end(heads_.get()); }
  const value_type& current() const noexcept { return **at_; }
  void next() {
    ++*at_;
    pass_known();
  }
  void pass_known() {
    while (!at_end() && current() && window_->contains(current()->scope, current()->key))
      ++*at_;
  }

  kollect::detail::held_range<Range> heads_;
  const dedup_window* window_ = nullptr;
  std::optional<decltype(std::ranges::begin(std::declval<Range&>()))> at_;
};

/// The type of `parse`.
struct parse_fn {
  template <std::ranges::input_range Range>
  friend auto operator|(Range&& messages, const parse_fn&) {
    using reference = std::ranges::range_reference_t<Range>;
    constexpr bool is_of_messages = message_like<std::remove_cvref_t<reference>>;
    static_assert(is_of_messages,
                  "kollect::views::parse takes a range of messages: each is bytes (std::string, "
                  "std::string_view, a contiguous range of bytes), or has a member `value` of bytes and, if "
                  "it has one, a `key`");
    if constexpr (is_of_messages) {
      static_assert(detail::outlives_its_message<reference>(),
                    "the messages of this range are temporaries, and kollect::views::parse makes views of "
                    "them: keep the messages first, such as in a std::vector");
      return parse_view<Range>(std::forward<Range>(messages));
    }
  }
};

/// `messages | parse`: the head of each message, or why it has none. The messages must outlive it.
inline constexpr parse_fn parse{};

/// The type of `dedup(window)`.
struct dedup_fn {
  const dedup_window* window; ///< never null

  template <std::ranges::input_range Range>
  friend auto operator|(Range&& heads, const dedup_fn& filter) {
    static_assert(
        std::same_as<std::remove_cvref_t<std::ranges::range_reference_t<Range>>, result<message_head>> &&
            std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>,
        "kollect::views::dedup takes what kollect::views::parse gives: a range of "
        "result<message_head>");
    return dedup_view<Range>(std::forward<Range>(heads), *filter.window);
  }
};

/// `heads | dedup(window)`: leaves out messages whose key the window contains; failures pass, as they are
/// duplicates of nothing. It only asks: call window.remember(head->scope, head->key) once the effect of a
/// message is sure. The window must outlive it.
[[nodiscard]] inline dedup_fn dedup(const dedup_window& window) noexcept {
  return {&window};
}
dedup_fn dedup(const dedup_window&&) = delete; // would be gone at the first message

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::views

#endif

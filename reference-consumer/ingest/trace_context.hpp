#ifndef KOLLECT_CONSUMER_TRACE_CONTEXT_HPP
#define KOLLECT_CONSUMER_TRACE_CONTEXT_HPP

#include <kollect/message.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// Whether a text is a traceparent of W3C Trace Context, `00-TRACE_ID-PARENT_ID-FLAGS` in lowercase hex:
/// neither id is all zeros. Of versions after 00, whatever follows the flags is allowed.
constexpr bool is_traceparent(std::string_view text) noexcept {
  constexpr std::size_t length = 55;
  const auto is_hex = [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
  };
  const auto is_zero = [](std::string_view part) { return part.find_first_not_of('0') == part.npos; };
  if (text.size() < length || text.starts_with("ff"))
    return false;
  for (std::size_t index = 0; index < length; ++index)
    if (index == 2 || index == 35 || index == 52 ? text[index] != '-' : !is_hex(text[index]))
      return false;
  if (is_zero(text.substr(3, 32)) || is_zero(text.substr(36, 16)))
    return false;
  return text.size() == length || (!text.starts_with("00") && text[length] == '-');
}

/// The trace context that a message carries in its header `traceparent`, as far as version 00 knows it: its
/// first 55 characters. Empty without one, or with one that is not valid.
inline std::string traceparent_of(const std::vector<header>& headers) {
  const auto found = std::ranges::find_if(headers, [](const header& one) {
    return std::ranges::equal(one.name, std::string_view("traceparent"), {}, [](char letter) {
      return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
  });
  return found != headers.end() && is_traceparent(found->value) ? found->value.substr(0, 55) : std::string();
}

/// The trace id within a valid traceparent; empty for an empty one.
inline std::string_view trace_id_of(std::string_view traceparent) noexcept {
  return traceparent.empty() ? traceparent : traceparent.substr(3, 32);
}

/// The id of the span that sent the message.
inline std::string_view span_id_of(std::string_view traceparent) noexcept {
  return traceparent.empty() ? traceparent : traceparent.substr(36, 16);
}

} // namespace kollect::consumer

#endif

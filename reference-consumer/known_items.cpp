#include "known_items.hpp"

#include <functional>

namespace kollect::consumer {

std::string_view guess_items(std::string_view payload) noexcept {
  constexpr std::string_view name = "\"items\":";
  constexpr std::size_t longest_header = 1024; // the other fields are numbers and short texts
  if (!payload.starts_with('{') || !payload.ends_with("]}"))
    return {};
  const std::size_t at = payload.substr(0, longest_header).find(name);
  if (at == std::string_view::npos || payload[at + name.size()] != '[')
    return {};
  return payload.substr(at + name.size(), payload.size() - 1 - (at + name.size()));
}

std::size_t known_items::find(std::string_view text, std::size_t room) {
  if (rows_)
    return rows_->find(text, room);
  const std::less_equal<> is_not_after;
  const char* const end = trusted_.data() + trusted_.size();
  if (!is_not_after(trusted_.data(), text.data()) || is_not_after(end, text.data()))
    return 0;
  const auto length = find_row_end(text);
  return length == std::string_view::npos ? 0 : length;
}

std::optional<sha256_digest> known_items::digest_of(std::string_view items) const {
  if (auto held = rows_ ? rows_->digest_of(items) : std::nullopt)
    return held;
  const auto found = hashed_.find(items.data());
  return found != hashed_.end() && found->second.bytes == items.size() ? std::optional(found->second.value)
                                                                       : std::nullopt;
}

} // namespace kollect::consumer

#include "known_items.hpp"

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

std::optional<sha256_digest> known_items::digest_of(std::string_view items) const {
  if (auto held = rows_ ? rows_->digest_of(items) : std::nullopt)
    return held;
  const auto found = hashed_.find(items.data());
  return found != hashed_.end() && found->second.bytes == items.size() ? std::optional(found->second.value)
                                                                       : std::nullopt;
}

} // namespace kollect::consumer

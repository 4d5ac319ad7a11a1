#ifndef KOLLECT_PATH_SEGMENT_HPP
#define KOLLECT_PATH_SEGMENT_HPP

#include <kollect/version.hpp>

#include <string>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Appends `text` as one segment of a URI's path: every byte that may not stand in one (RFC 3986, pchar), `/`
/// and
/// `%` among them, as `%XX`. Different texts give different segments. Linear.
inline void append_path_segment(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@";
  for (const char letter : text) {
    if (allowed.find(letter) != std::string_view::npos) {
      out += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 15U];
  }
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif

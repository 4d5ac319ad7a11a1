#ifndef KOLLECT_DETAIL_TRIM_HPP
#define KOLLECT_DETAIL_TRIM_HPP

#include <kollect/version.hpp>

#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Drops ASCII white space at both ends, as of labels and addresses (ENV-06, KAF-06, NAT-01): space, tabs and
/// ends of line. Go's strings.TrimSpace also drops others such as U+00A0 and U+2028; those stay here, as they
/// are part of the label as written.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

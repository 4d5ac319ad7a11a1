#ifndef KOLLECT_CONSUMER_HTTP_COMPRESSION_HPP
#define KOLLECT_CONSUMER_HTTP_COMPRESSION_HPP

#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// Whether a client takes gzip, by its Accept-Encoding (RFC 9110, 12.5.3).
bool accepts_gzip(std::string_view accept_encoding);

/// The text as gzip, fast rather than small; nothing where it would not be smaller, or memory is short.
/// Linear.
std::optional<std::string> gzip(std::string_view text);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_HTTP_SIGNATURE_HPP
#define KOLLECT_CONSUMER_HTTP_SIGNATURE_HPP

#include <kollect/checksum.hpp>

#include <optional>
#include <string_view>

namespace kollect::consumer {

/// HMAC-SHA256 of a text; nothing where OpenSSL has none, so that nobody can read or forge what it would
/// sign.
std::optional<sha256_digest> sign(std::string_view text, std::string_view key);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_HTTP_ACCESS_HPP
#define KOLLECT_CONSUMER_HTTP_ACCESS_HPP

#include "http/message.hpp"

#include <kollect/checksum.hpp>
#include <kollect/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// Shorter tokens could be guessed.
inline constexpr std::size_t shortest_token = 16;

/// Who may read: the digests of the tokens, any of which will do, so that tokens can be replaced one after
/// the other.
using access_tokens = std::vector<sha256_digest>;

/// Reads tokens, one a line, with spaces around them ignored. error::invalid_value, which does not repeat
/// them, where there is none, and for one that is shorter than 16 characters or has others than visible
/// ASCII.
result<access_tokens> parse_tokens(std::string_view text);

/// The same from a file of at most 64 KiB.
result<access_tokens> read_token_file(const std::string& path);

/// What a request gets for who sent it; nothing: it may go on. 401 without a valid bearer token (S21). Where
/// there are no tokens, only this machine can connect; then 403 for a Host that is not this machine, as it
/// comes from a web page that had its own name point here.
std::optional<http_response> refuse_access(const http_request& request,
                                           const std::optional<access_tokens>& tokens);

/// The same for what changes the store, which takes a token of its own: one that may read gets 403.
std::optional<http_response> refuse_change(const http_request& request, const access_tokens& admins,
                                           const std::optional<access_tokens>& readers);

/// The token of a request's Authorization, or nothing. Compares in a time that does not tell how much of it
/// is right.
std::optional<sha256_digest> token_of(const access_tokens& tokens, std::string_view authorization);

// A browser's EventSource cannot send a header, and a token in a URL would stay in every proxy's log. A
// ticket may stand there: it opens a stream, soon or not at all. Any process that knows the token knows its
// tickets.

/// `EXPIRES-SIGNATURE`: seconds since 1970, and 32 hex digits.
std::string make_ticket(const sha256_digest& token, std::int64_t expires);

/// The token that a ticket was made for; nothing where it is of none of these, or has expired.
std::optional<sha256_digest> token_of_ticket(const access_tokens& tokens, std::string_view ticket,
                                             std::int64_t now);

/// localhost, 127.0.0.0/8 or ::1, with or without a port.
bool names_this_machine(std::string_view host);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_HTTP_CROSS_ORIGIN_HPP
#define KOLLECT_CONSUMER_HTTP_CROSS_ORIGIN_HPP

#include "http/message.hpp"

#include <kollect/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

// Pages of other sites read only where their origin was named (the CORS protocol of the Fetch standard).

/// error::invalid_value for what is no `http://HOST[:PORT]` or `https://HOST[:PORT]`: browsers send origins
/// in lower case, without a path, and compare them letter by letter.
result<void> check_origin(const std::string& origin);

/// What lets a browser hand an answer to a page of `origin`; empty where it is none of those that may read.
header_list cross_origin_headers(const std::vector<std::string>& allowed, std::string_view origin);

/// What a browser asks before a request that is not plain, such as one with a token: 204 for an origin that
/// may read, else 403.
http_response answer_preflight(const std::vector<std::string>& allowed, std::string_view origin);

} // namespace kollect::consumer

#endif

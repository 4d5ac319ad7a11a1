#include "http/access.hpp"

#include "http/signature.hpp"

#include <kollect/read_file.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>

#include <openssl/crypto.h>

namespace kollect::consumer {
namespace {

constexpr std::size_t largest_token_file = 64UL * 1024;

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool is_visible(char letter) {
  return letter > 0x20 && letter < 0x7F;
}

http_response unauthorized() {
  return {.status = 401, .body = "unauthorized\n", .headers = {{"WWW-Authenticate", "Bearer"}}};
}

bool is_bearer(std::string_view scheme) {
  constexpr std::string_view name = "bearer ";
  return scheme.size() == name.size() &&
         std::equal(scheme.begin(), scheme.end(), name.begin(),
                    [](char left, char right) { return (left | 0x20) == right; });
}

} // namespace

result<access_tokens> parse_tokens(std::string_view text) {
  access_tokens out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto token = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (token.empty())
      continue;
    if (token.size() < shortest_token)
      return make_failure(error::invalid_value,
                          "a token must have at least " + std::to_string(shortest_token) +
                              " characters, for example those of `openssl rand -hex 32`");
    if (!std::all_of(token.begin(), token.end(), is_visible))
      return make_failure(error::invalid_value,
                          "a token must be of visible ASCII characters, one token a line");
    out.push_back(sha256(token));
  }
  if (out.empty())
    return make_failure(error::invalid_value, "there is no token in it");
  return out;
}

result<access_tokens> read_token_file(const std::string& path) {
  auto text = read_file(path, largest_token_file);
  if (!text)
    return text.error();
  auto tokens = parse_tokens(*text);
  if (tokens)
    return tokens;
  auto reason = tokens.error();
  reason.source = path;
  return reason;
}

std::optional<sha256_digest> token_of(const access_tokens& tokens, std::string_view authorization) {
  constexpr std::size_t scheme_size = 7;
  if (!is_bearer(authorization.substr(0, scheme_size)))
    return {};
  const auto given = sha256(trim(authorization.substr(scheme_size)));
  std::optional<sha256_digest> found;
  for (const auto& token : tokens) // all of them, whichever it is
    if (CRYPTO_memcmp(token.bytes.data(), given.bytes.data(), given.bytes.size()) == 0)
      found = token;
  return found;
}

std::string make_ticket(const sha256_digest& token, std::int64_t expires) {
  constexpr std::size_t shown_digits = 32;
  auto text = std::to_string(expires);
  const auto signature =
      sign("ticket " + text, {reinterpret_cast<const char*>(token.bytes.data()), token.bytes.size()});
  return signature ? text.append("-").append(to_string(*signature).substr(0, shown_digits)) : std::string();
}

std::optional<sha256_digest> token_of_ticket(const access_tokens& tokens, std::string_view ticket,
                                             std::int64_t now) {
  std::int64_t expires = 0;
  const auto read = std::from_chars(ticket.data(), ticket.data() + ticket.size(), expires);
  if (read.ec != std::errc{} || expires < now)
    return {};
  std::optional<sha256_digest> found;
  for (const auto& token : tokens) {
    const auto right = make_ticket(token, expires);
    if (right.size() == ticket.size() && CRYPTO_memcmp(right.data(), ticket.data(), right.size()) == 0)
      found = token;
  }
  return found;
}

bool names_this_machine(std::string_view host) {
  const bool is_bracketed = host.starts_with('[');
  const auto end = std::min(host.find(is_bracketed ? ']' : ':'), host.size());
  auto port = host.substr(end);
  host = host.substr(0, end);
  if (is_bracketed) {
    host.remove_prefix(1);
    port.remove_prefix(std::min<std::size_t>(port.size(), 1));
  }
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  if (!port.empty() && (port.front() != ':' || !std::all_of(port.begin() + 1, port.end(), is_digit)))
    return false;
  if (boost::beast::iequals(host, "localhost")) // names of hosts have no case
    return true;
  boost::system::error_code problem;
  const auto address = boost::asio::ip::make_address(std::string(host), problem);
  return !problem && address.is_loopback();
}

std::optional<http_response> refuse_access(const http_request& request,
                                           const std::optional<access_tokens>& tokens) {
  if (!tokens) {
    if (names_this_machine(request.host))
      return {};
    return http_response{
        .status = 403,
        .body = "forbidden: without --token-file only this machine may read, and the Host of the "
                "request is another\n"};
  }
  if (token_of(*tokens, request.authorization))
    return {};
  return unauthorized();
}

std::optional<http_response> refuse_change(const http_request& request, const access_tokens& admins,
                                           const std::optional<access_tokens>& readers) {
  if (token_of(admins, request.authorization))
    return {};
  if (readers && token_of(*readers, request.authorization))
    return http_response{.status = 403,
                         .body = "forbidden: this token may read; to change something takes one of "
                                 "--admin-token-file\n"};
  return unauthorized();
}

} // namespace kollect::consumer

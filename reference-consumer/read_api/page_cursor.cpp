#include "read_api/page_cursor.hpp"

#include "http/signature.hpp"

#include <kollect/base64.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include <openssl/crypto.h>

namespace kollect::consumer {
namespace {

constexpr std::size_t longest_cursor = 8UL * 1024;
constexpr std::size_t signature_size = 16; // of HMAC-SHA256

/// Empty where nothing can be signed: then there is no cursor that anybody could read.
std::string sign_for(std::string_view text, std::string_view asked, std::string_view key) {
  std::string signed_text(text);
  signed_text.append(1, '\0').append(asked);
  const auto signature = sign(signed_text, key);
  return signature ? std::string(signature->bytes.begin(), signature->bytes.begin() + signature_size)
                   : std::string();
}

std::string to_base64url(std::string_view bytes) {
  auto out = encode_base64(bytes);
  out.erase(std::find(out.begin(), out.end(), '='), out.end());
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string standard(text);
  if (standard.find_first_of("+/=\r\n") != std::string::npos)
    return {};
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return decode_base64(standard);
}

/// The names of a place, in the order they are written.
template <class Place>
auto names_of(Place& place) {
  return std::array{&place.identity.target_namespace,
                    &place.identity.target_name,
                    &place.identity.namespace_,
                    &place.identity.name,
                    &place.identity.uid,
                    &place.which.cluster,
                    &place.which.namespace_,
                    &place.which.inventory,
                    &place.sort_key};
}

bool read_name(std::string_view& text, std::string& name) {
  std::size_t size = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
  const auto digits = static_cast<std::size_t>(read.ptr - text.data());
  if (read.ec != std::errc{} || digits == text.size() || size > text.size() - digits - 1)
    return false;
  name = text.substr(digits + 1, size);
  text.remove_prefix(digits + 1 + size);
  return true;
}

} // namespace

std::optional<std::string> write_page_cursor(const page_place& place, std::string_view asked,
                                             std::string_view key) {
  std::string text;
  for (const auto* name : names_of(place))
    text.append(std::to_string(name->size())).append(":").append(*name);
  auto out = to_base64url(sign_for(text, asked, key) + text);
  if (out.size() > longest_cursor)
    return {};
  return out;
}

answer_of<page_place> read_page_cursor(std::string_view text, std::string_view asked, std::string_view key) {
  const auto refused =
      bad_request("the cursor is not one of this store for these parameters: begin without one");
  const auto bytes = from_base64url(text.substr(0, longest_cursor + 1));
  if (!bytes || bytes->size() <= signature_size)
    return refused;
  std::string_view rest = std::string_view(*bytes).substr(signature_size);
  const auto expected = sign_for(rest, asked, key);
  if (expected.size() != signature_size || CRYPTO_memcmp(expected.data(), bytes->data(), signature_size) != 0)
    return refused;
  page_place place;
  for (auto* name : names_of(place))
    if (!read_name(rest, *name))
      return refused;
  return place;
}

} // namespace kollect::consumer

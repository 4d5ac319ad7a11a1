#include "http/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace kollect::consumer {

std::optional<sha256_digest> sign(std::string_view text, std::string_view key) {
  sha256_digest digest;
  unsigned size = 0;
  const auto* const made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.bytes.data(), &size);
  return made == nullptr ? std::nullopt : std::optional(digest);
}

} // namespace kollect::consumer

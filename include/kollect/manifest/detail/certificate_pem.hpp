#ifndef KOLLECT_MANIFEST_DETAIL_CERTIFICATE_PEM_HPP
#define KOLLECT_MANIFEST_DETAIL_CERTIFICATE_PEM_HPP

#include <kollect/releaser.hpp>
#include <kollect/version.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <string_view>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// True if the text is PEM with at least one certificate and every certificate in it can be read.
[[nodiscard]] inline bool is_certificate_pem(std::string_view text) {
  if (text.empty() || text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return false;
  // Without a callback OpenSSL would ask at the terminal for the password of an encrypted block.
  constexpr auto no_password = [](char*, int, int, void*) { return -1; };
  const std::unique_ptr<BIO, releaser<BIO_free>> input(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!input)
    return false;
  ERR_set_mark();
  std::size_t count = 0;
  while (X509* certificate = PEM_read_bio_X509(input.get(), nullptr, no_password, nullptr)) {
    X509_free(certificate);
    ++count;
  }
  const auto last = ERR_peek_last_error();
  const bool is_end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  ERR_pop_to_mark();
  return count > 0 && is_end;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

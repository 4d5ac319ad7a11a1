#ifndef KOLLECT_SERVERS_TLS_FILES_HPP
#define KOLLECT_SERVERS_TLS_FILES_HPP

#include <kollect/error.hpp>

#include <filesystem>
#include <string>

namespace kollect::servers {

/// A server's certificate and private key, as text and as files.
struct server_certificate {
  std::string certificate_pem;
  std::string key_pem;                    ///< PKCS #8, not encrypted
  std::filesystem::path certificate_file; ///< holds certificate_pem
  std::filesystem::path key_file;         ///< holds key_pem
  std::filesystem::path keystore_file;    ///< key_pem, then certificate_pem: what Kafka calls a PEM keystore
};

/// What TLS tests need: an authority, certificates it signed, and an authority that signed none of them.
/// All keys are P-256, new each time.
struct tls_files {
  std::string ca_pem;
  std::filesystem::path ca_file;
  std::string untrusted_ca_pem; ///< another authority: who trusts only this one must refuse the servers
  std::filesystem::path untrusted_ca_file;

  server_certificate server;     ///< valid for 127.0.0.1 and localhost
  server_certificate expired;    ///< for the same names, ended yesterday
  server_certificate wrong_host; ///< valid, but for another.example only
};

/// Makes them all in `folder`, which must exist.
result<tls_files> make_tls_files(const std::filesystem::path& folder);

} // namespace kollect::servers

#endif

#include <kollect/releaser.hpp>
#include <servers/files.hpp>
#include <servers/tls_files.hpp>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace kollect::servers {
namespace {

using key_pointer = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, releaser<X509_free>>;
using extension_pointer = std::unique_ptr<X509_EXTENSION, releaser<X509_EXTENSION_free>>;
using serial_pointer = std::unique_ptr<BIGNUM, releaser<BN_free>>;
using text_pointer = std::unique_ptr<BIO, releaser<BIO_free_all>>;

struct identity {
  certificate_pointer certificate;
  key_pointer key;
};

/// What a certificate says; times are seconds from now.
struct statement {
  const char* common_name;
  const char* alternative_names; ///< as OpenSSL's configuration writes them; null for an authority
  long valid_from;
  long valid_to;
};

constexpr long day = 24 * 60 * 60;
constexpr const char* local_names = "IP:127.0.0.1,DNS:localhost";

bool add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const extension_pointer extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Authorities sign certificates and nothing else; servers' certificates serve TLS and nothing else.
bool add_extensions(X509* certificate, X509* issuer, const char* alternative_names) {
  if (!add_extension(certificate, issuer, NID_subject_key_identifier, "hash"))
    return false;
  if (alternative_names == nullptr)
    return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  return add_extension(certificate, issuer, NID_authority_key_identifier, "keyid") &&
         add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, issuer, NID_subject_alt_name, alternative_names);
}

bool set_serial(X509* certificate) {
  const serial_pointer number(BN_new());
  return number && BN_rand(number.get(), 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

/// Makes a key and a certificate for it, signed by `authority`, or by itself where that is null.
result<identity> issue(const statement& what, const identity* authority) {
  identity made{certificate_pointer(X509_new()), key_pointer(EVP_EC_gen("P-256"))};
  X509* certificate = made.certificate.get();
  if (certificate == nullptr || !made.key)
    return make_failure(error::internal, "OpenSSL made no key");
  X509* issuer = authority != nullptr ? authority->certificate.get() : certificate;
  EVP_PKEY* signer = authority != nullptr ? authority->key.get() : made.key.get();
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(what.common_name);

  const bool good = X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
                    X509_gmtime_adj(X509_getm_notBefore(certificate), what.valid_from) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(certificate), what.valid_to) != nullptr &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
                    X509_set_pubkey(certificate, made.key.get()) == 1 &&
                    add_extensions(certificate, issuer, what.alternative_names) &&
                    X509_sign(certificate, signer, EVP_sha256()) > 0;
  if (!good)
    return make_failure(error::internal, std::string("OpenSSL made no certificate for ") + what.common_name);
  return made;
}

std::string text_of(BIO* memory) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(memory, &start);
  return size > 0 ? std::string(start, static_cast<std::size_t>(size)) : std::string();
}

std::string certificate_text(const identity& whose) {
  const text_pointer memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), whose.certificate.get());
  return text_of(memory.get());
}

std::string key_text(const identity& whose) {
  const text_pointer memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(memory.get(), whose.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory.get());
}

/// Makes a certificate and its three files, called after `name`.
result<server_certificate> make_server(const statement& what, const identity& authority,
                                       const std::filesystem::path& folder, const std::string& name) {
  const auto made = issue(what, &authority);
  if (!made)
    return made.error();
  server_certificate server{.certificate_pem = certificate_text(*made),
                            .key_pem = key_text(*made),
                            .certificate_file = folder / (name + ".crt"),
                            .key_file = folder / (name + ".key"),
                            .keystore_file = folder / (name + ".pem")};
  if (auto written = write_file(server.certificate_file, server.certificate_pem); !written)
    return written.error();
  if (auto written = write_file(server.key_file, server.key_pem); !written)
    return written.error();
  if (auto written = write_file(server.keystore_file, server.key_pem + server.certificate_pem); !written)
    return written.error();
  return server;
}

} // namespace

result<tls_files> make_tls_files(const std::filesystem::path& folder) {
  const auto authority = issue({"Kollect test authority", nullptr, -2 * day, 30 * day}, nullptr);
  if (!authority)
    return authority.error();
  const auto untrusted = issue({"Another test authority", nullptr, -2 * day, 30 * day}, nullptr);
  if (!untrusted)
    return untrusted.error();
  auto server = make_server({"127.0.0.1", local_names, -day, 30 * day}, *authority, folder, "server");
  if (!server)
    return server.error();
  auto expired = make_server({"127.0.0.1", local_names, -2 * day, -day}, *authority, folder, "expired");
  if (!expired)
    return expired.error();
  auto wrong_host = make_server({"another.example", "DNS:another.example", -day, 30 * day}, *authority,
                                folder, "wrong_host");
  if (!wrong_host)
    return wrong_host.error();

  tls_files files{.ca_pem = certificate_text(*authority),
                  .ca_file = folder / "ca.crt",
                  .untrusted_ca_pem = certificate_text(*untrusted),
                  .untrusted_ca_file = folder / "untrusted_ca.crt",
                  .server = std::move(*server),
                  .expired = std::move(*expired),
                  .wrong_host = std::move(*wrong_host)};
  if (auto written = write_file(files.ca_file, files.ca_pem); !written)
    return written.error();
  if (auto written = write_file(files.untrusted_ca_file, files.untrusted_ca_pem); !written)
    return written.error();
  return files;
}

} // namespace kollect::servers

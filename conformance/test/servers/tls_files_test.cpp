#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>
#include <servers/tls_files.hpp>

#include <gtest/gtest.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace {

using namespace kollect::servers;

using certificate_pointer = std::unique_ptr<X509, decltype([](X509* object) { X509_free(object); })>;

certificate_pointer parse(const std::string& pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  certificate_pointer certificate(PEM_read_bio_X509(memory, nullptr, nullptr, nullptr));
  BIO_free(memory);
  return certificate;
}

/// OpenSSL's verdict on a server at `host`, for a client that trusts `ca_pem` alone.
int verify(const std::string& ca_pem, const server_certificate& server, const char* host) {
  const auto ca = parse(ca_pem);
  const auto leaf = parse(server.certificate_pem);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, ca.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf.get(), nullptr);
  X509_STORE_CTX_set_default(context, "ssl_server");
  X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host) != 1)
    X509_VERIFY_PARAM_set1_host(wanted, host, 0);
  X509_verify_cert(context);
  const int verdict = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return verdict;
}

class tls_files_test : public testing::Test {
protected:
  static void SetUpTestSuite() {
    directory_.emplace(temporary_directory::create().value());
    files_.emplace(make_tls_files(directory_->path()).value());
  }
  static void TearDownTestSuite() {
    files_.reset();
    directory_.reset();
  }
  static inline std::optional<temporary_directory> directory_;
  static inline std::optional<tls_files> files_;
};

TEST_F(tls_files_test, the_server_is_trusted_by_both_its_names) {
  EXPECT_EQ(verify(files_->ca_pem, files_->server, "127.0.0.1"), X509_V_OK);
  EXPECT_EQ(verify(files_->ca_pem, files_->server, "localhost"), X509_V_OK);
}

TEST_F(tls_files_test, the_bad_ones_are_bad_in_one_way_each) {
  EXPECT_EQ(verify(files_->ca_pem, files_->expired, "127.0.0.1"), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(verify(files_->ca_pem, files_->wrong_host, "127.0.0.1"), X509_V_ERR_IP_ADDRESS_MISMATCH);
  EXPECT_EQ(verify(files_->ca_pem, files_->wrong_host, "another.example"), X509_V_OK);
  EXPECT_EQ(verify(files_->untrusted_ca_pem, files_->server, "127.0.0.1"),
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST_F(tls_files_test, the_files_hold_the_texts) {
  EXPECT_EQ(read_file(files_->ca_file).value(), files_->ca_pem);
  EXPECT_EQ(read_file(files_->untrusted_ca_file).value(), files_->untrusted_ca_pem);
  for (const auto* server : {&files_->server, &files_->expired, &files_->wrong_host}) {
    EXPECT_EQ(read_file(server->certificate_file).value(), server->certificate_pem);
    EXPECT_EQ(read_file(server->key_file).value(), server->key_pem);
    EXPECT_EQ(read_file(server->keystore_file).value(), server->key_pem + server->certificate_pem);
    EXPECT_TRUE(server->key_pem.starts_with("-----BEGIN PRIVATE KEY-----"));
  }
}

TEST(tls_files, need_their_folder) {
  EXPECT_FALSE(make_tls_files("/nowhere"));
}

} // namespace

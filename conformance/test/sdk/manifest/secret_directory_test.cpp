#include "certificate.hpp"
#include "manifest_text.hpp"

#include <kollect/manifest/resolve.hpp>
#include <kollect/manifest/secret_source.hpp>

#include <servers/files.hpp>
#include <servers/temporary_directory.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

namespace kollect::test {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

const std::string reference = "  secretRef: {name: credentials}\n";

class secret_directory : public testing::Test {
protected:
  void SetUp() override {
    auto made = servers::temporary_directory::create();
    ASSERT_TRUE(made) << made.error();
    directory_.emplace(std::move(*made));
  }

  fs::path path(const fs::path& name = {}) const { return directory_->path() / name; }

  void write(const fs::path& name, std::string_view content) const {
    fs::create_directories(path(name).parent_path());
    const auto written = servers::write_file(path(name), content);
    ASSERT_TRUE(written) << written.error();
  }

  result<connection> resolve_here(const std::string& text) const {
    const auto file = read(text);
    if (!file)
      return file.error();
    secret_sources sources;
    sources.directory = path();
    sources.environment = [](const std::string&) { return std::optional("from the environment"s); };
    return resolve(*file, file->sinks.front(), sources);
  }

private:
  std::optional<servers::temporary_directory> directory_;
};

TEST_F(secret_directory, gives_the_bytes_of_each_file) {
  write("username", "u");
  write("password", " p\0\n"s);
  write(".hidden", "x");
  write("other-secret/username", "x");
  const auto values = read_secret_directory(path());
  ASSERT_TRUE(values) << values.error();
  EXPECT_EQ(values->size(), 2U);
  EXPECT_TRUE(values->at("username") == "u");
  EXPECT_TRUE(values->at("password") == " p\0\n"s);
}

TEST_F(secret_directory, follows_the_links_that_kubernetes_makes) {
  write("..2026_01_15/username", "u");
  fs::create_directory_symlink("..2026_01_15", path("..data"));
  fs::create_symlink("..data/username", path("username"));
  const auto values = read_secret_directory(path());
  ASSERT_TRUE(values) << values.error();
  ASSERT_EQ(values->size(), 1U);
  EXPECT_TRUE(values->at("username") == "u");
}

TEST_F(secret_directory, reads_one_version_of_a_secret_that_is_being_replaced) {
  write("..old/username", "old");
  write("..new/username", "new");
  fs::create_directory_symlink("..new", path("..data"));
  fs::create_symlink("..old/username", path("username")); // a link that lags behind
  const auto values = read_secret_directory(path());
  ASSERT_TRUE(values) << values.error();
  EXPECT_TRUE(values->at("username") == "new");
}

TEST_F(secret_directory, is_refused_when_it_cannot_be_read) {
  EXPECT_EQ(to_string(read_secret_directory(path("none")).error()),
            path("none").string() + ": cannot be read: No such file or directory");
  fs::create_symlink("nowhere", path("password"));
  EXPECT_EQ(to_string(read_secret_directory(path()).error()),
            path("password").string() + ": cannot be read: it is a link to a file that is not there");
}

TEST_F(secret_directory, reports_links_that_go_in_circles) {
  fs::create_symlink("password", path("password"));
  const auto values = read_secret_directory(path());
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().reason(), error::file_unreadable);
  fs::create_symlink("credentials", path("credentials"));
  EXPECT_EQ(resolve_here(kafka_sink(reference)).error().reason(), error::file_unreadable);
}

TEST_F(secret_directory, does_not_wait_for_what_is_not_a_file) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  write("token", "t");
  const auto values = read_secret_directory(path());
  ASSERT_TRUE(values) << values.error();
  EXPECT_EQ(values->size(), 1U);
}

TEST_F(secret_directory, limits_sizes_and_counts) {
  write("password", std::string(max_secret_file_bytes, 'x'));
  EXPECT_TRUE(read_secret_directory(path()));
  write("password", std::string(max_secret_file_bytes + 1, 'x'));
  EXPECT_EQ(to_string(read_secret_directory(path()).error()),
            path("password").string() + ": cannot be read: it is larger than the limit of 1048576 bytes");
  for (std::size_t index = 0; index <= max_secret_files; ++index)
    write("many/" + std::to_string(index), "x");
  EXPECT_EQ(to_string(read_secret_directory(path("many")).error()),
            path("many").string() + ": cannot be read: it has more than 100 files");
}

TEST_F(secret_directory, serves_the_referenced_secret) {
  write("username", "u");
  write("password", "p\n");
  const auto outcome = resolve_here(kafka_sink(reference));
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_TRUE(outcome->secret && outcome->secret->username == "u" && outcome->secret->password == "p\n");
}

TEST_F(secret_directory, serves_each_secret_from_a_folder_of_its_name) {
  write("credentials/username", "u");
  write("credentials/password", "p");
  write("ca/ca.crt", certificate);
  write("username", "not this one");
  const auto outcome = resolve_here(kafka_sink(reference + "  tls: {caSecretRef: {name: ca}}\n"));
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_TRUE(outcome->secret && outcome->secret->username == "u");
  EXPECT_EQ(outcome->tls->ca_pem, certificate);
}

TEST_F(secret_directory, comes_after_the_manifest_and_before_the_environment) {
  const auto from_environment = resolve_here(kafka_sink(reference));
  ASSERT_TRUE(from_environment) << from_environment.error();
  EXPECT_TRUE(from_environment->secret->username == "from the environment");
  write("username", "from the directory");
  write("password", "p");
  EXPECT_TRUE(resolve_here(kafka_sink(reference))->secret->username == "from the directory");
  const auto both =
      kafka_sink(reference) + secret_document("stringData: {username: from the manifest, password: p}\n");
  EXPECT_TRUE(resolve_here(both)->secret->username == "from the manifest");
}

TEST_F(secret_directory, is_named_when_it_lacks_the_secret) {
  const auto outcome = resolve_here(kafka_sink("  tls: {caSecretRef: {name: ca}}\n"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(to_string(outcome.error()),
            "file.yaml:8:22: Secret team-a/ca, which spec.tls.caSecretRef names, was not found: "
            "not in the manifest, not in the directory " +
                path().string() + " [KAF-08]");
}

TEST_F(secret_directory, is_not_left_by_a_name_that_is_a_path) {
  write("outside/username", "x");
  write("outside/password", "x");
  write("inside/username", "u");
  write("inside/password", "p");
  event_sink sink;
  sink.kafka.emplace();
  sink.kafka->brokers = {"a:1"};
  sink.secret = secret_reference{"../outside", {}, {}};
  secret_sources sources;
  sources.directory = path("inside");
  const auto outcome = resolve({}, sink, sources);
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_TRUE(outcome->secret && outcome->secret->username == "u");
}

} // namespace
} // namespace kollect::test

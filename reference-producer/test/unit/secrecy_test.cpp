#include "test/support/producer.hpp"

#include <servers/free_port.hpp>

#include <gtest/gtest.h>

#include <filesystem>

namespace kollect::test {
namespace {

constexpr std::string_view canary = "canary-5up3r";

/// Every command on this manifest, with whatever says most about it; what they print must not have the
/// canary.
void expect_silence(const std::string& manifest, const std::vector<std::string>& more,
                    const environment& variables) {
  std::vector<std::vector<std::string>> commands{
      {"check"},
      {"export", "--namespace", "n", "--inventory", "i", "-"},
      {"export", "--namespace", "n", "--inventory", "i", "--dry-run", "-"},
      {"simulate", "--rounds", "1"}};
  for (auto& command : commands) {
    command.insert(command.end(), {"--manifest", manifest, "--timeout", "1"});
    command.insert(command.end(), more.begin(), more.end());
    const auto outcome = run_producer(command, "[]", variables);
    EXPECT_NE(outcome.status.code, 70) << outcome;
    EXPECT_EQ((outcome.output + outcome.errors).find(canary), std::string::npos) << outcome;
  }
}

std::string nowhere() {
  return "127.0.0.1:" + std::to_string(servers::free_port().value());
}

const std::string reference = "  secretRef: {name: credentials}\n";

TEST(secrecy, of_secrets_in_the_manifest) {
  const workspace place;
  const std::string word(canary);
  const std::vector<std::vector<std::pair<std::string, std::string>>> all{
      {{"username", word}, {"password", word}},
      {{"username", word}},
      {{"password", word}},
      {{"token", word}},
      {{"username", word + '\n'}, {"token", word + "\x01"}}};
  for (const auto& values : all) {
    expect_silence(
        place.write("kafka.yaml", kafka_manifest(nowhere(), "t", reference) + secret_document(values)),
        {"-X", "debug=all"}, {});
    expect_silence(place.write("nats.yaml", nats_manifest("nats://" + nowhere(), "s", reference) +
                                                secret_document(values)),
                   {}, {});
  }
}

TEST(secrecy, of_mounted_secrets) {
  const workspace place;
  std::filesystem::create_directory(place.path("secrets"));
  place.write("secrets/username", canary);
  place.write("secrets/password", canary);
  expect_silence(place.write("kafka.yaml", kafka_manifest(nowhere(), "t", reference)),
                 {"--secret-dir", place.path("secrets")}, {});
  expect_silence(place.write("nats.yaml", nats_manifest("nats://" + nowhere(), "s", reference)),
                 {"--secret-dir", place.path("secrets")}, {});
}

TEST(secrecy, of_the_environment) {
  const workspace place;
  const std::string word(canary);
  const environment variables{{"KOLLECT_SECRET_USERNAME", word}, {"KOLLECT_SECRET_PASSWORD", word}};
  expect_silence(place.write("kafka.yaml", kafka_manifest(nowhere(), "t", reference)), {}, variables);
  expect_silence(place.write("nats.yaml", nats_manifest("nats://" + nowhere(), "s", reference)), {},
                 variables);
}

TEST(secrecy, of_credentials_where_they_do_not_belong) {
  const workspace place;
  const std::string word(canary);
  expect_silence(place.write("kafka.yaml", kafka_manifest(word + ":" + word + "@" + nowhere(), "t")), {}, {});
  expect_silence(place.write("nats.yaml", nats_manifest("nats://" + word + "@" + nowhere(), "s")), {}, {});
  expect_silence(
      place.write("options.yaml", kafka_manifest(nowhere(), "t", "  options: {password: " + word + "}\n")),
      {}, {});
  expect_silence(
      place.write("ca.yaml", kafka_manifest(nowhere(), "t", "  tls: {caSecretRef: {name: credentials}}\n") +
                                 secret_document({{"ca.crt", word}})),
      {}, {});
  expect_silence(place.write("broken.yaml", kafka_manifest(nowhere(), "t", reference) +
                                                secret_document({{"username", word}}) + "  x: \"" + word),
                 {}, {});
  expect_silence(place.write("kafka.yaml", kafka_manifest(nowhere(), "t")), {"-X", "sasl.password=" + word},
                 {});
}

TEST(secrecy, leaves_no_core_dump_behind) {
  const workspace place;
  const auto port = std::to_string(servers::free_port().value());
  auto program = start_producer({"simulate", "--timeout", "60", "--manifest",
                                 place.write("kafka.yaml", kafka_manifest("127.0.0.1:" + port, "t"))});
  // The limit is set before anything else, so that it is there once the program has said its first word.
  const auto limits = "/proc/" + std::to_string(program.id()) + "/limits";
  bool is_set = false;
  for (int attempt = 0; attempt < 2'000 && !is_set; ++attempt) {
    const auto text = servers::run_command({.arguments = {"/bin/cat", limits}});
    is_set = text.has_value() &&
             text->output.find("Max core file size        0                    0") != std::string::npos;
  }
  EXPECT_TRUE(is_set);
  program.kill();
}

} // namespace
} // namespace kollect::test

#include <servers/kafka_server.hpp>
#include <servers/postgresql_server.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace kollect;

int run(std::vector<std::string> words, const std::string& variable, const std::string& value) {
  const auto ended = servers::run_command({.arguments = std::move(words),
                                           .environment = {{variable, value}},
                                           .timeout = std::chrono::seconds(570)});
  if (!ended) {
    std::cerr << ended.error() << '\n';
    return 1;
  }
  std::cout << ended->output;
  std::cerr << ended->errors;
  return ended->status.code;
}

int fail(const failure& why) {
  std::cerr << why << '\n';
  return 1;
}

int run_with_kafka(std::vector<std::string> words) {
  const auto server = servers::kafka_server::start({.properties = {{"auto.create.topics.enable", "true"}}});
  if (!server)
    return fail(server.error());
  auto admin = servers::kafka_admin::create({.bootstrap = server->bootstrap()});
  if (!admin)
    return fail(admin.error());
  if (const auto made = admin->create_topic("inventory.changes", 3); !made)
    return fail(made.error());
  return run(std::move(words), "KOLLECT_BROKERS", server->bootstrap());
}

int run_with(const std::string& kind, std::vector<std::string> words) {
  if (kind == "kafka")
    return run_with_kafka(std::move(words));
  if (kind == "sqlite") {
    const auto folder = servers::temporary_directory::create();
    return folder ? run(std::move(words), "KOLLECT_STORE", "sqlite:" + (folder->path() / "state.db").string())
                  : 1;
  }
  const auto server = servers::postgresql_server::start();
  return server ? run(std::move(words), "KOLLECT_STORE", server->url()) : fail(server.error());
}

} // namespace

/// with-server sqlite|postgresql COMMAND…: runs the command with KOLLECT_STORE naming an empty store.
/// with-server kafka COMMAND…: runs it with KOLLECT_BROKERS naming a broker that has the topic
/// inventory.changes, and makes others as they are asked for.
int main(int count, char** words) {
  if (count < 3) {
    std::cerr << "usage: with-server sqlite|postgresql|kafka COMMAND…\n";
    return 64;
  }
  return run_with(words[1], {words + 2, words + count});
}

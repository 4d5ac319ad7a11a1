#include <servers/postgresql_server.hpp>
#include <servers/process.hpp>
#include <servers/temporary_directory.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace kollect;

int run(std::vector<std::string> words, const std::string& store) {
  const auto ended = servers::run_command({.arguments = std::move(words),
                                           .environment = {{"KOLLECT_STORE", store}},
                                           .timeout = std::chrono::seconds(570)});
  if (!ended) {
    std::cerr << ended.error() << '\n';
    return 1;
  }
  std::cout << ended->output;
  std::cerr << ended->errors;
  return ended->status.code;
}

int run_with(const std::string& kind, std::vector<std::string> words) {
  if (kind == "sqlite") {
    const auto folder = servers::temporary_directory::create();
    return folder ? run(std::move(words), "sqlite:" + (folder->path() / "state.db").string()) : 1;
  }
  const auto server = servers::postgresql_server::start();
  if (!server)
    std::cerr << server.error() << '\n';
  return server ? run(std::move(words), server->url()) : 1;
}

} // namespace

/// with-store sqlite|postgresql COMMAND…: runs the command with KOLLECT_STORE naming an empty store.
int main(int count, char** words) {
  if (count < 3) {
    std::cerr << "usage: with-store sqlite|postgresql COMMAND…\n";
    return 64;
  }
  return run_with(words[1], {words + 2, words + count});
}

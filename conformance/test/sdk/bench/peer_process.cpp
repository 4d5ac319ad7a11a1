#include "peer_process.hpp"

#include <cstdlib>
#include <iostream>

#include <sys/wait.h>
#include <unistd.h>

namespace kollect::bench {

namespace {

[[noreturn]] void die(const std::string& what) {
  std::cerr << "error: " << what << '\n';
  std::exit(70);
}

} // namespace

peer_process::peer_process(const std::vector<std::string>& command) {
  int in[2], out[2];
  if (pipe(in) != 0 || pipe(out) != 0)
    die("no pipe");
  std::vector<char*> arguments;
  for (const auto& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    dup2(in[0], 0), dup2(out[1], 1);
    for (const int end : {in[0], in[1], out[0], out[1]})
      close(end);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(in[0]), close(out[1]);
  to_ = in[1], from_ = out[0];
}

peer_process::~peer_process() {
  close(to_), close(from_); // the end of its input is the peer's end
  waitpid(process_, nullptr, 0);
}

std::string peer_process::ask(const std::string& command) {
  const std::string line = command + "\n";
  if (write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    die("a peer does not listen");
  for (;;) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      auto answer = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return answer;
    }
    char piece[4096];
    const auto count = read(from_, piece, sizeof piece);
    if (count <= 0)
      die("a peer ended instead of answering: " + command);
    unread_.append(piece, static_cast<std::size_t>(count));
  }
}

contender peer_process::work(const std::string& name) {
  return [this, name](std::size_t count) {
    return 1e-9 * std::strtod(ask("run " + name + " " + std::to_string(count)).c_str(), nullptr);
  };
}

} // namespace kollect::bench

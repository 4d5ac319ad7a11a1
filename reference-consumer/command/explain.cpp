#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/open_store.hpp"

#include <kollect/json_writer.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

namespace kollect::consumer {
namespace {

struct explain_flags {
  store_flags store;
  bounds_flags bounds;
  std::string file;
  std::string key;
};

result<std::string> read_message(const std::string& name) {
  std::ifstream file;
  if (name != "-")
    file.open(name, std::ios::binary);
  std::istream& input = name == "-" ? std::cin : file;
  std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  if (input.bad() || (name != "-" && !file.is_open())) {
    auto reason = make_failure(error::file_unreadable, "the message cannot be read");
    reason.source = name;
    return reason;
  }
  return text;
}

std::string to_json(const explanation& found) {
  std::string text;
  json_writer out(text);
  out.begin_object().member("result", to_string(found.ending));
  if (found.scope)
    out.member("cluster", found.scope->cluster)
        .member("namespace", found.scope->namespace_)
        .member("inventory", found.scope->inventory);
  out.member("why", found.why).end_object();
  return text;
}

result<int> run(const explain_flags& flags) {
  auto value = read_message(flags.file);
  if (!value)
    return value.error();
  auto opened = open_store_beside(flags.store, describe_owner("explain"));
  if (!opened)
    return opened.error();
  received_message message;
  message.value = *value;
  if (!flags.key.empty())
    message.key = flags.key;
  message.offset = -1; // nowhere in a log: no dead letter is at the same place
  auto settings = make_ingest_settings(flags.bounds);
  settings.log.name = "explain";
  auto found = explain(**opened, settings, message);
  if (!found)
    return found.error();
  std::cout << program::printable_json(to_json(*found)) << std::endl;
  return found->ending == outcome::dead_lettered ? program::findings : program::success;
}

} // namespace

void add_explain(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<explain_flags>();
  auto& added = to.add_command("explain", "explain what would become of a message; change nothing");
  added.section("Message");
  added.add("MESSAGE", flags->file, file(), "file with the message's bytes, or - for standard input")
      .required();
  added.add("--key", flags->key, text("KEY"), "the message's Kafka key, which names the inventory (KAF-01)");
  add_store_flags(added, flags->store);
  add_bounds_flags(added, flags->bounds);
  added.does([flags](log&) { return run(*flags); });
}

} // namespace kollect::consumer

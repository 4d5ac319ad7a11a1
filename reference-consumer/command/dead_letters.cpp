#include "command/commands.hpp"
#include "command/open_store.hpp"

#include <kollect/detail/json_writer.hpp>
#include <kollect/program/exit_code.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include <openssl/evp.h>

namespace kollect::consumer {
namespace {

struct list_flags {
  store_flags store;
  std::int64_t after = 0;
  std::int64_t limit = 1000;
};

std::string base64(const std::string& bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.pop_back();
  return out;
}

/// One dead letter as JSON; key and value in base64, as they may be any bytes. The value is null where
/// it was dropped to stay within the retention.
std::string to_json(const stored_dead_letter& stored) {
  const auto& letter = stored.letter;
  std::string out = "{\"id\":" + std::to_string(stored.id);
  const auto text = [&out](const char* name, const std::string& value) {
    out.append(",\"").append(name).append("\":");
    detail::append_string(out, value);
  };
  text("reason", letter.reason);
  text("sentence", letter.sentence);
  text("clause", letter.clause);
  out += ",\"byteOffset\":" + (letter.byte_offset ? std::to_string(*letter.byte_offset) : "null");
  text("log", letter.origin.log);
  out += ",\"partition\":" + std::to_string(letter.origin.partition) +
         ",\"offset\":" + std::to_string(letter.origin.offset);
  text("subject", letter.subject);
  out += ",\"headers\":" + letter.headers_json;
  if (letter.message_key)
    text("key", base64(*letter.message_key));
  else
    out += ",\"key\":null";
  out += ",\"valueBytes\":" + std::to_string(stored.value_bytes);
  text("valueSha256", to_string(stored.value_digest));
  if (stored.has_body)
    text("value", base64(letter.value));
  else
    out += ",\"value\":null";
  text("buriedAt", to_string(letter.at));
  return out + "}";
}

result<int> list(const list_flags& flags) {
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  std::int64_t after = flags.after;
  for (std::int64_t left = flags.limit; left > 0;) {
    auto letters = (*opened)->dead_letters(after, std::min<std::int64_t>(left, 100));
    if (!letters)
      return letters.error();
    if (letters->empty())
      break;
    for (const auto& letter : *letters)
      std::cout << to_json(letter) << '\n';
    after = letters->back().id;
    left -= static_cast<std::int64_t>(letters->size());
  }
  if (!std::cout.flush())
    return make_failure(error::store_full, "the output could not be written");
  return program::success;
}

} // namespace

void add_dead_letters(CLI::App& program, command_action& chosen) {
  auto* const group = program.add_subcommand("dlq", "look at dead letters: messages that nobody can apply");
  group->require_subcommand(1);
  auto flags = std::make_shared<list_flags>();
  auto* const command =
      group->add_subcommand("list", "print dead letters, one a line, key and value in base64");
  add_store_flags(*command, flags->store);
  command->add_option("--after", flags->after, "only letters with a greater id")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--limit", flags->limit, "print at most this many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([flags, &chosen] { chosen = [flags] { return list(*flags); }; });
}

} // namespace kollect::consumer

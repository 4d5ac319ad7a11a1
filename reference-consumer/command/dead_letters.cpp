#include "command/admin_actions.hpp"
#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/flush_output.hpp"
#include "command/item_table.hpp"
#include "command/open_store.hpp"
#include "read_api/dead_letter_list.hpp"

#include <kollect/base64.hpp>
#include <kollect/json_writer.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace kollect::consumer {
namespace {

struct list_flags {
  store_flags store;
  std::int64_t after = 0;
  std::int64_t limit = 1000;
  std::string reason{};
  std::string cluster{};
  std::string output = "table";
};

/// One dead letter as JSON: as the read API has it, with headers, key and value. Key and value are in
/// base64, as they may be any bytes; the value is null where it was dropped to stay within the retention.
std::string to_json(const stored_dead_letter& stored) {
  const auto& letter = stored.letter;
  std::string line;
  json_writer out(line);
  out.begin_object();
  write_members(out, stored);
  out.name("headers")
      .raw(letter.headers_json)
      .member("key", letter.message_key ? std::optional(encode_base64(*letter.message_key)) : std::nullopt)
      .member("valueSha256", to_string(stored.value_digest))
      .member("value", stored.has_body ? std::optional(encode_base64(stored.value)) : std::nullopt)
      .end_object();
  return line;
}

/// The cells of one for people; `json` has the bytes.
std::vector<std::string> cells_of(const stored_dead_letter& stored) {
  const auto& letter = stored.letter;
  return {std::to_string(stored.id),
          to_string(letter.at),
          letter.cluster.value_or("-"),
          letter.reason,
          letter.message_key.value_or(letter.subject),
          std::to_string(letter.origin.partition) + "/" + std::to_string(letter.origin.offset),
          std::to_string(stored.value_bytes),
          letter.sentence};
}

dead_letter_question question_of(const list_flags& flags) {
  dead_letter_question out;
  if (!flags.cluster.empty())
    out.cluster.wanted.push_back(parse_pattern(flags.cluster));
  if (!flags.reason.empty())
    out.reason.wanted.push_back(parse_pattern(flags.reason));
  return out;
}

result<int> list(const list_flags& flags) {
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  const auto asked = question_of(flags);
  text_table table({"ID", "TIME", "CLUSTER", "REASON", "FROM", "PLACE", "BYTES", "WHY"});
  std::int64_t after = flags.after;
  for (std::int64_t left = flags.limit; left > 0;) {
    auto letters = (*opened)->dead_letters(after, std::min<std::int64_t>(left, 100));
    if (!letters)
      return letters.error();
    if (letters->empty())
      break;
    for (const auto& one : *letters) {
      if (!holds(asked, one.letter))
        continue;
      --left;
      if (flags.output == "table")
        table.add(cells_of(one));
      else
        std::cout << program::printable_json(to_json(one)) << '\n';
    }
    after = letters->back().id;
    if (flags.output == "table")
      table.print(std::cout);
  }
  return flush_output(program::success);
}

struct show_flags {
  store_flags store;
  std::int64_t id = 0;
  std::string output = "json";
};

result<int> show(const show_flags& flags, program::log& log) {
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto found = (*opened)->dead_letters(flags.id - 1, 1);
  if (!found)
    return found.error();
  if (found->empty() || found->front().id != flags.id) {
    log.error("there is no dead letter " + std::to_string(flags.id) +
              ": it was never one, was taken in since, or dropped");
    return program::not_found;
  }
  const auto& stored = found->front();
  if (flags.output == "json") {
    std::cout << program::printable_json(to_json(stored)) << '\n';
  } else {
    if (!stored.has_body)
      return make_failure(error::invalid_value, "the bytes of dead letter " + std::to_string(flags.id) +
                                                    " were dropped to stay within --max-dead-letter-bytes");
    std::cout << stored.value;
  }
  return flush_output(program::success);
}

/// Which letters a command is about.
struct choice_flags {
  store_flags store;
  bounds_flags bounds;
  std::vector<std::int64_t> ids;
  std::string reason;
  bool is_all = false;
};

result<std::vector<std::int64_t>> choose(store_reader& from, const choice_flags& flags) {
  if (!flags.ids.empty())
    return flags.ids;
  std::vector<std::int64_t> chosen;
  for (std::int64_t after = 0;;) {
    auto letters = from.dead_letters(after, 100);
    if (!letters)
      return letters.error();
    if (letters->empty())
      return chosen;
    for (const auto& stored : *letters)
      if (flags.reason.empty() || stored.letter.reason == flags.reason)
        chosen.push_back(stored.id);
    after = letters->back().id;
  }
}

/// Tries each letter once; exit code 1 when one is as dead as before.
result<int> retry(const choice_flags& flags) {
  auto opened = open_store_beside(flags.store, describe_owner("dlq retry"));
  if (!opened)
    return opened.error();
  auto ids = choose(**opened, flags);
  if (!ids)
    return ids.error();
  int code = program::success;
  for (const auto id : *ids) {
    auto ending = retry_dead_letter(**opened, make_ingest_settings(flags.bounds), id);
    if (!ending)
      return ending.error();
    std::cout << retried_json(id, *ending) << std::endl;
    if (*ending == outcome::dead_lettered)
      code = program::findings;
  }
  return flush_output(code);
}

result<int> drop(const choice_flags& flags) {
  auto opened = open_store_beside(flags.store, describe_owner("dlq drop"));
  if (!opened)
    return opened.error();
  auto ids = choose(**opened, flags);
  if (!ids)
    return ids.error();
  auto begun = (*opened)->begin();
  if (!begun)
    return begun.error();
  for (const auto id : *ids) {
    auto taken = (*begun)->take_dead_letter(id);
    if (!taken)
      return taken.error();
    if (!*taken)
      return make_failure(error::invalid_value,
                          "there is no dead letter " + std::to_string(id) + "; nothing was dropped");
  }
  if (auto committed = (*begun)->commit(); !committed)
    return committed.error();
  std::string line;
  json_writer(line).begin_object().member("dropped", ids->size()).end_object();
  std::cout << line << std::endl;
  return program::success;
}

void add_choice(program::command& to, const char* name, const char* what, bool takes_bounds,
                result<int> (*action)(const choice_flags&)) {
  using namespace program;
  auto flags = std::make_shared<choice_flags>();
  auto& added = to.add_command(name, what);
  add_store_flags(added, flags->store);
  added.section("Which dead letters");
  added.add("IDS", flags->ids, count(1), "ids, as dlq list prints them");
  added.add("--reason", flags->reason, text("REASON"), "all with this reason");
  added.add("--all", flags->is_all, "all there are");
  added.exactly_one_of({"IDS", "reason", "all"});
  if (takes_bounds)
    add_bounds_flags(added, flags->bounds);
  added.does([flags, action](log&) { return action(*flags); });
}

void add_list(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<list_flags>();
  auto& added = to.add_command("list", "print dead letters");
  add_store_flags(added, flags->store);
  added.section("What is printed");
  added.add("--after", flags->after, count(), "only letters with a greater id");
  added.add("--limit", flags->limit, count(1), "print at most this many");
  added.add("--reason", flags->reason, text("REASON"), "only those with this reason; * stands for any text");
  added.add("--cluster", flags->cluster, text("CLUSTER"),
            "only those of this cluster; * stands for any text");
  added.add("-o,--output", flags->output, one_of({"table", "json"}),
            "table, or json: one a line, with key and value in base64");
  added.does([flags](log&) { return list(*flags); });
}

void add_show(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<show_flags>();
  auto& added = to.add_command("show", "print one dead letter");
  add_store_flags(added, flags->store);
  added.section("What is printed");
  added.add("ID", flags->id, count(1), "id of the dead letter").required().without_default();
  added.add("-o,--output", flags->output, one_of({"json", "raw"}),
            "json, or raw: the message's bytes and nothing else");
  added.does([flags](log& to_log) { return show(*flags, to_log); });
}

} // namespace

void add_dead_letters(program::command& to) {
  auto& group = to.add_command("dlq", "dead letters: messages that nobody can apply");
  add_list(group);
  add_show(group);
  add_choice(group, "retry", "take dead letters in once more, with the limits given here", true, &retry);
  add_choice(group, "drop", "remove dead letters for good; the counters stay", false, &drop);
}

} // namespace kollect::consumer

#include "command/commands.hpp"
#include "command/flag_types.hpp"
#include "command/publisher_flags.hpp"
#include "message_text.hpp"
#include "publish_confirmed.hpp"
#include "read_items.hpp"

#include <kollect/export.hpp>
#include <kollect/limits.hpp>
#include <kollect/redact.hpp>
#include <program/exit_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kollect::producer {

namespace {

struct export_flags {
  publisher_flags broker;
  std::string namespace_;
  std::string inventory;
  std::int64_t generation = 0;
  std::string payload = "array"; // or export-envelope
  std::size_t max_export_bytes = default_max_export_bytes;
  std::size_t max_depth = limits{}.max_depth;
  std::optional<timestamp> instant;     // absent: now
  std::optional<timestamp> exported_at; // absent: the same instant
  bool is_redacting = false;
  bool is_dry_run = false;
  std::string output = "json"; // or raw
  std::string items;           // a file, or - for standard input
};

/// SEC-01 asks for redaction before export; here it can still be done, or at least be noticed.
void handle_secrets(std::vector<item>& rows, bool is_redacting, program::log& log) {
  constexpr std::size_t most_warnings = 20;
  std::size_t found = 0;
  for (auto& row : rows) {
    if (is_redacting) {
      found += redact(row);
      continue;
    }
    for (const auto& path : find_secrets(row)) {
      if (++found > most_warnings)
        continue;
      log.warning("an attribute looks like a secret and is not redacted [SEC-01]",
                  {{"kind", row.kind}, {"namespace", row.namespace_}, {"name", row.name}, {"path", path}});
    }
  }
  if (found == 0)
    return;
  if (is_redacting)
    log.info("attributes that look like secrets were redacted", {{"count", found}});
  else
    log.warning("--redact replaces what looks like a secret", {{"count", found}});
}

result<std::vector<outgoing_message>> make_export(const export_flags& flags, const connection& sink,
                                                  std::vector<item> rows) {
  const auto instant = flags.instant.value_or(from_system_clock(std::chrono::system_clock::now()));
  snapshot source;
  source.scope = {sink.cluster, flags.namespace_, flags.inventory};
  source.generation = flags.generation;
  source.exported_at = flags.exported_at.value_or(instant);
  source.items = std::move(rows);
  const auto form = flags.payload == "array" ? payload_form::array : payload_form::export_envelope;
  return make_messages(source, sink, instant,
                       {form, flags.max_export_bytes, limits{.max_depth = flags.max_depth}});
}

result<int> print(const std::vector<outgoing_message>& messages, const export_flags& flags,
                  broker_system system) {
  if (auto sized = check_sizes(messages, flags.broker.max_message_bytes.value_or(0)); !sized)
    return sized.error();
  for (const auto& message : messages)
    std::cout << (flags.output == "raw" ? message.value : describe_message(system, message)) << '\n';
  return program::success;
}

/// Everything has been made and is sized before the first message is sent (SIZE-01).
result<int> publish(const std::vector<outgoing_message>& messages, const export_flags& flags,
                    const connection& sink, program::log& log) {
  auto opened = open_publisher(sink, flags.broker, log);
  if (!opened)
    return opened.error();
  const auto limit = find_size_limit(sink, flags.broker, log);
  if (!limit)
    return limit.error();
  if (auto sized = check_sizes(messages, *limit); !sized)
    return sized.error();

  int code = program::success;
  const auto results = publish_confirmed(**opened, messages, flags.broker.timeout());
  for (std::size_t index = 0; index < results.size(); ++index) {
    if (results[index]) {
      std::cout << describe_receipt(sink.system, messages[index], *results[index]) << '\n';
    } else {
      log.error(results[index].error());
      if (code == program::success)
        code = program::exit_code_of(results[index].error());
    }
  }
  return code;
}

result<int> run(const export_flags& flags, program::log& log) {
  using program::secrets;
  const auto sink =
      program::load_connection(flags.broker.sink, flags.is_dry_run ? secrets::not_needed : secrets::needed);
  if (!sink)
    return sink.error();
  auto rows = read_items(flags.items, flags.max_depth);
  if (!rows) {
    log.error(rows.error());
    return program::bad_data; // also for a file that cannot be read: the configuration is fine
  }
  handle_secrets(*rows, flags.is_redacting, log);
  const auto messages = make_export(flags, *sink, std::move(*rows));
  if (!messages)
    return messages.error();
  return flags.is_dry_run ? print(*messages, flags, sink->system) : publish(*messages, flags, *sink, log);
}

void add_flags(program::command& to, export_flags& flags) {
  using namespace program;
  add_connection_flags(to, flags.broker);
  to.section("Snapshot");
  to.add("ITEMS", flags.items, file(), "file with a JSON array of rows; - for standard input").required();
  to.add("--namespace", flags.namespace_, label(), "the inventory's namespace").required();
  to.add("--inventory", flags.inventory, label(), "the inventory's name").required();
  to.add("--generation", flags.generation, count(), "the inventory's spec generation; 0 leaves it out");
  to.add("--timestamp", flags.instant, instant_kind{}, "when the export happens; default: now");
  to.add("--exported-at", flags.exported_at, instant_kind{},
         "when the snapshot was taken; default: as --timestamp");
  to.add("--redact", flags.is_redacting, "replace the values of attributes whose names look secret");
  to.section("Messages");
  to.add("--payload", flags.payload, one_of({"array", "export-envelope"}),
         "form of a payload that is not split");
  to.add("--max-export-bytes", flags.max_export_bytes, bytes(),
         "larger payloads are split into parts; 0: never");
  add_size_flag(to, flags.broker);
  to.add("--max-depth", flags.max_depth, count(8, max_depth_ceiling), "deepest nesting of a message");
  to.add("--dry-run", flags.is_dry_run, "print the messages; connect to nothing");
  to.add("-o,--output", flags.output, one_of({"json", "raw"}),
         "what a dry run prints: a line of JSON a message, or its bytes")
      .needs("dry-run");
}

} // namespace

void add_export(program::command& to) {
  auto flags = std::make_shared<export_flags>();
  auto& added = to.add_command("export", "publish one snapshot of an inventory");
  add_flags(added, *flags);
  added.shows("kollect-producer export --manifest sink.yaml --namespace team-a --inventory all items.json",
              "Publish the rows of a file");
  added.shows("kollect-producer export --manifest sink.yaml --namespace team-a --inventory all --dry-run -o "
              "raw items.json",
              "See what would be published");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::producer

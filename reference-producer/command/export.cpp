#include "command/commands.hpp"
#include "command/flag_types.hpp"
#include "command/publisher_flags.hpp"
#include "export_plan.hpp"
#include "message_text.hpp"
#include "publish_confirmed.hpp"
#include "read_items.hpp"
#include "state_table.hpp"

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
  std::string payload = "array";               // or export-envelope
  std::optional<std::size_t> max_export_bytes; // absent: as the inventory says, or the default
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

/// The snapshot but for the cluster, which each sink tells.
snapshot make_snapshot(const export_flags& flags, const export_plan& plan, const timestamp& instant,
                       std::vector<item> rows) {
  snapshot source;
  source.scope = {"", plan.namespace_, plan.inventory};
  source.generation = flags.generation;
  source.exported_at = flags.exported_at.value_or(instant);
  source.items = std::move(rows);
  return source;
}

/// An event sink that is ready to be published to.
struct prepared_export {
  connection sink;
  std::vector<outgoing_message> messages;
};

result<prepared_export> prepare(const export_flags& flags, const manifest_file& manifest,
                                const planned_sink& planned, const snapshot& source,
                                const timestamp& instant) {
  auto sink =
      program::make_connection(manifest, planned.sink, flags.broker.sink,
                               flags.is_dry_run ? program::secrets::not_needed : program::secrets::needed);
  if (!sink)
    return sink.error();
  const auto form = flags.payload == "array" ? payload_form::array : payload_form::export_envelope;
  const auto most =
      flags.max_export_bytes.value_or(planned.max_export_bytes.value_or(default_max_export_bytes));
  auto messages = make_messages(source, *sink, instant, {form, most, limits{.max_depth = flags.max_depth}});
  if (!messages)
    return messages.error();
  return prepared_export{std::move(*sink), std::move(*messages)};
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

result<int> write_state(const export_flags& flags, const manifest_file& manifest, const database_sink& sink,
                        const snapshot& source, program::log& log) {
  if (flags.is_dry_run) {
    log.info("a dry run writes no state table", {{"sink", to_string(sink.metadata)}});
    return program::success;
  }
  const auto target = resolve(manifest, sink, program::sources_of(flags.broker.sink));
  if (!target)
    return target.error();
  const auto changes = write_state_table(*target, source, *source.exported_at, flags.broker.timeout(),
                                         limits{.max_depth = flags.max_depth});
  if (!changes)
    return changes.error();
  log.info("state table written",
           {{"sink", to_string(sink.metadata)}, {"rows", changes->written}, {"removed", changes->removed}});
  return program::success;
}

/// The first code that is not success; a failure is told.
class exit_codes_seen {
public:
  explicit exit_codes_seen(program::log& log) : log_(log) {}

  void add(const result<int>& one) {
    if (!one)
      log_.error(one.error());
    const int code = one ? *one : static_cast<int>(program::exit_code_of(one.error()));
    if (first_ == program::success)
      first_ = code;
  }
  int first() const noexcept { return first_; }

private:
  program::log& log_;
  int first_ = program::success;
};

/// All is prepared before anything is sent, so that a mistake publishes nothing. Then each sink gets the
/// snapshot, whatever becomes of the others.
result<int> export_snapshot(const export_flags& flags, const manifest_file& manifest, const export_plan& plan,
                            std::vector<item> rows, program::log& log) {
  const auto instant = flags.instant.value_or(kollect::now());
  const auto source = make_snapshot(flags, plan, instant, std::move(rows));
  std::vector<prepared_export> prepared;
  for (const auto& planned : plan.event_sinks) {
    auto ready = prepare(flags, manifest, planned, source, instant);
    if (!ready)
      return ready.error();
    prepared.push_back(std::move(*ready));
  }
  exit_codes_seen codes(log);
  for (const auto& one : prepared)
    codes.add(flags.is_dry_run ? print(one.messages, flags, one.sink.system)
                               : publish(one.messages, flags, one.sink, log));
  for (const auto& sink : plan.database_sinks)
    codes.add(write_state(flags, manifest, sink, source, log));
  for (const auto& missing : plan.missing)
    codes.add(missing);
  return codes.first();
}

result<int> run(const export_flags& flags, program::log& log) {
  const auto manifest = yaml::read_manifest(flags.broker.sink.manifest);
  if (!manifest)
    return manifest.error();
  if (manifest->inventories.empty() && (flags.namespace_.empty() || flags.inventory.empty())) {
    log.error("--namespace and --inventory are required, as the manifest has no KollectInventory");
    return program::usage;
  }
  const auto plan = plan_export(*manifest, {flags.namespace_, flags.inventory, flags.broker.sink.sink});
  if (!plan)
    return plan.error();
  for (const auto& line : plan->warnings)
    log.warning(line);
  auto rows = read_items(flags.items, flags.max_depth);
  if (!rows) {
    log.error(rows.error());
    return program::bad_data; // also for a file that cannot be read: the configuration is fine
  }
  handle_secrets(*rows, flags.is_redacting, log);
  return export_snapshot(flags, *manifest, *plan, std::move(*rows), log);
}

void add_flags(program::command& to, export_flags& flags) {
  using namespace program;
  add_connection_flags(to, flags.broker);
  to.section("Snapshot");
  to.add("ITEMS", flags.items, file(), "file with a JSON array of rows; - for standard input").required();
  to.add("--namespace", flags.namespace_, label(),
         "the inventory's namespace; default: that of the manifest's KollectInventory");
  to.add("--inventory", flags.inventory, label(),
         "the inventory's name; default: that of the manifest's KollectInventory");
  to.add("--generation", flags.generation, count(), "the inventory's generation; 0: left out");
  to.add("--timestamp", flags.instant, instant_kind{}, "when the export happens; default: now");
  to.add("--exported-at", flags.exported_at, instant_kind{},
         "when the snapshot was taken; default: same as --timestamp");
  to.add("--redact", flags.is_redacting, "replace the values of attributes whose names look secret");
  to.section("Messages");
  to.add("--payload", flags.payload, one_of({"array", "export-envelope"}),
         "form of a payload that is not split");
  to.add("--max-export-bytes", flags.max_export_bytes, bytes(),
         "larger payloads are split into parts; 0: never; default: the inventory's limit, or 1572864");
  add_size_flag(to, flags.broker);
  to.add("--max-depth", flags.max_depth, count(8, max_depth_ceiling), "deepest nesting of a message");
  to.add("--dry-run", flags.is_dry_run, "print the messages; connect to nothing");
  to.add("-o,--output", flags.output, one_of({"json", "raw"}),
         "what a dry run prints: one line of JSON per message, or its bytes")
      .needs("dry-run");
}

} // namespace

void add_export(program::command& to) {
  auto flags = std::make_shared<export_flags>();
  auto& added = to.add_command("export", "publish one snapshot of an inventory");
  add_flags(added, *flags);
  added.shows("kollect-producer export --manifest sink.yaml --namespace team-a --inventory all items.json",
              "Publish the rows of a file");
  added.shows("kollect-producer export --manifest inventory.yaml items.json",
              "Publish to all sinks of the manifest's KollectInventory");
  added.shows("kollect-producer export --manifest sink.yaml --namespace team-a --inventory all --dry-run -o "
              "raw items.json",
              "See what would be published");
  added.does([flags](program::log& log) { return run(*flags, log); });
}

} // namespace kollect::producer

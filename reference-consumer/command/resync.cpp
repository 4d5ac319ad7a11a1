#include "consume/resync.hpp"

#include "command/bounds.hpp"
#include "command/commands.hpp"
#include "command/flush_output.hpp"
#include "command/open_log.hpp"
#include "command/open_store.hpp"
#include "command/outcome_json.hpp"
#include "feed/feed_format.hpp"
#include "store/sqlite_store.hpp"
#include "store/stored_values.hpp"

#include <kollect/json_writer.hpp>
#include <program/connect.hpp>
#include <program/exit_code.hpp>
#include <program/printable.hpp>
#include <program/progress.hpp>
#include <program/stop_signal.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include <unistd.h>

namespace kollect::consumer {
namespace {

struct resync_flags {
  program::sink_flags sink;
  store_flags store;
  bounds_flags bounds;
  std::string from;
  std::string work_dir;
  bool is_dry_run = false;
  std::string output = "json";
};

/// A folder for the store that is built from the log; goes away with its content.
class work_folder {
public:
  static result<work_folder> make(const std::string& parent) {
    std::error_code unknown;
    auto place =
        parent.empty() ? std::filesystem::temp_directory_path(unknown) : std::filesystem::path(parent);
    std::string name = place / "kollect-resync-XXXXXX";
    if (unknown || ::mkdtemp(name.data()) == nullptr)
      return make_failure(error::store_read_only,
                          "no folder can be created in " + place.string() +
                              " for the temporary store; name another place with --work-dir");
    return work_folder(name);
  }
  work_folder(work_folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  work_folder& operator=(work_folder&&) = delete;
  ~work_folder() {
    std::error_code ignored; // what cannot be removed from a temporary folder does no harm
    if (!path_.empty())
      std::filesystem::remove_all(path_, ignored);
  }
  std::string store_path() const { return path_ / "rebuilt.db"; }

private:
  explicit work_folder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// One change as an entry of the change feed that has no place in it yet.
feed_entry make_entry(const resynced_scope& in, const change& one) {
  feed_entry entry;
  entry.kind = to_string(one.kind);
  entry.scope = in.scope;
  entry.exported_at = in.exported_at;
  entry.before = one.before;
  entry.after = one.after;
  if (one.kind == change_kind::changed)
    entry.changed_paths_json = paths_json(one.changed_paths);
  return entry;
}

std::string change_json(const resynced_scope& in, const change& one) {
  const auto entry = make_entry(in, one);
  const auto or_null = [](const std::string& json) { return json.empty() ? std::string_view("null") : json; };
  std::string line;
  json_writer(line)
      .begin_object()
      .member("cluster", in.scope.cluster)
      .member("namespace", in.scope.namespace_)
      .member("inventory", in.scope.inventory)
      .member("kind", entry.kind)
      .name("before")
      .raw(or_null(entry.before))
      .name("after")
      .raw(or_null(entry.after))
      .name("changedPaths")
      .raw(or_null(entry.changed_paths_json))
      .end_object();
  return line;
}

/// What came of it, in sums.
struct resync_totals {
  std::int64_t same = 0, missing = 0, different = 0, newer_in_store = 0, forgotten = 0;
  std::int64_t added = 0, changed = 0, removed = 0;

  void add(const resynced_scope& one) {
    std::int64_t* const scopes[] = {&same, &missing, &different, &newer_in_store, &forgotten};
    ++*scopes[static_cast<std::size_t>(one.relation)];
    for (const auto& row : one.changes)
      ++(row.kind == change_kind::added ? added : row.kind == change_kind::changed ? changed : removed);
  }
};

std::string to_json(const resync_totals& totals, const outcome_counts& messages) {
  std::string line;
  json_writer out(line);
  out.begin_object().name("messages");
  write_counts(out, messages);
  out.name("scopes")
      .begin_object()
      .member("same", totals.same)
      .member("missing", totals.missing)
      .member("different", totals.different)
      .member("newer_in_store", totals.newer_in_store)
      .member("forgotten", totals.forgotten)
      .end_object();
  out.name("rows")
      .begin_object()
      .member("added", totals.added)
      .member("changed", totals.changed)
      .member("removed", totals.removed)
      .end_object();
  out.end_object();
  return line;
}

void print_changes(const resynced_scope& one, const std::string& output) {
  for (const auto& row : one.changes)
    std::cout << program::printable_json(output == "json" ? change_json(one, row)
                                                          : feed_text(make_entry(one, row)))
              << '\n';
}

result<int> run(const resync_flags& flags, program::log& log) {
  program::stop_signal stop; // before any thread
  auto start = parse_read_from(flags.from);
  if (!start)
    return start.error();
  auto connection = program::load_connection(flags.sink);
  if (!connection)
    return connection.error();
  // First, so that a store which cannot be written is known before the log is read. To look makes none.
  if (auto found = flags.is_dry_run ? require_store(flags.store) : result<void>{}; !found)
    return found.error();
  auto target = open_store(flags.store, describe_owner("resync"));
  if (!target)
    return target.error();
  auto folder = work_folder::make(flags.work_dir);
  if (!folder)
    return folder.error();
  auto rebuilt = open_sqlite_store(folder->store_path(), describe_owner("resync"));
  if (!rebuilt)
    return rebuilt.error();
  auto reader = open_log(*connection, *start, [&log](std::string_view line) { log.warning(line); });
  if (!reader)
    return reader.error();

  auto settings = make_ingest_settings(flags.bounds);
  settings.log = (*reader)->log();
  program::progress progress(log.shows_progress());
  auto messages = rebuild(**reader, **rebuilt, settings, [&](const outcome_counts& so_far) {
    progress.update([&] { return "reading the log: " + std::to_string(so_far.consumed) + " messages"; });
    return !stop.is_requested();
  });
  progress.clear();
  if (!messages)
    return messages.error();
  resync_totals totals;
  auto done =
      resync(**rebuilt, **target, settings, flags.is_dry_run ? resync_mode::look_only : resync_mode::apply,
             [&](const resynced_scope& one) {
               totals.add(one);
               if (flags.is_dry_run)
                 print_changes(one, flags.output);
             });
  if (!done)
    return done.error();
  std::cout << to_json(totals, *messages) << '\n';
  const bool has_findings = flags.is_dry_run && totals.missing + totals.different > 0;
  return flush_output(has_findings ? program::findings : program::success);
}

} // namespace

void add_resync(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<resync_flags>();
  auto& added =
      to.add_command("resync", "read the log again, compare the store with it, and correct rows that differ");
  added.section("Log");
  add_sink_flags(added, flags->sink);
  added.add("--from", flags->from, text("START"), "earliest, or an instant such as 2026-01-15T12:00:00Z")
      .required();
  added.section("What is done");
  added.add("--dry-run", flags->is_dry_run, "print what would change, and change nothing");
  added.add("-o,--output", flags->output, one_of({"json", "text"}),
            "of --dry-run: json for programs, text for people");
  added.add("--work-dir", flags->work_dir, folder(),
            "folder for a temporary store; default: the system's folder for temporary files");
  add_store_flags(added, flags->store);
  add_bounds_flags(added, flags->bounds);
  added.shows("kollect-consumer resync --manifest sink.yaml --store sqlite:state.db --from earliest "
              "--dry-run -o text",
              "See what a store lacks");
  added.does([flags](log& log) { return run(*flags, log); });
}

} // namespace kollect::consumer

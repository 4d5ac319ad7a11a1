#include "sqlite_store.hpp"

#include "file_lock.hpp"
#include "index_building.hpp"
#include "sqlite_reader.hpp"
#include "sqlite_schema.hpp"
#include "sqlite_transaction.hpp"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kollect::consumer {
namespace sqlite {
namespace {

class sqlite_store final : public sqlite_reader<store> {
public:
  /// Without a lock another process has it, and writes too.
  sqlite_store(std::unique_ptr<database> opened, std::optional<file_lock> lock)
      : sqlite_reader(std::move(opened)), lock_(std::move(lock)) {}
  ~sqlite_store() override { connection_.reset(); } // before the lock is released

  result<std::unique_ptr<transaction>> begin() override {
    return sqlite_transaction::begin(*connection_, [this]() -> result<index_writing> {
      if (!lock_) // whoever has it may have the index kept of other paths by now
        if (auto opened = open_index(); !opened)
          return opened.error();
      return index_writing{&blocks_, terms_ ? &*terms_ : nullptr};
    });
  }

  result<std::vector<owned_position>> claim(const std::string& log, std::span<const std::int32_t> partitions,
                                            std::string_view owner) override {
    if (auto begun = connection_->execute("BEGIN IMMEDIATE"); !begun)
      return begun.error();
    auto claimed = claim_within(log, partitions, owner);
    auto committed = claimed ? connection_->execute("COMMIT") : result<void>{};
    // The first failure is the one to tell; what is left of the transaction goes.
    if (connection_->in_transaction())
      (void)connection_->execute("ROLLBACK");
    if (!committed)
      return committed.error();
    return claimed;
  }

  result<void> rewind(const std::string& log, const owned_position& held, std::int64_t next_offset) override {
    auto done = connection_->run(
        "UPDATE positions SET next_offset = ?, last_message = NULL WHERE partition = ? AND owner_epoch = ? "
        "AND log_id = (SELECT log_id FROM logs WHERE name = ?)",
        [&](statement& update) {
          update.bind(next_offset).bind(held.partition).bind(held.owner_epoch).bind_text(log);
        });
    if (!done || connection_->changes() == 1)
      return done;
    return make_fenced(held.partition);
  }

  result<std::optional<owned_position>> noted_position(const std::string& log) override {
    std::optional<owned_position> noted;
    auto read = connection_->select(
        "SELECT owner_epoch, next_offset, last_message FROM logs JOIN positions USING (log_id) WHERE name = "
        "$1 AND "
        "partition = 0 AND next_offset >= 0",
        [&](const statement& row) { noted = read_owned_position(0, row); }, log);
    if (!read)
      return read.error();
    return noted;
  }

  /// Nobody else can write this file: the lease is ours for the asking.
  result<std::optional<std::int64_t>> lease_feed(const std::string& destination, std::string_view,
                                                 std::int64_t published, std::chrono::milliseconds) override {
    std::optional<std::int64_t> stored;
    const auto take = [&](statement& row) { stored = row.integer(0); };
    if (auto read = connection_->query(
            "SELECT cursor FROM feeds WHERE destination = ?",
            [&](statement& select) { select.bind_text(destination); }, take);
        !read)
      return read.error();
    if (stored && *stored >= published)
      return stored;
    if (auto written = connection_->query(
            "INSERT INTO feeds (destination, cursor) VALUES (?, ?) ON CONFLICT DO UPDATE SET cursor = "
            "excluded.cursor RETURNING cursor",
            [&](statement& insert) { insert.bind_text(destination).bind(published); }, take);
        !written)
      return written.error();
    return stored;
  }

  result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) override {
    for (const auto partition : partitions)
      if (auto done =
              connection_->run("UPDATE positions SET has_caught_up = 1 WHERE partition = ? AND "
                               "has_caught_up = 0 AND log_id = (SELECT log_id FROM logs WHERE name = ?)",
                               [&](statement& update) { update.bind(partition).bind_text(log); });
          !done)
        return done;
    return {};
  }

  result<void> keep_index(const index_paths& paths) override {
    return within_transaction([&]() -> result<void> {
      auto kept = read_index_paths(*connection_);
      if (!kept)
        return kept.error();
      if (*kept != text_of(paths)) {
        if (auto forgotten = connection_->execute("DELETE FROM row_blocks"); !forgotten)
          return forgotten;
        if (auto noted = connection_->run("UPDATE row_index SET paths = ?, is_complete = 0",
                                          [&](statement& update) { update.bind_text(text_of(paths)); });
            !noted)
          return noted;
      }
      return use_index(paths);
    });
  }

  result<index_progress> build_index(std::int64_t rows) override {
    index_progress out;
    if (!terms_)
      return out;
    auto done = within_transaction([&]() -> result<void> {
      auto where = blocks_.find_unbuilt();
      if (!where)
        return where.error();
      out.is_complete = !*where;
      if (!*where)
        return connection_->execute("UPDATE row_index SET is_complete = 1 WHERE is_complete = 0");
      auto built = build_blocks(*this, blocks_, *terms_, **where, rows);
      if (built)
        out.rows = std::max<std::int64_t>(*built, 1); // there may be more, where none were
      return built ? result<void>{} : built.error();
    });
    return done ? result<index_progress>(out) : done.error();
  }

  /// Goes on with the index that the store has.
  result<void> open_index() {
    auto paths = indexed();
    return paths ? use_index(*paths) : paths.error();
  }

private:
  result<void> use_index(const index_paths& paths) {
    terms_.reset();
    if (!paths.empty())
      terms_.emplace(paths);
    return {};
  }

  template <class Work>
  result<void> within_transaction(const Work& work) {
    if (auto begun = connection_->execute("BEGIN IMMEDIATE"); !begun)
      return begun;
    auto done = work();
    if (done)
      done = connection_->execute("COMMIT");
    // The first failure is the one to tell; what is left of the transaction goes.
    if (connection_->in_transaction())
      (void)connection_->execute("ROLLBACK");
    return done;
  }

  result<std::vector<owned_position>>
  claim_within(const std::string& log, std::span<const std::int32_t> partitions, std::string_view owner) {
    auto id = log_id_of(*connection_, log);
    if (!id)
      return id.error();
    std::vector<owned_position> out;
    for (const auto partition : partitions) {
      auto claimed = connection_->select(
          statements::claim_position,
          [&](const statement& row) { out.push_back(read_owned_position(partition, row)); }, *id, partition,
          owner);
      if (!claimed)
        return claimed.error();
    }
    return out;
  }

  std::optional<file_lock> lock_;
  sqlite_block_table blocks_{*connection_};
  std::optional<term_maker> terms_;
};

} // namespace
} // namespace sqlite

namespace {

/// Gives a connection that writes its own settings, and then those of all that write.
result<void> set_up(sqlite::database& target, std::initializer_list<const char*> own) {
  for (const char* const setting : own)
    if (auto done = target.execute(setting); !done)
      return done;
  for (const char* const setting : {"PRAGMA synchronous = FULL", "PRAGMA temp_store = MEMORY"})
    if (auto done = target.execute(setting); !done)
      return done;
  return {};
}

/// Why SQLite, or somebody who wrote it, may take a name for something else than a file's; empty if nobody
/// does.
std::string_view doubt_name(std::string_view path) {
  const auto is_letter = [](char one) { return (one >= 'a' && one <= 'z') || one == '_'; };
  if (path.starts_with("./"))
    return {};
  constexpr std::string_view uri = "file:";
  if (path.empty() || path.starts_with(":memory:") ||
      std::ranges::equal(path.substr(0, uri.size()), uri, {},
                         [](char one) { return static_cast<char>(one | ' '); }))
    return "a store is a file, and this names none";
  if (path.front() == '"' || path.front() == '\'')
    return "the quotes count as a part of the file's name";
  if (const auto mark = path.find('?'); mark != path.npos) {
    const auto end = std::ranges::find_if_not(path.substr(mark + 1), is_letter);
    if (end != path.end() && *end == '=')
      return "a store is a file, whose name has no parameters behind it";
  }
  return {};
}

/// What stands behind `sqlite:` is a file's name, and nothing that SQLite would take for something else: what
/// was applied into memory would be gone, and a URI would be locked under another name than the file.
result<void> check_name(const std::string& path) {
  const auto refuse = [&](std::string sentence) {
    auto refused = make_failure(error::invalid_value, std::move(sentence));
    refused.source = path;
    return refused;
  };
  if (const auto doubt = doubt_name(path); !doubt.empty())
    return refuse(std::string(doubt) + "; for a file with such a name write ./NAME");
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  if (std::filesystem::is_directory(status))
    return refuse("a store is a file, and this is a folder: name a file in it, such as state.db");
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return refuse("a store is a file, and this is a device, pipe or socket");
  return {};
}

/// A new file is nobody else's to read: rows and dead letters hold what the fleet holds. SQLite gives its
/// other files the rights of this one. One that is there keeps its own.
void make_private_file(const std::string& path) {
  if (const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
      file >= 0)
    ::close(file);
}

} // namespace

result<std::unique_ptr<store>> open_sqlite_store(const std::string& path, std::string_view owner) {
  if (auto checked = check_name(path); !checked)
    return checked.error();
  // Under its real name: a link to the file is the same store.
  std::error_code unknown;
  const auto real_path = std::filesystem::weakly_canonical(path, unknown);
  auto lock = file_lock::acquire((unknown ? path : real_path.string()) + ".lock", owner);
  if (!lock)
    return lock.error();
  make_private_file(path);
  auto opened = sqlite::database::open(path, sqlite::open_mode::read_write_create);
  if (!opened)
    return opened.error();
  // Before the journal mode, which is written into the file: another program's is left as it is.
  if (auto checked = sqlite::check_is_ours(**opened); !checked)
    return checked.error();
  // The size of pages is that of a new file; one that is there keeps its own. The kernel takes nearly as long
  // for a small page as for a large one, and rows have 1 KiB or so. By default, each batch's pages would be
  // copied back at once; so it is every 2048.
  if (auto set = set_up(**opened, {"PRAGMA page_size = 16384", "PRAGMA journal_mode = WAL",
                                   "PRAGMA cache_size = -65536", "PRAGMA journal_size_limit = 67108864",
                                   "PRAGMA wal_autocheckpoint = 2048"});
      !set)
    return set.error();
  if (auto migrated = sqlite::migrate(**opened); !migrated)
    return migrated.error();
  auto made = std::make_unique<sqlite::sqlite_store>(std::move(*opened), std::move(*lock));
  if (auto indexed = made->open_index(); !indexed)
    return indexed.error();
  return std::unique_ptr<store>(std::move(made));
}

result<std::unique_ptr<store>> open_sqlite_store_beside(const std::string& path) {
  if (auto checked = check_name(path); !checked)
    return checked.error();
  auto opened = sqlite::database::open(path, sqlite::open_mode::read_write);
  if (!opened)
    return opened.error();
  if (auto checked = sqlite::check_schema(**opened); !checked)
    return checked.error();
  if (auto set = set_up(**opened, {"PRAGMA wal_autocheckpoint = 0"}); !set)
    return set.error();
  return std::make_unique<sqlite::sqlite_store>(std::move(*opened), std::nullopt);
}

namespace {

result<std::unique_ptr<sqlite::database>> open_to_read(const std::string& path, sqlite::open_mode how) {
  auto opened = sqlite::database::open(path, how);
  if (!opened)
    return opened.error();
  if (auto checked = sqlite::check_schema(**opened); !checked)
    return checked.error();
  return opened;
}

/// Where the folder cannot be written, SQLite cannot read a store that may have a writer. A copy, a backup or
/// a snapshot has none, nor a log beside it with what the file lacks.
result<std::unique_ptr<sqlite::database>> open_where_nobody_writes(const std::string& path, failure reason) {
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(path + "-wal", unknown); unknown || size == 0)
    return open_to_read(path, sqlite::open_mode::immutable);
  reason.message =
      "the folder of the store must be writable, also to read it, as long as what was stored last "
      "stands in the file of that name with -wal (" +
      reason.message + "); copy both to a folder that is";
  return reason;
}

} // namespace

result<std::unique_ptr<store_reader>> open_sqlite_reader(const std::string& path) {
  if (auto checked = check_name(path); !checked)
    return checked.error();
  auto opened = open_to_read(path, sqlite::open_mode::read_only);
  if (!opened && opened.error().reason() == error::store_read_only)
    opened = open_where_nobody_writes(path, std::move(opened).error());
  if (!opened)
    return opened.error();
  return std::make_unique<sqlite::sqlite_reader<store_reader>>(std::move(*opened));
}

} // namespace kollect::consumer

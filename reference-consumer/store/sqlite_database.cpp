#include "sqlite_database.hpp"

#include "row_blocks.hpp"
#include "stored_values.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace kollect::consumer::sqlite {

namespace {

bool is_out_of_descriptors(sqlite3* handle) {
  const int problem = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  return problem == EMFILE || problem == ENFILE;
}

/// What an SQLite error means for us, with SQLite's own words.
failure make_sqlite_failure(int code, sqlite3* handle, std::string_view path) {
  const std::string what = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  const auto say = [&](error reason, std::string_view advice) {
    auto out = make_failure(reason, "SQLite: " + what + "; " + std::string(advice));
    out.source = path;
    return out;
  };
  switch (code & 0xFF) {
  case SQLITE_FULL:
    return say(error::store_full, "free some space on this disk");
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return say(error::store_read_only, "the file and its folder must be writable by this user");
  case SQLITE_CANTOPEN:
    if (is_out_of_descriptors(handle))
      return say(error::out_of_descriptors, "raise the limit of open files (ulimit -n)");
    return say(error::store_read_only,
               "the folder must exist, and the file and folder must be accessible to this user");
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return say(error::store_unavailable, "another connection holds a lock; it will be tried again");
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return say(error::store_corrupt, "restore it from a backup, or move it away to rebuild it from the log");
  case SQLITE_IOERR:
    return say(error::store_unavailable, "the disk failed a read or write");
  case SQLITE_NOMEM:
    return say(error::out_of_memory, "nothing of this transaction was stored");
  case SQLITE_TOOBIG:
    return say(error::internal, "a value is over SQLite's limit of 1 GB");
  default:
    return say(error::internal, "SQLite code " + std::to_string(code));
  }
}

} // namespace

result<bool> statement::step() {
  if (bind_error_ != SQLITE_OK) {
    const int code = bind_error_;
    reset();
    return make_sqlite_failure(code, nullptr, *path_);
  }
  is_ready_ = false;
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  sqlite3* const database = sqlite3_db_handle(handle_.get());
  auto reason = make_sqlite_failure(sqlite3_extended_errcode(database), database, *path_);
  reset();
  return reason;
}

result<void> statement::run() {
  for (;;) {
    auto row = step();
    if (!row)
      return row.error();
    if (!*row)
      return {};
  }
}

void statement::reset() {
  if (is_ready_)
    return;
  is_ready_ = true;
  // The code of reset is that of the last step, which step() has told already.
  (void)sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  bound_ = 0;
  bind_error_ = SQLITE_OK;
}

namespace {

/// SQLite counts its memory under a lock, for each allocation; nobody asks. To be told before its first use.
void leave_memory_uncounted() {
  static const int told = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)told; // refused where another part of the program has used SQLite before: then it counts
}

/// rows_checksum(target_namespace, target_name, namespace, name, uid, item): what scopes.rows_checksum is of
/// these rows.
void add_row_checksum(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto* const sum = static_cast<std::int64_t*>(sqlite3_aggregate_context(context, sizeof(std::int64_t)));
  if (sum == nullptr)
    return sqlite3_result_error_nomem(context);
  std::array<std::string_view, 6> row;
  for (std::size_t index = 0; index < row.size(); ++index) {
    const auto* const text = static_cast<const char*>(sqlite3_value_blob(arguments[index]));
    row[index] = {text, static_cast<std::size_t>(sqlite3_value_bytes(arguments[index]))};
  }
  *sum ^= checksum_of(row);
}

void give_row_checksum(sqlite3_context* context) {
  const auto* const sum = static_cast<const std::int64_t*>(sqlite3_aggregate_context(context, 0));
  sqlite3_result_int64(context, sum == nullptr ? 0 : *sum);
}

std::string_view bytes_of_value(sqlite3_value* value) {
  const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

/// may_have(filter, needed): whether rows of a block may have the terms that are needed.
void give_may_have(sqlite3_context* context, int, sqlite3_value** arguments) {
  sqlite3_result_int(context, may_have(bytes_of_value(arguments[0]), bytes_of_value(arguments[1])) ? 1 : 0);
}

/// has_texts(item, texts): whether a row may fit that has to have all texts.
void give_has_texts(sqlite3_context* context, int, sqlite3_value** arguments) {
  sqlite3_result_int(context,
                     may_have_texts(bytes_of_value(arguments[0]), bytes_of_value(arguments[1])) ? 1 : 0);
}

int add_functions(sqlite3* to) {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  const auto add = [&](const char* name, int arguments, auto* call) {
    return sqlite3_create_function_v2(to, name, arguments, flags, nullptr, call, nullptr, nullptr, nullptr);
  };
  const int made = sqlite3_create_function_v2(to, "rows_checksum", 6, flags, nullptr, nullptr,
                                              &add_row_checksum, &give_row_checksum, nullptr);
  if (made != SQLITE_OK)
    return made;
  const int filters = add("may_have", 2, &give_may_have);
  return filters != SQLITE_OK ? filters : add("has_texts", 2, &give_has_texts);
}

int flags_of(open_mode how) {
  switch (how) {
  case open_mode::read_only: // its -shm file is written
  case open_mode::read_write:
    return SQLITE_OPEN_READWRITE;
  case open_mode::immutable:
    return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  case open_mode::read_write_create:
    break;
  }
  return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

/// SQLite's way to say of a file that nobody changes it.
std::string immutable_uri(const std::string& path) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char letter : std::filesystem::absolute(path).string()) {
    const auto byte = static_cast<unsigned char>(letter);
    if (plain.find(letter) != plain.npos)
      uri += letter;
    else
      uri.append(1, '%').append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
  }
  return uri + "?immutable=1";
}

/// `run` makes a store, and no folders: it would fill the disk beneath a volume that is not mounted.
failure no_store_at(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code unknown;
  const bool has_folder = folder.empty() || std::filesystem::exists(folder, unknown) || unknown;
  auto reason = make_failure(error::store_missing,
                             has_folder ? "there is no store there yet; `kollect-consumer run` makes it"
                                        : "there is no store there, and no folder for one: correct the path");
  reason.source = path;
  return reason;
}

} // namespace

result<std::unique_ptr<database>> database::open(const std::string& path, open_mode how) {
  leave_memory_uncounted();
  std::error_code unknown;
  if (how != open_mode::read_write_create && !std::filesystem::exists(path, unknown) && !unknown)
    return no_store_at(path);
  const auto name = how == open_mode::immutable ? immutable_uri(path) : path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle,
                                   flags_of(how) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<database> opened(new database(handle, path));
  if (code != SQLITE_OK)
    return make_sqlite_failure(code, handle, path);
  sqlite3_busy_timeout(handle, 5000);
  if (const int made = add_functions(handle); made != SQLITE_OK)
    return make_sqlite_failure(made, handle, path);
  // The writer alone owns checkpoints: a reader that closes last must not start one.
  if (how != open_mode::read_write_create)
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (how == open_mode::read_only || how == open_mode::immutable) {
    if (auto done = opened->execute("PRAGMA query_only = ON"); !done)
      return done.error();
  }
  return opened;
}

result<void> database::check_in_place() const {
  int is_moved = 0;
  if (sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &is_moved) != SQLITE_OK ||
      is_moved == 0)
    return {};
  auto reason =
      make_failure(error::store_missing,
                   "the store's file was deleted, moved or replaced while it was used: nothing more is "
                   "stored in it; a new start makes it again, and reads the log from its beginning");
  reason.source = path_;
  return reason;
}

result<void> database::execute(const char* sql) {
  if (const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
    return make_sqlite_failure(code, handle_.get(), path_);
  return {};
}

result<statement*> database::prepared(const char* sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* handle = nullptr;
    if (const int code =
            sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
        code != SQLITE_OK)
      return make_sqlite_failure(code, handle_.get(), path_);
    found = statements_.emplace(sql, statement(handle, &path_)).first;
  }
  found->second.reset();
  return &found->second;
}

} // namespace kollect::consumer::sqlite

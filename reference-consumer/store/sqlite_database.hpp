#ifndef KOLLECT_CONSUMER_SQLITE_DATABASE_HPP
#define KOLLECT_CONSUMER_SQLITE_DATABASE_HPP

#include <kollect/error.hpp>
#include <kollect/releaser.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace kollect::consumer::sqlite {

/// A prepared statement, bound from 1 and read from 0 as SQLite does. bind() order is call order.
class statement {
public:
  statement() = default;
  statement(sqlite3_stmt* handle, const std::string* path) : handle_(handle), path_(path) {}

  statement& bind(std::int64_t value) { return check(sqlite3_bind_int64(handle_.get(), ++bound_, value)); }
  /// Texts and bytes are not copied: they must stay until the statement has run, or is reset.
  statement& bind_text(std::string_view text) { return bind_text(text, SQLITE_STATIC); }
  statement& bind_blob(std::string_view bytes) { return bind_blob(bytes, SQLITE_STATIC); }
  /// What would be gone before is copied.
  statement& bind_text(std::string&& text) { return bind_text(text, SQLITE_TRANSIENT); }
  statement& bind_blob(std::string&& bytes) { return bind_blob(bytes, SQLITE_TRANSIENT); }
  statement& bind_value(std::int64_t value) { return bind(value); }
  statement& bind_value(std::string_view text) { return bind_text(text); }
  statement& bind_null() { return check(sqlite3_bind_null(handle_.get(), ++bound_)); }

  /// True when there is a row to read; false at the end, when the statement is ready to be bound again.
  result<bool> step();

  /// Runs to the end, for statements without rows.
  result<void> run();

  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  /// Valid until the next step().
  std::string_view bytes(int column) const {
    const void* const data = sqlite3_column_blob(handle_.get(), column);
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
  }
  std::string text(int column) const { return std::string(bytes(column)); }

  void reset();

private:
  static const char* data_of(std::string_view text) { return text.empty() ? "" : text.data(); }
  statement& bind_text(std::string_view text, sqlite3_destructor_type keep) {
    return check(sqlite3_bind_text64(handle_.get(), ++bound_, data_of(text), text.size(), keep, SQLITE_UTF8));
  }
  statement& bind_blob(std::string_view bytes, sqlite3_destructor_type keep) {
    return check(sqlite3_bind_blob64(handle_.get(), ++bound_, data_of(bytes), bytes.size(), keep));
  }
  statement& check(int code) {
    is_ready_ = false;
    if (code != SQLITE_OK && bind_error_ == SQLITE_OK)
      bind_error_ = code;
    return *this;
  }

  std::unique_ptr<sqlite3_stmt, releaser<sqlite3_finalize>> handle_;
  const std::string* path_ = nullptr;
  int bound_ = 0;
  int bind_error_ = SQLITE_OK;
  bool is_ready_ = true; ///< nothing is bound and no row is read
};

enum class open_mode {
  read_write_create,
  read_write, ///< now and then, beside the one that writes all the time
  read_only,  ///< beside one that writes
  immutable   ///< that nobody writes, and that has no log beside it: also where its folder cannot be written
};

/// One connection. Statements are prepared once and kept.
class database {
public:
  using row_type = statement;

  static result<std::unique_ptr<database>> open(const std::string& path, open_mode how);

  /// Runs SQL text without parameters and rows.
  result<void> execute(const char* sql);

  /// A statement ready to be bound. `sql` must be a literal: its address is its name.
  result<statement*> prepared(const char* sql);

  /// Binds with `bind(statement&)` and runs a statement without rows.
  template <class Bind>
  result<void> run(const char* sql, Bind&& bind) {
    auto found = prepared(sql);
    if (!found)
      return found.error();
    bind(**found);
    return (*found)->run();
  }

  /// Binds with `bind(statement&)` and calls `on_row(statement&)` for each row.
  template <class Bind, class OnRow>
  result<void> query(const char* sql, Bind&& bind, OnRow&& on_row) {
    auto found = prepared(sql);
    if (!found)
      return found.error();
    bind(**found);
    for (;;) {
      auto row = (*found)->step();
      if (!row)
        return row.error();
      if (!*row)
        return {};
      on_row(**found);
    }
  }

  /// Calls `on_row(statement&)` for each row of a query with these values, integers or texts, as $1, $2 …
  template <class OnRow, class... Values>
  result<void> select(const char* sql, OnRow&& on_row, const Values&... values) {
    return query(
        sql, [&](statement& asked) { (asked.bind_value(values), ...); }, on_row);
  }

  /// error::store_missing when the file that is open is not the one of that name any more: then nobody finds
  /// what is stored in it.
  result<void> check_in_place() const;

  std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  std::int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_.get()); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  const std::string& path() const { return path_; }

private:
  database(sqlite3* handle, std::string path) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  std::unique_ptr<sqlite3, releaser<sqlite3_close_v2>> handle_;
  std::map<const char*, statement> statements_; // after handle_: finalized before it is closed
};

} // namespace kollect::consumer::sqlite

#endif

#ifndef EXAMPLE_SQLITE_HPP
#define EXAMPLE_SQLITE_HPP

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

/// What an example needs of SQLite. Its functions throw std::runtime_error: the transaction ends with the
/// database.
namespace sqlite {

using bytes = std::basic_string_view<unsigned char>;

/// A statement that is running: its rows, one after the other.
class cursor {
public:
  explicit cursor(sqlite3_stmt* statement) : statement_(statement, &sqlite3_reset) {}

  /// Goes to the next row, the first one at first.
  bool next() {
    const int code = sqlite3_step(statement_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE)
      throw std::runtime_error(sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
    return code == SQLITE_ROW;
  }
  bool is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::string text(int column) const {
    const void* const data = sqlite3_column_blob(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return {static_cast<const char*>(data), size};
  }

private:
  std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_reset)> statement_;
};

class database {
public:
  explicit database(const char* path) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open(path, &opened);
    handle_.reset(opened);
    if (code != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(opened));
  }

  void execute(const char* script) {
    if (sqlite3_exec(handle_.get(), script, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(handle_.get()));
  }

  /// Binds the values to the question marks: numbers, texts (as text) and bytes (as a blob).
  template <class... Values>
  cursor query(std::string_view sql, const Values&... values) {
    auto& statement = statements_[sql];
    if (!statement) {
      sqlite3_stmt* made = nullptr;
      if (sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &made, nullptr) !=
          SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(handle_.get()));
      statement.reset(made, &sqlite3_finalize);
    }
    int place = 0;
    (bind(statement.get(), ++place, values), ...);
    return cursor(statement.get());
  }

  template <class... Values>
  void run(std::string_view sql, const Values&... values) {
    query(sql, values...).next();
  }

private:
  static void bind(sqlite3_stmt* to, int place, std::integral auto value) {
    sqlite3_bind_int64(to, place, static_cast<std::int64_t>(value));
  }
  static void bind(sqlite3_stmt* to, int place, std::string_view value) {
    sqlite3_bind_text64(to, place, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  static void bind(sqlite3_stmt* to, int place, bytes value) {
    sqlite3_bind_blob64(to, place, value.data(), value.size(), SQLITE_TRANSIENT);
  }

  std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> handle_{nullptr, &sqlite3_close_v2};
  std::map<std::string_view, std::shared_ptr<sqlite3_stmt>> statements_; ///< by their SQL, which is literals
};

} // namespace sqlite

#endif

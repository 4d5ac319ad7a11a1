#ifndef KOLLECT_CONSUMER_POSTGRESQL_CONNECTION_HPP
#define KOLLECT_CONSUMER_POSTGRESQL_CONNECTION_HPP

#include "postgresql_store.hpp"

#include <kollect/error.hpp>
#include <kollect/releaser.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

namespace kollect::consumer::postgresql {

/// Texts as columns take them; they must live as long.
inline std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

/// Values for $1, $2 … of a statement, in PostgreSQL's binary format. Call order is parameter order.
/// Texts and byte strings are not copied: they must live until the statement has run.
class parameters {
public:
  parameters& integer(std::int64_t value);
  parameters& text(std::string_view value); ///< valid UTF-8 without NUL
  parameters& bytes(std::string_view value);
  parameters& bytes_or_null(const std::optional<std::string>& value);
  parameters& null();
  parameters& value(std::int64_t of) { return integer(of); }
  parameters& value(std::string_view of) { return text(of); }
  parameters& own_text(std::string value); ///< for what would not live long enough
  parameters& own_bytes(std::string value);

  // Whole columns, for unnest().
  parameters& integers(const std::vector<std::int64_t>& values);
  parameters& texts(const std::vector<std::string_view>& values);
  parameters& many_bytes(const std::vector<std::string_view>& values);
  parameters& many_bits(const std::vector<std::string_view>& values); ///< eight to a byte, the highest first

  std::size_t size() const noexcept; ///< of all values, in bytes

private:
  friend class connection;

  parameters& add(Oid type, std::string own);
  parameters& array(Oid type, Oid element, const std::vector<std::string_view>& values);

  struct bound {
    Oid type = 0;
    std::string own;       ///< bytes that were made here
    std::string_view view; ///< bytes of the caller; used where `own` is empty
    bool is_null = false;
  };
  std::vector<bound> values_;
};

/// One row of an answer, columns from 0. Views are valid as long as the answer.
class row {
public:
  row(const PGresult* answer, int index) noexcept : answer_(answer), index_(index) {}

  bool is_null(int column) const { return PQgetisnull(answer_, index_, column) != 0; }
  std::int64_t integer(int column) const; ///< of a BIGINT
  std::string_view bytes(int column) const {
    return {PQgetvalue(answer_, index_, column),
            static_cast<std::size_t>(PQgetlength(answer_, index_, column))};
  }
  std::string text(int column) const { return std::string(bytes(column)); }

private:
  const PGresult* answer_;
  int index_;
};

/// What a statement answered.
class query_answer {
public:
  explicit query_answer(PGresult* result) noexcept : result_(result) {}

  int size() const { return PQntuples(result_.get()); }
  row operator[](int index) const { return {result_.get(), index}; }
  std::int64_t changed() const; ///< rows inserted, updated or deleted
  const PGresult* get() const noexcept { return result_.get(); }

private:
  std::unique_ptr<PGresult, releaser<PQclear>> result_;
};

enum class access { read_write, read_only };

/// One session. Statements are prepared once and kept. Each wait has a deadline; when it is over, the server
/// is asked through another session whether it still works on the statement, and then has as long once more:
/// a busy server is not taken for a dead one.
class connection {
public:
  using row_type = row;

  /// Connects and sets the session up. error::store_unavailable when nobody answers in time,
  /// error::authentication_failed, error::tls_failed, or error::invalid_value for a database that is not
  /// there and all else in the URL that no waiting mends.
  static result<std::unique_ptr<connection>> open(const postgresql_settings& settings, access how);

  /// Runs SQL text without parameters; several statements may be in it.
  result<void> execute(const std::string& sql);

  /// Runs a statement. `sql` must be a literal: its address is its name.
  result<query_answer> run(const char* sql, const parameters& values = {});

  /// Sends a statement whose answer nobody needs, and does not wait for the server: it works while we go on.
  /// That it failed is told by the next call that waits, and no later than settle(); what was sent after it
  /// has not been done. For use within a transaction.
  result<void> post(const char* sql, const parameters& values);

  /// Waits for the answers to everything posted.
  result<void> settle();

  /// Runs a query and visits its rows as they come, holding one at a time.
  result<void> visit(const char* sql, const parameters& values,
                     const std::function<void(const row&)>& on_row);

  /// The same with these values, integers or texts, as $1, $2 …
  template <class OnRow, class... Values>
  result<void> select(const char* sql, OnRow&& on_row, const Values&... values) {
    parameters given;
    (given.value(values), ...);
    return visit(sql, given, on_row);
  }

  /// Waits until a channel is notified, or the time is over. The first call begins to listen, and
  /// returns at once: what came before has not been heard.
  result<void> wait_for_notification(const std::string& channel, std::chrono::milliseconds longest);

  bool in_transaction() const { return PQtransactionStatus(handle_.get()) != PQTRANS_IDLE; }
  bool has_failed() const { return PQtransactionStatus(handle_.get()) == PQTRANS_INERROR; }
  const std::string& name() const { return name_; } ///< the database, without credentials

  /// A name as it stands in SQL text.
  std::string quoted(const std::string& name) const;

  failure refuse(error reason, std::string sentence) const;

private:
  explicit connection(const postgresql_settings& settings) : settings_(settings) {}

  using clock = std::chrono::steady_clock;

  result<void> connect();
  result<void> set_up(access how);
  result<void> check_session();
  result<int> ask_for_process(clock::time_point deadline);
  result<bool> wait_for_socket(short events, clock::time_point deadline);
  result<void> wait_for_server(short events, clock::time_point& deadline);
  bool is_still_working() const;
  result<void> wait_until_sent(clock::time_point deadline);
  result<PGresult*> next_answer(clock::time_point deadline);
  result<query_answer> last_answer();
  result<void> send(const std::string& name, const parameters& values);
  result<void> send_prepared(const char* sql, const parameters& values);
  result<std::string> send_preparation(const char* sql, const parameters& values);
  result<void> read_posted_answers();
  result<void> read_answers_until_settled();
  result<void> keep_few_posted(std::size_t bytes);
  failure describe(const PGresult* refused) const;
  clock::time_point statement_deadline() const;

  postgresql_settings settings_;
  std::string name_;
  std::unique_ptr<PGconn, releaser<PQfinish>> handle_;
  std::map<const char*, std::string> statements_;
  std::size_t last_statement_ = 0; // names are never used again
  int process_ = 0;                // of the server; behind a pooler PQbackendPID() is another number
  std::size_t posted_ = 0;         // statements whose answers are to come
  std::size_t posted_bytes_ = 0;   // of their parameters
  bool is_probe_ = false;          // asks about another session, and is not asked about itself
  std::vector<const char*> just_prepared_{}; // among the posted
  std::set<std::string> channels_;
};

} // namespace kollect::consumer::postgresql

#endif

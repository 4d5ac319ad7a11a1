#include "postgresql_connection.hpp"

#include "postgresql_error.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include <poll.h>

namespace kollect::consumer::postgresql {
namespace {

/// How many times --store-timeout a statement may take before the server is asked about it.
constexpr int statement_timeouts = 6;

/// Parameters that are sent ahead of their answers. More of them would fill the server's buffers while it
/// works on one statement, and TCP could not tell it from a dead one.
constexpr std::size_t max_posted_bytes = std::size_t{1} << 20U;

std::string first_line(const char* text) {
  std::string_view line(text == nullptr ? "" : text);
  line = line.substr(0, line.find('\n'));
  return std::string(line);
}

/// The SQLSTATE in a message of verbosity PQERRORS_VERBOSE, as "FATAL:  28P01: …"; the first word is
/// in the server's language.
std::string state_in(std::string_view message) {
  for (auto at = message.find(":  "); at != std::string_view::npos; at = message.find(":  ", at + 1)) {
    const auto state = message.substr(at + 3, 5);
    if (state.size() == 5 && state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == state.npos &&
        message.substr(at + 8, 1) == ":")
      return std::string(state);
  }
  return {};
}

} // namespace

result<std::unique_ptr<connection>> connection::open(const postgresql_settings& settings, access how) {
  std::unique_ptr<connection> opened(new connection(settings));
  opened->name_ = describe_postgresql(settings.url);
  if (auto connected = opened->connect(); !connected)
    return connected.error();
  if (auto done = opened->set_up(how); !done)
    return done.error();
  return opened;
}

failure connection::refuse(error reason, std::string sentence) const {
  auto out = make_failure(reason, "PostgreSQL: " + std::move(sentence));
  out.source = name_;
  return out;
}

std::string connection::quoted(const std::string& name) const {
  const std::unique_ptr<char, releaser<PQfreemem>> out(
      PQescapeIdentifier(handle_.get(), name.c_str(), name.size()));
  return out ? out.get() : "\"\""; // a name that is not UTF-8; the server refuses the empty one
}

result<void> connection::connect() {
  // What stands before dbname gives way to what the URL says.
  const std::string seconds = std::to_string(settings_.timeout.count());
  // As long as for a statement: the kernel counts a server that works, and does not read meanwhile, too.
  const std::string milliseconds = std::to_string(statement_timeouts * settings_.timeout.count() * 1000);
  const char* const names[] = {"fallback_application_name", "keepalives_idle",
                               "tcp_user_timeout",          "dbname",
                               "client_encoding",           nullptr};
  const char* const values[] = {"kollect-consumer",    seconds.c_str(), milliseconds.c_str(),
                                settings_.url.c_str(), "UTF8",          nullptr};
  handle_.reset(PQconnectStartParams(names, values, 1));
  if (!handle_)
    return refuse(error::store_unavailable, "no memory for a connection");
  PQsetErrorVerbosity(handle_.get(), PQERRORS_VERBOSE); // tells the SQLSTATE, which nothing else does yet
  const auto deadline = clock::now() + settings_.timeout;
  auto state = PQstatus(handle_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    auto ready = wait_for_socket(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
    if (!ready)
      return ready.error();
    if (!*ready)
      return refuse(error::store_unavailable, "the server did not answer in time; it will be tried again");
    state = PQconnectPoll(handle_.get());
  }
  if (state == PGRES_POLLING_OK) {
    PQsetErrorVerbosity(handle_.get(), PQERRORS_DEFAULT);
    return {};
  }
  const std::string message = PQerrorMessage(handle_.get());
  const auto found = state_in(message);
  auto known = judge_message(message);
  if (!found.empty() && known.reason == error::store_unavailable)
    known = judge_refused_connection(found);
  // The server's own words: they name user and database, never a password.
  return refuse(known.reason, first_line(message.c_str()) + "; " + std::string(known.advice));
}

result<void> connection::set_up(access how) {
  PQsetNoticeProcessor(
      handle_.get(), [](void*, const char*) {}, nullptr); // "already exists, skipping" is no news
  PQsetnonblocking(handle_.get(), 1);
  if (PQserverVersion(handle_.get()) < 130'000)
    return refuse(error::invalid_value, "the server is older than PostgreSQL 13");
  const char* const encoding = PQparameterStatus(handle_.get(), "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8")
    return refuse(error::invalid_value, "the database must have the encoding UTF8");
  const auto milliseconds = settings_.timeout.count() * 1000;
  // First of all: statements hold texts with backslashes.
  std::string sql = "SET standard_conforming_strings = on;";
  sql += "SET search_path = " + quoted(settings_.schema) + ", pg_temp;";
  sql += "SET idle_in_transaction_session_timeout = " + std::to_string(milliseconds) + ";";
  sql += "SET lock_timeout = " + std::to_string(3 * milliseconds) + ";";
  sql += "SET default_transaction_isolation = 'read committed';";
  // What was acknowledged to the broker must not be lost with the server's power.
  sql += "SELECT set_config('synchronous_commit', 'on', false) "
         "WHERE current_setting('synchronous_commit') IN ('off', 'local');";
  // A writer's statements go by an index, each in one way, which is kept: to look for another, with the very
  // values, takes longer than most of them, and one found while tables are small would not do when they are
  // large.
  sql += how == access::read_only
             ? "SET default_transaction_read_only = on;"
             : "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off;";
  if (auto done = execute(sql); !done)
    return done;
  return check_session();
}

/// Whether what was set lasts. Behind a pooler that gives out sessions by transaction, another connection
/// gets the one that we have just used.
result<void> connection::check_session() {
  auto own = ask_for_process(statement_deadline());
  if (!own)
    return own.error();
  process_ = *own;
  if (process_ == PQbackendPID(handle_.get()))
    return {};
  connection other(settings_);
  other.is_probe_ = true;
  if (auto connected = other.connect(); !connected)
    return {}; // as where each session has its own, and there are no more
  PQsetnonblocking(other.handle_.get(), 1);
  constexpr std::chrono::seconds patience{2};
  const auto its = other.ask_for_process(clock::now() + patience);
  if (its && *its == process_)
    return refuse(error::invalid_value, std::string(pooler_advice));
  return {};
}

/// The server's process that our statements are run by.
result<int> connection::ask_for_process(clock::time_point deadline) {
  if (PQsendQuery(handle_.get(), "SELECT pg_backend_pid()") == 0)
    return describe(nullptr);
  if (auto sent = wait_until_sent(deadline); !sent)
    return sent.error();
  int number = 0;
  for (;;) {
    auto next = next_answer(deadline);
    if (!next)
      return next.error();
    if (*next == nullptr)
      return number;
    const query_answer one(*next);
    if (PQresultStatus(one.get()) != PGRES_TUPLES_OK)
      return describe(one.get());
    number = std::atoi(PQgetvalue(one.get(), 0, 0));
  }
}

/// False when the time is over.
result<bool> connection::wait_for_socket(short events, clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now()).count();
  pollfd watched{PQsocket(handle_.get()), events, 0};
  const int ready = left <= 0 ? 0 : ::poll(&watched, 1, static_cast<int>(left));
  if (ready >= 0 || errno == EINTR)
    return ready != 0;
  return refuse(error::store_unavailable, "poll: " + std::generic_category().message(errno));
}

/// Waits for as long as the server works.
result<void> connection::wait_for_server(short events, clock::time_point& deadline) {
  auto ready = wait_for_socket(events, deadline);
  if (!ready)
    return ready.error();
  if (*ready)
    return {};
  if (!is_still_working())
    return refuse(error::store_unavailable, "the server did not answer in time; it will be tried again");
  deadline = statement_deadline();
  return {};
}

bool connection::is_still_working() const {
  if (is_probe_)
    return false;
  auto probe = open(settings_, access::read_only);
  if (!probe)
    return false;
  (*probe)->is_probe_ = true;
  auto found = (*probe)->run("SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'",
                             parameters().integer(process_));
  return found && (*found)[0].integer(0) == 1;
}

connection::clock::time_point connection::statement_deadline() const {
  return clock::now() + statement_timeouts * settings_.timeout;
}

result<void> connection::wait_until_sent(clock::time_point deadline) {
  for (;;) {
    const int left = PQflush(handle_.get());
    if (left == 0)
      return {};
    if (left < 0)
      return describe(nullptr);
    if (auto ready = wait_for_server(POLLIN | POLLOUT, deadline); !ready)
      return ready;
    if (PQconsumeInput(handle_.get()) == 0)
      return describe(nullptr);
  }
}

/// The next result of what was sent; null at the end. What could not be written yet is.
result<PGresult*> connection::next_answer(clock::time_point deadline) {
  while (PQisBusy(handle_.get()) != 0) {
    const int left = PQflush(handle_.get());
    if (left < 0)
      return describe(nullptr);
    if (auto ready = wait_for_server(left > 0 ? POLLIN | POLLOUT : POLLIN, deadline); !ready)
      return ready.error();
    if (PQconsumeInput(handle_.get()) == 0)
      return describe(nullptr);
  }
  return PQgetResult(handle_.get());
}

/// The last result; the first failure if there is one.
result<query_answer> connection::last_answer() {
  const auto deadline = statement_deadline();
  if (auto sent = wait_until_sent(deadline); !sent)
    return sent.error();
  query_answer last(nullptr);
  std::optional<failure> problem;
  for (;;) {
    auto next = next_answer(deadline);
    if (!next)
      return next.error();
    if (*next == nullptr)
      break;
    last = query_answer(*next);
    const auto status = PQresultStatus(last.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY && !problem)
      problem = describe(last.get());
  }
  if (problem)
    return *problem;
  return last;
}

failure connection::describe(const PGresult* refused) const {
  const char* const state = refused == nullptr ? nullptr : PQresultErrorField(refused, PG_DIAG_SQLSTATE);
  if (state == nullptr)
    return refuse(error::store_unavailable,
                  first_line(PQerrorMessage(handle_.get())) + "; it will be tried again");
  const auto message = first_line(PQresultErrorField(refused, PG_DIAG_MESSAGE_PRIMARY));
  const bool is_pooled = message.find("statement pooling mode") != std::string::npos;
  const auto known = is_pooled ? error_meaning{error::invalid_value, pooler_advice} : judge_state(state);
  // No detail and no context: those would repeat values of rows.
  return refuse(known.reason, message + " (" + state + "); " + std::string(known.advice));
}

result<void> connection::execute(const std::string& sql) {
  if (auto settled = settle(); !settled)
    return settled;
  if (PQsendQuery(handle_.get(), sql.c_str()) == 0)
    return describe(nullptr);
  auto done = last_answer();
  if (!done)
    return done.error();
  return {};
}

/// Sends what prepares a statement; its name.
result<std::string> connection::send_preparation(const char* sql, const parameters& values) {
  std::string name = "kollect_" + std::to_string(last_statement_++);
  std::vector<Oid> types;
  for (const auto& value : values.values_)
    types.push_back(value.type);
  if (PQsendPrepare(handle_.get(), name.c_str(), sql, static_cast<int>(types.size()), types.data()) == 0)
    return describe(nullptr);
  return name;
}

result<void> connection::send(const std::string& name, const parameters& values) {
  std::vector<const char*> data;
  std::vector<int> lengths, formats(values.values_.size(), 1);
  for (const auto& value : values.values_) {
    const std::string_view bytes = value.own.empty() ? value.view : std::string_view(value.own);
    data.push_back(value.is_null ? nullptr : bytes.data() == nullptr ? "" : bytes.data());
    lengths.push_back(static_cast<int>(bytes.size()));
  }
  if (PQsendQueryPrepared(handle_.get(), name.c_str(), static_cast<int>(data.size()), data.data(),
                          lengths.data(), formats.data(), 1) == 0)
    return describe(nullptr);
  return {};
}

/// Prepares a statement if need be, which waits, and sends it.
result<void> connection::send_prepared(const char* sql, const parameters& values) {
  if (auto settled = settle(); !settled)
    return settled;
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    auto name = send_preparation(sql, values);
    if (!name)
      return name.error();
    if (auto done = last_answer(); !done)
      return done.error();
    found = statements_.emplace(sql, std::move(*name)).first;
  }
  return send(found->second, values);
}

result<query_answer> connection::run(const char* sql, const parameters& values) {
  if (auto sent = send_prepared(sql, values); !sent)
    return sent.error();
  return last_answer();
}

result<void> connection::post(const char* sql, const parameters& values) {
  if (PQpipelineStatus(handle_.get()) == PQ_PIPELINE_OFF && PQenterPipelineMode(handle_.get()) == 0)
    return describe(nullptr);
  if (auto few = keep_few_posted(values.size()); !few)
    return few;
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    auto name = send_preparation(sql, values);
    if (!name)
      return name.error();
    just_prepared_.push_back(sql);
    found = statements_.emplace(sql, std::move(*name)).first;
  }
  if (auto sent = send(found->second, values); !sent)
    return sent;
  // One for each: between two of them the server counts how long we stand still with its locks.
  if (PQpipelineSync(handle_.get()) == 0)
    return describe(nullptr);
  ++posted_;
  // What the socket does not take now goes out later. Reading keeps the server from waiting for us.
  const int left = PQflush(handle_.get());
  if (left < 0 || (left > 0 && PQconsumeInput(handle_.get()) == 0))
    return describe(nullptr);
  return {};
}

/// Waits for the answers to what was posted, where that and these bytes more are many.
result<void> connection::keep_few_posted(std::size_t bytes) {
  if (posted_ > 0 && posted_bytes_ + bytes > max_posted_bytes)
    if (auto read = read_posted_answers(); !read)
      return read;
  posted_bytes_ += bytes;
  return {};
}

result<void> connection::settle() {
  if (PQpipelineStatus(handle_.get()) == PQ_PIPELINE_OFF)
    return {};
  auto done = read_posted_answers();
  posted_ = 0;
  if (PQexitPipelineMode(handle_.get()) == 0 && done)
    return describe(nullptr);
  return done;
}

/// Each posted statement has an answer, or two if it had to be prepared, and then that of its
/// synchronisation. The first failure is the one to tell: those after it say only that the transaction has
/// failed.
result<void> connection::read_posted_answers() {
  auto done = read_answers_until_settled();
  // A preparation that failed, or came after a failure, has not been made.
  if (!done)
    for (const auto* const sql : just_prepared_)
      statements_.erase(sql);
  just_prepared_.clear();
  posted_bytes_ = 0;
  return done;
}

result<void> connection::read_answers_until_settled() {
  std::optional<failure> problem;
  bool is_last_null = false;
  while (posted_ > 0) {
    auto next = next_answer(statement_deadline());
    if (!next)
      return next.error();
    if (*next == nullptr && std::exchange(is_last_null, true))
      return describe(nullptr); // nothing more comes: the connection is lost
    if (*next == nullptr)
      continue;
    is_last_null = false;
    const query_answer one(*next);
    const auto status = PQresultStatus(one.get());
    if (status == PGRES_PIPELINE_SYNC)
      --posted_;
    else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !problem)
      problem = describe(one.get());
  }
  if (problem)
    return *problem;
  return {};
}

result<void> connection::visit(const char* sql, const parameters& values,
                               const std::function<void(const row&)>& on_row) {
  if (auto sent = send_prepared(sql, values); !sent)
    return sent.error();
  PQsetSingleRowMode(handle_.get());
  if (auto flushed = wait_until_sent(statement_deadline()); !flushed)
    return flushed;
  std::optional<failure> problem;
  for (;;) {
    auto next = next_answer(statement_deadline());
    if (!next)
      return next.error();
    if (*next == nullptr)
      break;
    const query_answer one(*next);
    const auto status = PQresultStatus(one.get());
    if (status == PGRES_SINGLE_TUPLE)
      on_row(one[0]);
    else if (status != PGRES_TUPLES_OK && !problem)
      problem = describe(one.get());
  }
  if (problem)
    return *problem;
  return {};
}

result<void> connection::wait_for_notification(const std::string& channel,
                                               std::chrono::milliseconds longest) {
  if (auto settled = settle(); !settled)
    return settled;
  if (channels_.insert(channel).second)
    return execute("LISTEN " + quoted(channel));
  pollfd watched{PQsocket(handle_.get()), POLLIN, 0};
  (void)::poll(&watched, 1, static_cast<int>(longest.count())); // a signal ends the wait too
  if (PQconsumeInput(handle_.get()) == 0)
    return describe(nullptr);
  while (PGnotify* const heard = PQnotifies(handle_.get()))
    PQfreemem(heard);
  return {};
}

} // namespace kollect::consumer::postgresql

#ifndef KOLLECT_CONSUMER_SQL_READER_HPP
#define KOLLECT_CONSUMER_SQL_READER_HPP

#include "query/index_terms.hpp"

#include "statements.hpp"
#include "store_reader.hpp"
#include "stored_rows.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kollect::consumer {

/// The part of a reader that is the same for every SQL database. `Port` is store_reader, or store for one
/// that writes too. `Connection` has select(sql, on_row, values…).
template <class Port, class Connection>
class sql_reader : public Port {
public:
  explicit sql_reader(std::unique_ptr<Connection> opened) : connection_(std::move(opened)) {}

  result<void> for_each_row(const store_reader::visit_row& visit) override {
    return connection_->select(statements::all_rows, [&](const auto& row) {
      visit({row.text(0), row.text(1), row.text(2)}, row.bytes(3));
    });
  }

  result<std::string> store_id() override { return read_text(statements::store_id); }
  result<std::string> signing_key() override { return read_text(statements::signing_key); }

  result<std::vector<stored_dead_letter>> newest_dead_letters(std::int64_t before_id,
                                                              std::int64_t limit) override {
    return collect(
        statements::newest_letters, [](const auto& row) { return read_letter(row); }, from_newest(before_id),
        limit);
  }

  result<std::vector<stored_dead_letter>> dead_letters(std::int64_t after_id, std::int64_t limit) override {
    return collect(
        statements::letters_after, [](const auto& row) { return read_letter(row); }, after_id, limit);
  }

  result<std::optional<stored_dead_letter>> dead_letter_of(std::int64_t id,
                                                           std::int64_t most_bytes) override {
    std::optional<stored_dead_letter> found;
    auto read = connection_->select(
        statements::one_letter, [&](const auto& row) { found = read_letter(row); }, most_bytes, id);
    return read ? result<std::optional<stored_dead_letter>>(std::move(found)) : read.error();
  }

  result<std::vector<std::int64_t>> dead_letter_ids(std::string_view reason, std::int64_t after_id,
                                                    std::int64_t limit) override {
    return collect(
        statements::letters_of_reason, [](const auto& row) { return row.integer(0); }, after_id, reason,
        limit);
  }

  result<std::vector<scope_summary>> scopes() override {
    return collect(statements::scopes_with_a_snapshot,
                   [](const auto& row) { return read_scope_summary(row); });
  }

  result<std::shared_ptr<const scope_list>> shared_scopes() override {
    // Asked first: what is committed between the two is read twice at most.
    auto version = state_version();
    if (!version)
      return version.error();
    if (scopes_ && !version->empty() && *version == scopes_version_)
      return scopes_;
    auto read = scopes();
    if (!read)
      return read.error();
    scopes_ = std::make_shared<const scope_list>(std::move(*read));
    scopes_version_ = std::move(*version);
    return scopes_;
  }

  result<std::vector<scope_summary>> forgotten_scopes() override {
    return collect(statements::forgotten_scopes, [](const auto& row) { return read_scope_summary(row); });
  }

  result<outcome_counts> counts() override {
    outcome_counts out;
    auto read = connection_->select(statements::counters, [&](const auto& row) {
      out = {row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5)};
    });
    return read ? result<outcome_counts>(out) : read.error();
  }

  result<std::vector<stored_position>> positions() override {
    return collect(statements::all_positions, [](const auto& row) { return read_stored_position(row); });
  }

  result<index_paths> indexed() override {
    auto paths = read_index_paths(*connection_);
    return paths ? parse_index_paths(*paths) : paths.error();
  }

  result<std::optional<std::vector<row_interval>>>
  find_intervals(const item_filter& filter, const std::optional<std::vector<std::int64_t>>& scope_ids,
                 const row_identity& from) override {
    auto paths = indexed();
    if (!paths)
      return paths.error();
    const auto needed = terms_needed(filter, *paths);
    if (needed.empty())
      return std::optional<std::vector<row_interval>>{};
    return find_intervals_of(needed, scope_ids, from);
  }

  result<std::vector<std::string>> contradictions() override {
    std::vector<std::string> out;
    // All of them of one moment, beside whoever is writing.
    auto found = this->read_at_once([&]() -> result<void> {
      if (auto own = find_own_contradictions(out); !own)
        return own;
      return find_contradictions(statements::contradictions, out);
    });
    return found ? result<std::vector<std::string>>(std::move(out)) : found.error();
  }

protected:
  /// Another text than before where anything may have been committed since; empty where that is not known.
  virtual result<std::string> state_version() = 0;

  /// Where rows may be that have these terms, as find_intervals() says it.
  virtual result<std::optional<std::vector<row_interval>>>
  find_intervals_of(const needed_terms& needed, const std::optional<std::vector<std::int64_t>>& scope_ids,
                    const row_identity& from) = 0;

  /// Those that the databases are asked about in other words.
  virtual result<void> find_own_contradictions(std::vector<std::string>& out) = 0;

  result<void> find_contradictions(std::span<const statements::contradiction> checks,
                                   std::vector<std::string>& out) {
    for (const auto& [sentence, query] : checks) {
      std::int64_t count = 0;
      if (auto read = connection_->select(query, [&](const auto& row) { count = row.integer(0); }); !read)
        return read;
      if (count != 0)
        out.push_back(sentence + (count > 1 ? ": " + std::to_string(count) : std::string()));
    }
    return {};
  }

  /// What `read(row)` makes of each row of a query.
  template <class Read, class... Values>
  auto collect(const char* sql, Read&& read, const Values&... values) {
    std::vector<decltype(read(std::declval<const typename Connection::row_type&>()))> out;
    auto done = connection_->select(
        sql, [&](const auto& row) { out.push_back(read(row)); }, values...);
    return done ? result<decltype(out)>(std::move(out)) : result<decltype(out)>(done.error());
  }

  std::unique_ptr<Connection> connection_;

private:
  result<std::string> read_text(const char* sql) {
    std::string out;
    auto read = connection_->select(sql, [&](const auto& row) { out = row.text(0); });
    return read ? result<std::string>(std::move(out)) : read.error();
  }

  std::shared_ptr<const scope_list> scopes_; ///< the last that were asked for, and when
  std::string scopes_version_;
};

} // namespace kollect::consumer

#endif

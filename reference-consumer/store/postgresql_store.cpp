#include "postgresql_store.hpp"

#include "index_building.hpp"
#include "postgresql_block_table.hpp"
#include "postgresql_digests.hpp"
#include "postgresql_reader.hpp"
#include "postgresql_schema.hpp"
#include "postgresql_transaction.hpp"
#include "postgresql_url.hpp"

#include <kollect/releaser.hpp>
#include <program/suggestion.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::consumer {
namespace postgresql {
namespace {

using options_pointer = std::unique_ptr<PQconninfoOption, releaser<PQconninfoFree>>;

options_pointer parse_url(const std::string& url) {
  return options_pointer(PQconninfoParse(url.c_str(), nullptr));
}

/// What libpq takes between ? and & as NAME=VALUE.
std::vector<std::string> parameter_names() {
  std::vector<std::string> names{"ssl"}; // which it knows in URLs only
  const options_pointer options(PQconndefaults());
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
    names.emplace_back(option->keyword);
  return names;
}

/// What is wrong with the parameters of a URL whose beginning is fine. Repeats none of them: a part of a
/// password may stand where a name is looked for.
std::string fault_of_parameters(std::string_view parameters) {
  const auto names = parameter_names();
  while (!parameters.empty()) {
    const auto one = parameters.substr(0, parameters.find('&'));
    parameters.remove_prefix(std::min(one.size() + 1, parameters.size()));
    const auto name = one.substr(0, one.find('='));
    if (std::ranges::find(names, name) == names.end())
      return "a parameter behind the ? is none that PostgreSQL's client library knows" +
             program::did_you_mean(name, names) +
             "; they are like sslmode=verify-full&connect_timeout=5, and & in a value is %26";
    if (one.size() == name.size())
      return "a parameter behind the ? has no value: they are like sslmode=verify-full&connect_timeout=5";
  }
  return "a value behind the ? needs percent-encoding: %26 for &, %3D for =, %25 for %";
}

class postgresql_store final : public postgresql_reader<store> {
public:
  using postgresql_reader::postgresql_reader;

  result<std::unique_ptr<transaction>> begin() override {
    return postgresql_transaction::begin(*connection_, blocks_);
  }

  result<void> keep_index(const index_paths& paths) override {
    return within_transaction([&]() -> result<void> {
      const auto text = text_of(paths);
      auto changed = connection_->run("UPDATE row_index SET paths = $1, is_complete = 0 WHERE paths <> $1",
                                      parameters().text(text));
      if (!changed)
        return changed.error();
      return changed->changed() == 0 ? result<void>{} : connection_->execute("DELETE FROM row_blocks");
    });
  }

  result<index_progress> build_index(std::int64_t rows) override {
    index_progress out;
    auto done = within_transaction([&] { return build_within(rows, out); });
    return done ? result<index_progress>(out) : done.error();
  }

  result<std::vector<owned_position>> claim(const std::string& log, std::span<const std::int32_t> partitions,
                                            std::string_view owner) override {
    if (auto begun = connection_->execute("BEGIN"); !begun)
      return begun.error();
    auto claimed = claim_within(log, partitions, owner);
    // The first failure is the one to tell; on a lost connection the server rolls back by itself.
    auto ended = connection_->execute(claimed ? "COMMIT" : "ROLLBACK");
    if (claimed && !ended)
      return ended.error();
    return claimed;
  }

  result<void> rewind(const std::string& log, const owned_position& held, std::int64_t next_offset) override {
    auto done = connection_->run(
        "UPDATE positions SET next_offset = $1, last_message = NULL WHERE partition = $2 AND owner_epoch = "
        "$3 AND log_id = (SELECT log_id FROM logs WHERE name_digest = $4)",
        parameters()
            .integer(next_offset)
            .integer(held.partition)
            .integer(held.owner_epoch)
            .own_bytes(digest_of_log(log)));
    if (!done)
      return done.error();
    if (done->changed() == 1)
      return {};
    return make_fenced(held.partition);
  }

  result<std::optional<owned_position>> noted_position(const std::string& log) override {
    auto found = connection_->run(
        "SELECT owner_epoch, next_offset, last_message FROM logs JOIN positions USING (log_id) WHERE "
        "name_digest = $1 AND partition = 0 AND next_offset >= 0",
        parameters().own_bytes(digest_of_log(log)));
    if (!found)
      return found.error();
    if (found->size() == 0)
      return std::optional<owned_position>{};
    return std::optional(read_owned_position(0, (*found)[0]));
  }

  result<std::optional<std::int64_t>> lease_feed(const std::string& destination, std::string_view owner,
                                                 std::int64_t published,
                                                 std::chrono::milliseconds lease) override {
    // By the server's clock, the only one that all processes share.
    auto leased = connection_->run(
        "INSERT INTO feeds AS f (destination_digest, destination, cursor, owner, leased_until) VALUES ($1, "
        "$2, "
        "$3, $4, clock_timestamp() + make_interval(secs => $5::bigint / 1000.0)) "
        "ON CONFLICT (destination_digest) DO UPDATE SET cursor = CASE WHEN f.owner = excluded.owner THEN "
        "greatest(f.cursor, excluded.cursor) ELSE f.cursor END, owner = excluded.owner, leased_until = "
        "excluded.leased_until WHERE f.owner = excluded.owner OR f.leased_until < clock_timestamp() "
        "RETURNING cursor",
        parameters()
            .own_bytes(digest_of_log(destination))
            .bytes(destination)
            .integer(published)
            .bytes(owner)
            .integer(lease.count()));
    if (!leased)
      return leased.error();
    return leased->size() == 1 ? std::optional((*leased)[0].integer(0)) : std::nullopt;
  }

  result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) override {
    auto done =
        connection_->run("UPDATE positions SET has_caught_up = 1 WHERE has_caught_up = 0 AND partition = ANY "
                         "($1) AND log_id = "
                         "(SELECT log_id FROM logs WHERE name_digest = $2)",
                         parameters()
                             .integers(std::vector<std::int64_t>(partitions.begin(), partitions.end()))
                             .own_bytes(digest_of_log(log)));
    if (!done)
      return done.error();
    return {};
  }

private:
  template <class Work>
  result<void> within_transaction(const Work& work) {
    if (auto begun = connection_->execute("BEGIN"); !begun)
      return begun;
    auto done = work();
    if (done)
      done = connection_->settle();
    // The first failure is the one to tell; on a lost connection the server rolls back by itself.
    auto ended = connection_->execute(done ? "COMMIT" : "ROLLBACK");
    return done ? ended : done;
  }

  /// One process at a time.
  result<void> build_within(std::int64_t rows, index_progress& out) {
    auto alone = connection_->run(build_alone);
    if (!alone)
      return alone.error();
    if ((*alone)[0].integer(0) == 0)
      return {};
    auto index = blocks_.lock_paths();
    if (!index)
      return index.error();
    if (index->terms == nullptr)
      return {};
    auto where = blocks_.find_unbuilt();
    if (!where)
      return where.error();
    out.is_complete = !*where;
    if (!*where)
      return note_complete();
    auto built = build_blocks(*this, blocks_, *index->terms, **where, rows);
    if (built)
      out.rows = std::max<std::int64_t>(*built, 1); // there may be more, where none were
    return built ? result<void>{} : built.error();
  }

  /// Unless others, that are still at work, have something left to build.
  result<void> note_complete() {
    auto noted = connection_->run(
        "UPDATE row_index SET is_complete = 1 WHERE is_complete = 0 AND NOT EXISTS (SELECT FROM scopes s "
        "WHERE "
        "row_count > 0 AND NOT EXISTS (SELECT FROM row_blocks b WHERE b.scope_id = s.scope_id))");
    return noted ? result<void>{} : noted.error();
  }

  result<std::vector<owned_position>>
  claim_within(const std::string& log, std::span<const std::int32_t> partitions, std::string_view owner) {
    auto id = log_id_of(*connection_, log);
    if (!id)
      return id.error();
    // By order of number, as batches move positions on: no two processes can wait for each other.
    std::map<std::int32_t, owned_position> claimed;
    for (const auto partition : partitions)
      claimed[partition] = {};
    for (auto& [partition, position] : claimed) {
      auto made = connection_->run(statements::claim_position,
                                   parameters().integer(*id).integer(partition).bytes(owner));
      if (!made)
        return made.error();
      position = read_owned_position(partition, (*made)[0]);
    }
    std::vector<owned_position> out;
    for (const auto partition : partitions)
      out.push_back(claimed.at(partition));
    return out;
  }

  /// The first bytes of "kollect", and one more than for migrations.
  static constexpr const char* build_alone =
      "SELECT pg_try_advisory_xact_lock(30239034178757493)::int::bigint";

  postgresql_block_table blocks_{*connection_};
};

} // namespace
} // namespace postgresql

bool is_postgresql_url(const std::string& url) noexcept {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

result<void> check_postgresql_url(const std::string& url) {
  // libpq's own words would repeat parts of the URL, which may hold a password.
  if (is_postgresql_url(url) && postgresql::is_unambiguous(url)) {
    if (postgresql::parse_url(url))
      return {};
    const auto question = url.find('?');
    if (question != std::string::npos && postgresql::parse_url(url.substr(0, question)))
      return make_failure(error::invalid_value,
                          "the store's URL: " +
                              postgresql::fault_of_parameters(std::string_view(url).substr(question + 1)));
  }
  return make_failure(
      error::invalid_value,
      "the store's URL is not one that PostgreSQL's client library understands: it should be like "
      "postgresql://user@host:5432/database?sslmode=verify-full, with special characters in user and "
      "password "
      "percent-encoded: %40 for @, %23 for #, %2F for /, %3A for :, %3F for ?");
}

bool has_password(const std::string& url) {
  if (const auto options = postgresql::parse_url(url))
    for (const auto* option = options.get(); option->keyword != nullptr; ++option)
      if (std::string_view(option->keyword) == "password" && option->val != nullptr)
        return true;
  return false;
}

std::string describe_postgresql(const std::string& url) {
  std::map<std::string, std::string> values;
  if (const auto options = postgresql::parse_url(url))
    for (const auto* option = options.get(); option->keyword != nullptr; ++option)
      if (option->val != nullptr)
        values[option->keyword] = option->val;
  const auto host = values.contains("host") ? values["host"] : values["hostaddr"];
  const auto port = values.contains("port") ? ":" + values["port"] : std::string();
  return "postgresql://" + host + port + "/" + values["dbname"];
}

result<std::unique_ptr<store>> open_postgresql_store(const postgresql_settings& settings) {
  auto opened = postgresql::connection::open(settings, postgresql::access::read_write);
  if (!opened)
    return opened.error();
  if (auto migrated = postgresql::migrate(**opened, settings.schema); !migrated)
    return migrated.error();
  return std::unique_ptr<store>(new postgresql::postgresql_store(std::move(*opened)));
}

result<std::unique_ptr<store_reader>> open_postgresql_reader(const postgresql_settings& settings) {
  auto opened = postgresql::connection::open(settings, postgresql::access::read_only);
  if (!opened)
    return opened.error();
  if (auto checked = postgresql::check_schema(**opened); !checked)
    return checked.error();
  return std::make_unique<postgresql::postgresql_reader<store_reader>>(std::move(*opened));
}

} // namespace kollect::consumer

#ifndef EXAMPLE_SQLITE_STORE_HPP
#define EXAMPLE_SQLITE_STORE_HPP

#include "sqlite.hpp"

#include <kollect/decision.hpp>
#include <kollect/message.hpp>
#include <kollect/whole_snapshot.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The tables of the SQLite example: what is kept of each scope, under a number. It decides nothing.
class sqlite_store {
public:
  explicit sqlite_store(const char* path) : database_(path) {
    database_.execute(R"(
      PRAGMA locking_mode = EXCLUSIVE; -- of two processes on one file the second is refused
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS position(log, partition, next_offset, PRIMARY KEY(log, partition));
      CREATE TABLE IF NOT EXISTS scope(id INTEGER PRIMARY KEY, cluster, namespace, inventory, seconds, nanoseconds,
        generation, digest, items_digest, parts, UNIQUE(cluster, namespace, inventory));
      CREATE TABLE IF NOT EXISTS item(scope, target_namespace, target_name, namespace, name, uid, json,
        PRIMARY KEY(scope, target_namespace, target_name, namespace, name, uid));
      CREATE TABLE IF NOT EXISTS seen(scope, timestamp, payload, at, PRIMARY KEY(scope, timestamp, payload));
      CREATE TABLE IF NOT EXISTS part(scope, seconds, nanoseconds, generation, part_total, part_index, digest,
        payload, at, PRIMARY KEY(scope, seconds, nanoseconds, generation, part_total, part_index));
      CREATE INDEX IF NOT EXISTS seen_at ON seen(at);
      CREATE INDEX IF NOT EXISTS part_at ON part(at);
      CREATE TABLE IF NOT EXISTS dead_letter(reason, sentence, key, value))");
  }

  void begin() { database_.execute("BEGIN IMMEDIATE"); }
  void commit() { database_.execute("COMMIT"); }

  std::optional<std::int64_t> next_offset(std::string_view log, std::int32_t partition) {
    auto row =
        database_.query("SELECT next_offset FROM position WHERE log = ? AND partition = ?", log, partition);
    return row.next() ? std::optional(row.number(0)) : std::nullopt;
  }
  void move_to(std::string_view log, std::int32_t partition, std::int64_t next_offset) {
    database_.run("INSERT OR REPLACE INTO position VALUES(?, ?, ?)", log, partition, next_offset);
  }

  std::int64_t id_of(const kollect::scope& which) {
    const auto& [cluster, namespace_, inventory] = which;
    database_.run("INSERT OR IGNORE INTO scope(cluster, namespace, inventory) VALUES(?, ?, ?)", cluster,
                  namespace_, inventory);
    auto row = database_.query("SELECT id FROM scope WHERE cluster = ? AND namespace = ? AND inventory = ?",
                               cluster, namespace_, inventory);
    row.next();
    return row.number(0);
  }

  bool has_seen(std::int64_t scope, const kollect::dedup_key& key) {
    return database_
        .query("SELECT 1 FROM seen WHERE scope = ? AND timestamp = ? AND payload = ?", scope, key.timestamp,
               bytes_of(key.payload))
        .next();
  }
  void remember(std::int64_t scope, const kollect::dedup_key& key) {
    database_.run("INSERT INTO seen VALUES(?, ?, ?, unixepoch())", scope, key.timestamp,
                  bytes_of(key.payload));
  }

  kollect::held_snapshot held(std::int64_t scope) {
    auto row =
        database_.query("SELECT seconds, nanoseconds, generation, digest, items_digest, parts FROM scope"
                        " WHERE id = ? AND seconds IS NOT NULL",
                        scope);
    kollect::held_snapshot out;
    if (!row.next())
      return out;
    out.order = {
        {row.number(0), static_cast<std::uint32_t>(row.number(1))}, row.number(2), digest_from(row.text(3))};
    out.items_digest = digest_from(row.text(4));
    const std::string parts = row.text(5);
    for (std::size_t at = 0; at < parts.size(); at += out.items_digest.bytes.size())
      out.applied_parts.push_back(digest_from(std::string_view(parts).substr(at)));
    return out;
  }
  void hold(std::int64_t scope, const kollect::held_snapshot& held) {
    std::string parts;
    for (const auto& digest : held.applied_parts)
      parts.append(digest.bytes.begin(), digest.bytes.end());
    const auto& [instant, generation, digest] = *held.order;
    database_.run(
        "UPDATE scope SET seconds = ?, nanoseconds = ?, generation = ?, digest = ?, items_digest = ?,"
        " parts = ? WHERE id = ?",
        instant.seconds, instant.nanoseconds, generation, bytes_of(digest), bytes_of(held.items_digest),
        parts, scope);
  }

  kollect::row_map rows(std::int64_t scope) {
    kollect::row_map out;
    auto row = database_.query("SELECT target_namespace, target_name, namespace, name, uid, json FROM item"
                               " WHERE scope = ?",
                               scope);
    while (row.next())
      out.insert({{row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)}, row.text(5)});
    return out;
  }
  void write(std::int64_t scope, const std::vector<kollect::change>& changes) {
    for (const auto& [kind, row, before, after, paths] : changes)
      if (kind == kollect::change_kind::removed)
        database_.run("DELETE FROM item WHERE scope = ? AND target_namespace = ? AND target_name = ?"
                      " AND namespace = ? AND name = ? AND uid = ?",
                      scope, row.target_namespace, row.target_name, row.namespace_, row.name, row.uid);
      else
        database_.run("INSERT OR REPLACE INTO item VALUES(?, ?, ?, ?, ?, ?, ?)", scope, row.target_namespace,
                      row.target_name, row.namespace_, row.name, row.uid, after);
  }

  struct waiting_part {
    kollect::held_part part;
    std::string payload;
  };
  std::vector<waiting_part> parts(std::int64_t scope, const kollect::part_set& set) {
    std::vector<waiting_part> out;
    auto row = database_.query("SELECT part_index, digest, payload FROM part WHERE scope = ? AND seconds = ?"
                               " AND nanoseconds = ? AND generation = ? AND part_total = ?",
                               scope, set.exported_at.seconds, set.exported_at.nanoseconds, set.generation,
                               set.part_total);
    while (row.next())
      out.push_back({{static_cast<std::uint32_t>(row.number(0)), digest_from(row.text(1))}, row.text(2)});
    return out;
  }
  void keep(std::int64_t scope, const kollect::part_set& set, const kollect::kept_part& one) {
    database_.run("INSERT INTO part VALUES(?, ?, ?, ?, ?, ?, ?, ?, unixepoch())", scope,
                  set.exported_at.seconds, set.exported_at.nanoseconds, set.generation, set.part_total,
                  one.part.part_index, bytes_of(one.part.digest), one.payload);
  }
  void drop(std::int64_t scope, const kollect::part_set& set) {
    database_.run("DELETE FROM part WHERE scope = ? AND seconds = ? AND nanoseconds = ? AND generation = ?"
                  " AND part_total = ?",
                  scope, set.exported_at.seconds, set.exported_at.nanoseconds, set.generation,
                  set.part_total);
  }
  /// The parts of sets that are older than what is held now.
  void drop_older(std::int64_t scope, const kollect::snapshot_order& held) {
    database_.run("DELETE FROM part WHERE scope = ? AND (seconds, nanoseconds, generation) < (?, ?, ?)",
                  scope, held.instant.seconds, held.instant.nanoseconds, held.generation);
  }

  void refuse(const kollect::received_message& message, const kollect::failure& why) {
    database_.run("INSERT INTO dead_letter VALUES(?, ?, ?, ?)", kollect::error_name(why.reason()),
                  to_string(why), message.key.value_or(""), message.value);
  }
  /// Gives up parts that have waited for a day, and forgets keys of that age.
  void expire() {
    database_.execute(
        "INSERT INTO dead_letter SELECT 'torn_set', 'its set lacks other parts', '', payload FROM part"
        " WHERE at < unixepoch() - 86400;"
        "DELETE FROM part WHERE at < unixepoch() - 86400;"
        "DELETE FROM seen WHERE at < unixepoch() - 86400");
  }

private:
  static sqlite::bytes bytes_of(const kollect::sha256_digest& digest) {
    return {digest.bytes.data(), digest.bytes.size()};
  }
  static kollect::sha256_digest digest_from(std::string_view bytes) {
    kollect::sha256_digest digest;
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.bytes.size()), digest.bytes.begin());
    return digest;
  }

  sqlite::database database_;
};

#endif

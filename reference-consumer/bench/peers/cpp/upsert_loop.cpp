// The loop that one would write by hand, from Kafka to PostgreSQL:
//   upsert_loop copy|unnest BROKER TOPIC URL [filled]
//
// `filled` says that the database has rows of these scopes. Reads the topic from its beginning to its end as
// it is at the start, parses, and upserts the rows in batches: by COPY into a temporary table and INSERT …
// SELECT, or by INSERT … SELECT FROM unnest(). Rows that a newer snapshot lacks are deleted, and rows that
// are the same are not written. It believes that the topic's order is the snapshots' order, keeps neither
// dedup keys nor positions nor a change feed, and knows no multipart sets.

#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t batch_messages = 1000, batch_bytes = 32U * 1024 * 1024;
constexpr std::size_t column_count = 7;
constexpr const char* columns = "scope, target_namespace, target_name, namespace, name, uid, item";
constexpr const char* conflict =
    " ON CONFLICT (scope, target_namespace, target_name, namespace, name, uid) DO UPDATE SET item = "
    "excluded.item WHERE items.item IS DISTINCT FROM excluded.item";
constexpr const char* is_same = "n.scope = items.scope AND n.target_namespace = items.target_namespace AND "
                                "n.target_name = items.target_name AND n.namespace = items.namespace AND "
                                "n.name = items.name AND n.uid = items.uid";

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "upsert_loop: " << why << '\n';
  std::exit(1);
}

using row = std::array<std::string, column_count>;

struct snapshot {
  std::string scope;
  std::vector<row> rows;
};

class database {
public:
  database(const char* url, bool is_filled) : connection_(PQconnectdb(url)), is_filled_(is_filled) {
    if (PQstatus(connection_) != CONNECTION_OK)
      give_up(PQerrorMessage(connection_));
    run("CREATE TABLE IF NOT EXISTS items (scope TEXT, target_namespace TEXT, target_name TEXT, namespace "
        "TEXT, "
        "name TEXT, uid TEXT, item TEXT NOT NULL, PRIMARY KEY (scope, target_namespace, target_name, "
        "namespace, "
        "name, uid))");
    run("CREATE TEMPORARY TABLE new_items (scope TEXT, target_namespace TEXT, target_name TEXT, namespace "
        "TEXT, "
        "name TEXT, uid TEXT, item TEXT NOT NULL)");
  }
  ~database() { PQfinish(connection_); }
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  void write_by_copy(const std::vector<snapshot>& batch) {
    run("BEGIN");
    check(PQexec(connection_, (std::string("COPY new_items (") + columns + ") FROM STDIN").c_str()),
          PGRES_COPY_IN);
    std::string text;
    for (const auto& one : batch)
      for (const auto& cells : one.rows) {
        for (std::size_t column = 0; column < column_count; ++column) {
          append_escaped(text, cells[column]);
          text += column + 1 < column_count ? '\t' : '\n';
        }
        if (text.size() > 65536)
          send(text);
      }
    send(text);
    if (PQputCopyEnd(connection_, nullptr) != 1)
      give_up(PQerrorMessage(connection_));
    check(PQgetResult(connection_), PGRES_COMMAND_OK);
    while (auto* const more = PQgetResult(connection_))
      PQclear(more);
    run(std::string("INSERT INTO items (") + columns + ") SELECT " + columns + " FROM new_items" + conflict);
    if (const auto again = known(batch); again != "{}")
      run_with(
          "DELETE FROM items WHERE scope = ANY($1::text[]) AND NOT EXISTS (SELECT FROM new_items n WHERE " +
              std::string(is_same) + ")",
          {again});
    run("TRUNCATE new_items");
    run("COMMIT");
  }

  void write_by_unnest(const std::vector<snapshot>& batch) {
    std::vector<std::string> arrays(column_count, "{");
    for (const auto& one : batch)
      for (const auto& cells : one.rows)
        for (std::size_t column = 0; column < column_count; ++column)
          append_element(arrays[column], cells[column]);
    for (auto& one : arrays)
      one += '}';
    constexpr const char* from =
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], "
        "$6::text[], $7::text[]) AS n (scope, target_namespace, target_name, namespace, "
        "name, uid, item)";
    run("BEGIN");
    run_with(std::string("INSERT INTO items (") + columns + ") SELECT *" + from + conflict, arrays);
    if (const auto again = known(batch); again != "{}") {
      arrays.push_back(again);
      run_with("DELETE FROM items WHERE scope = ANY($8::text[]) AND NOT EXISTS (SELECT" + std::string(from) +
                   " WHERE " + is_same + ")",
               arrays);
    }
    run("COMMIT");
  }

private:
  void run(const std::string& sql) { check(PQexec(connection_, sql.c_str()), PGRES_COMMAND_OK); }

  void run_with(const std::string& sql, const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    for (const auto& one : values)
      pointers.push_back(one.c_str());
    check(PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, pointers.data(),
                       nullptr, nullptr, 0),
          PGRES_COMMAND_OK);
  }

  void check(PGresult* answer, ExecStatusType wanted) {
    if (PQresultStatus(answer) != wanted)
      give_up(PQerrorMessage(connection_));
    PQclear(answer);
  }

  void send(std::string& text) {
    if (!text.empty() && PQputCopyData(connection_, text.data(), static_cast<int>(text.size())) != 1)
      give_up(PQerrorMessage(connection_));
    text.clear();
  }

  static void append_escaped(std::string& out, std::string_view text) {
    for (const char letter : text)
      if (letter == '\\')
        out += "\\\\";
      else if (letter == '\n')
        out += "\\n";
      else if (letter == '\r')
        out += "\\r";
      else if (letter == '\t')
        out += "\\t";
      else
        out += letter;
  }

  static void append_element(std::string& out, std::string_view text) {
    out += out.size() == 1 ? "\"" : ",\"";
    for (const char letter : text) {
      if (letter == '"' || letter == '\\')
        out += '\\';
      out += letter;
    }
    out += '"';
  }

  /// Those scopes of the batch that may have rows already.
  std::string known(const std::vector<snapshot>& batch) {
    std::string out = "{";
    for (const auto& one : batch)
      if (!seen_.insert(one.scope).second || is_filled_)
        append_element(out, one.scope);
    return out + "}";
  }

  PGconn* connection_;
  bool is_filled_;
  std::set<std::string> seen_;
};

struct kafka_message {
  explicit kafka_message(rd_kafka_message_t* taken) : held(taken, &rd_kafka_message_destroy) {}
  std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> held;
};

std::string text_of(simdjson::simdjson_result<simdjson::ondemand::value> value) {
  return std::string(value.get_string().value());
}

/// The rows of a message, as the newest snapshot of its scope.
std::vector<row> parse(simdjson::ondemand::parser& parser, simdjson::padded_string& space,
                       const std::string& scope, const rd_kafka_message_t& message) {
  space = simdjson::padded_string(static_cast<const char*>(message.payload), message.len);
  simdjson::ondemand::document document = parser.iterate(space);
  simdjson::ondemand::value payload = document["payload"];
  simdjson::ondemand::array items;
  if (payload.type() == simdjson::ondemand::json_type::array)
    items = payload.get_array();
  else
    items = payload.get_object()["items"].get_array();
  std::vector<row> rows;
  for (simdjson::ondemand::object item : items) {
    row cells;
    cells[0] = scope;
    std::size_t column = 1;
    for (const auto* const name : {"targetNamespace", "targetName", "namespace", "name", "uid"})
      cells[column++] = text_of(item.find_field(name));
    item.reset();
    cells[column] = std::string(item.raw_json().value());
    rows.push_back(std::move(cells));
  }
  return rows;
}

class reader {
public:
  reader(const char* broker, const char* topic) {
    char reason[512];
    auto* const config = rd_kafka_conf_new();
    if (rd_kafka_conf_set(config, "bootstrap.servers", broker, reason, sizeof reason) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(config, "group.id", "peer", reason, sizeof reason) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(config, "enable.auto.commit", "false", reason, sizeof reason) != RD_KAFKA_CONF_OK)
      give_up(reason);
    client_ = rd_kafka_new(RD_KAFKA_CONSUMER, config, reason, sizeof reason);
    if (client_ == nullptr)
      give_up(reason);
    rd_kafka_poll_set_consumer(client_);
    assign(topic);
  }
  ~reader() {
    rd_kafka_consumer_close(client_);
    rd_kafka_destroy(client_);
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  /// The next messages, up to the size of a batch; none at the end.
  std::vector<kafka_message> next() {
    std::vector<kafka_message> batch;
    for (std::size_t bytes = 0; batch.size() < batch_messages && bytes < batch_bytes && !left_.empty();) {
      auto* const taken = rd_kafka_consumer_poll(client_, 100);
      if (taken == nullptr)
        continue;
      batch.emplace_back(taken);
      if (taken->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up(rd_kafka_message_errstr(taken));
      bytes += taken->len;
      if (taken->offset + 1 >= left_[taken->partition])
        left_.erase(taken->partition);
    }
    return batch;
  }

private:
  void assign(const char* topic) {
    const rd_kafka_metadata_t* metadata = nullptr;
    auto* const handle = rd_kafka_topic_new(client_, topic, nullptr);
    if (const auto error = rd_kafka_metadata(client_, 0, handle, &metadata, 10000);
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
      give_up(rd_kafka_err2str(error));
    auto* const partitions = rd_kafka_topic_partition_list_new(metadata->topics[0].partition_cnt);
    for (int index = 0; index < metadata->topics[0].partition_cnt; ++index) {
      const auto partition = metadata->topics[0].partitions[index].id;
      std::int64_t first = 0, end = 0;
      if (rd_kafka_query_watermark_offsets(client_, topic, partition, &first, &end, 10000) !=
          RD_KAFKA_RESP_ERR_NO_ERROR)
        give_up("the end of a partition cannot be asked for");
      rd_kafka_topic_partition_list_add(partitions, topic, partition)->offset = first;
      if (end > first)
        left_[partition] = end;
    }
    rd_kafka_assign(client_, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
  }

  rd_kafka_t* client_ = nullptr;
  std::map<std::int32_t, std::int64_t> left_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 5)
    give_up("usage: upsert_loop copy|unnest BROKER TOPIC URL [filled]");
  const bool is_copy = std::string_view(argv[1]) == "copy";
  try {
    database target(argv[4], argc > 5);
    reader source(argv[2], argv[3]);
    simdjson::ondemand::parser parser;
    simdjson::padded_string space;
    for (auto batch = source.next(); !batch.empty(); batch = source.next()) {
      // One statement may touch a row only once: of each scope the last snapshot counts.
      std::map<std::string, const rd_kafka_message_t*> newest;
      for (const auto& message : batch)
        newest[std::string(static_cast<const char*>(message.held->key), message.held->key_len)] =
            message.held.get();
      std::vector<snapshot> snapshots;
      for (const auto& [scope, message] : newest)
        snapshots.push_back({scope, parse(parser, space, scope, *message)});
      if (is_copy)
        target.write_by_copy(snapshots);
      else
        target.write_by_unnest(snapshots);
    }
  } catch (const simdjson::simdjson_error& error) {
    give_up(error.what());
  }
}

// Holds the rows of a whole fleet in memory and prints what changes, with a librdkafka loop of its own:
//   kafka_projection localhost:9092 inventory.changes my-group [--until-end]
//
// It takes all partitions instead of a group's share, as snapshots of one inventory may lie in any of them
// (KAF-02). It begins at the beginning each time, as its rows end with it: what it commits only tells others
// how far it is.
#include <kollect/projection.hpp>

#include <librdkafka/rdkafka.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

namespace {

volatile std::sig_atomic_t stop_asked = 0;

struct release {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
template <class Handle>
using owned = std::unique_ptr<Handle, release>;

[[noreturn]] void fail(std::string_view what, std::string_view why) {
  std::cerr << what << ": " << why << std::endl;
  std::exit(EXIT_FAILURE);
}

owned<rd_kafka_t> connect(const char* brokers, const char* group) {
  const std::pair<const char*, const char*> settings[] = {
      {"bootstrap.servers", brokers},   {"group.id", group},    {"enable.auto.commit", "false"},
      {"enable.partition.eof", "true"}, {"check.crcs", "true"}, {"auto.offset.reset", "earliest"}};
  rd_kafka_conf_t* const config = rd_kafka_conf_new();
  char reason[512] = "";
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(config, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
      fail(name, reason);
  owned<rd_kafka_t> client(rd_kafka_new(RD_KAFKA_CONSUMER, config, reason, sizeof reason));
  if (!client)
    fail("the Kafka client", reason);
  return client;
}

/// Takes all partitions of the topic, from their beginning; answers how many there are.
std::size_t assign_all(rd_kafka_t* client, const char* topic) {
  const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> handle(
      rd_kafka_topic_new(client, topic, nullptr), &rd_kafka_topic_destroy);
  const rd_kafka_metadata_t* found = nullptr;
  if (const auto code = rd_kafka_metadata(client, 0, handle.get(), &found, 10'000))
    fail(topic, rd_kafka_err2str(code));
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> metadata(
      found, &rd_kafka_metadata_destroy);
  const auto& told = metadata->topics[0];
  if (told.err)
    fail(topic, rd_kafka_err2str(told.err));
  const owned<rd_kafka_topic_partition_list_t> partitions(
      rd_kafka_topic_partition_list_new(told.partition_cnt));
  for (int index = 0; index < told.partition_cnt; ++index)
    rd_kafka_topic_partition_list_add(partitions.get(), topic, told.partitions[index].id)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  if (const auto code = rd_kafka_assign(client, partitions.get()))
    fail(topic, rd_kafka_err2str(code));
  return static_cast<std::size_t>(told.partition_cnt);
}

void apply(kollect::projection& fleet, const rd_kafka_message_t& message) {
  const auto text = [](const void* bytes, std::size_t size) {
    return std::string_view(static_cast<const char*>(bytes), size);
  };
  std::optional<std::string_view> key;
  if (message.key != nullptr)
    key = text(message.key, message.key_len);
  kollect::arrival how{.position = kollect::message_position{message.partition, message.offset}};
  rd_kafka_timestamp_type_t kind{};
  if (const auto at = rd_kafka_message_timestamp(&message, &kind); kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
    how.appended_at = kollect::timestamp{} + std::chrono::milliseconds(at);
  const auto step = fleet.apply(text(message.payload, message.len), key, how); // a tombstone has no payload
  if (!step) {
    std::cerr << message.partition << '/' << message.offset << ": " << step.error() << '\n';
    return;
  }
  for (const auto& change : step->changes)
    std::cout << change.kind << ' ' << step->scope << ' ' << change.identity << '\n';
  for (const auto& torn : step->given_up)
    std::cerr << torn.set.scope << ": " << torn.parts.size() << " parts of a set were given up\n";
}

/// Commits what is settled once its effect is: here, once the lines are written.
void commit(rd_kafka_t* client, const char* topic, const kollect::projection& fleet, bool in_background) {
  if (!std::cout.flush())
    fail("standard output", "cannot be written");
  const owned<rd_kafka_topic_partition_list_t> offsets(rd_kafka_topic_partition_list_new(0));
  for (const auto& [partition, next_offset] : fleet.committable())
    rd_kafka_topic_partition_list_add(offsets.get(), topic, partition)->offset = next_offset;
  if (offsets->cnt == 0)
    return;
  if (const auto code = rd_kafka_commit(client, offsets.get(), in_background ? 1 : 0))
    std::cerr << "commit: " << rd_kafka_err2str(code) << '\n'; // loses nothing
}

} // namespace

int main(int count, char** words) {
  if (count < 4)
    fail("usage", "kafka_projection BROKERS TOPIC GROUP [--until-end]");
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  const char* const topic = words[2];
  const bool until_end = count > 4 && std::string_view(words[4]) == "--until-end";
  const auto client = connect(words[1], words[3]);
  const auto partitions = assign_all(client.get(), topic);

  kollect::projection fleet;
  std::set<std::int32_t> ended;
  for (int uncommitted = 0; stop_asked == 0 && !(until_end && ended.size() == partitions);) {
    const owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(client.get(), 500));
    if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      ended.insert(message->partition);
    else if (message && message->err) // the client gets over lost connections by itself, but not over this
      fail(topic, rd_kafka_message_errstr(message.get()));
    else if (message)
      apply(fleet, *message), ++uncommitted;
    if (uncommitted == 1000 || (!message && uncommitted != 0))
      commit(client.get(), topic, fleet, true), uncommitted = 0;
  }
  commit(client.get(), topic, fleet, false);
  rd_kafka_consumer_close(client.get());
  std::cerr << fleet.counts() << '\n';
}

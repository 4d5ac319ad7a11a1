#ifndef KOLLECT_SDK_TEST_KAFKA_RAW_PRODUCER_HPP
#define KOLLECT_SDK_TEST_KAFKA_RAW_PRODUCER_HPP

#include <kollect/kafka/detail/pointers.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace kollect::test {

/// A producer of what our publisher never sends: tombstones, transactions, and batches that are hard to read.
class raw_producer {
public:
  raw_producer(const std::string& bootstrap, std::string topic, const std::string& transactional_id = {},
               const std::map<std::string, std::string>& properties = {})
      : topic_(std::move(topic)) {
    kafka::detail::config_pointer config{rd_kafka_conf_new()};
    char reason[256] = "";
    rd_kafka_conf_set(config.get(), "bootstrap.servers", bootstrap.c_str(), reason, sizeof reason);
    rd_kafka_conf_set(config.get(), "message.max.bytes", "100000000", reason, sizeof reason);
    for (const auto& [name, value] : properties)
      EXPECT_EQ(rd_kafka_conf_set(config.get(), name.c_str(), value.c_str(), reason, sizeof reason),
                RD_KAFKA_CONF_OK)
          << reason;
    if (!transactional_id.empty())
      rd_kafka_conf_set(config.get(), "transactional.id", transactional_id.c_str(), reason, sizeof reason);
    native_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, config.get(), reason, sizeof reason));
    if (native_)
      (void)config.release();
    EXPECT_NE(native_, nullptr) << reason;
    if (!transactional_id.empty())
      expect(rd_kafka_init_transactions(native_.get(), 30'000));
    look_up_topic();
  }

  void send(const std::string& value) { send(value.data(), value.size()); }
  void send_tombstone() { send(nullptr, 0); }
  void begin() { expect(rd_kafka_begin_transaction(native_.get())); }
  void commit() { expect(rd_kafka_commit_transaction(native_.get(), 30'000)); }
  /// Leaves what was sent in the log. An abort that comes before it would have nothing to end there.
  void abort() {
    flush();
    expect(rd_kafka_abort_transaction(native_.get(), 30'000));
  }
  void flush() { EXPECT_EQ(rd_kafka_flush(native_.get(), 30'000), RD_KAFKA_RESP_ERR_NO_ERROR); }

private:
  /// Messages for a topic that librdkafka does not know yet wait in a queue of their own. A flush that begins
  /// before they move to their partition sends the first of them as a batch of one.
  void look_up_topic() {
    topic_handle_.reset(rd_kafka_topic_new(native_.get(), topic_.c_str(), nullptr));
    const rd_kafka_metadata_t* found = nullptr;
    EXPECT_EQ(rd_kafka_metadata(native_.get(), 0, topic_handle_.get(), &found, 30'000),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    const kafka::detail::metadata_pointer owned{found};
  }

  void send(const char* value, std::size_t size) {
    rd_kafka_vu_t fields[4] = {};
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = topic_.c_str();
    fields[1].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[1].u.mem = {const_cast<char*>(value), size};
    fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[2].u.i = RD_KAFKA_MSG_F_COPY;
    fields[3].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[3].u.i32 = 0;
    expect(rd_kafka_produceva(native_.get(), fields, 4));
  }

  static void expect(rd_kafka_error_t* problem) {
    const kafka::detail::error_pointer owned{problem};
    EXPECT_EQ(problem, nullptr) << rd_kafka_error_string(problem);
  }

  std::string topic_;
  std::unique_ptr<rd_kafka_t, releaser<rd_kafka_destroy>> native_;
  kafka::detail::topic_pointer topic_handle_;
};

} // namespace kollect::test

#endif

#ifndef KOLLECT_KAFKA_DETAIL_POINTERS_HPP
#define KOLLECT_KAFKA_DETAIL_POINTERS_HPP

#include <kollect/releaser.hpp>
#include <kollect/version.hpp>

#include <librdkafka/rdkafka.h>

#include <memory>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail {

using config_pointer = std::unique_ptr<rd_kafka_conf_t, releaser<rd_kafka_conf_destroy>>;
using topic_pointer = std::unique_ptr<rd_kafka_topic_t, releaser<rd_kafka_topic_destroy>>;
using metadata_pointer = std::unique_ptr<const rd_kafka_metadata_t, releaser<rd_kafka_metadata_destroy>>;
using message_pointer = std::unique_ptr<rd_kafka_message_t, releaser<rd_kafka_message_destroy>>;
using headers_pointer = std::unique_ptr<rd_kafka_headers_t, releaser<rd_kafka_headers_destroy>>;
using queue_pointer = std::unique_ptr<rd_kafka_queue_t, releaser<rd_kafka_queue_destroy>>;
using event_pointer = std::unique_ptr<rd_kafka_event_t, releaser<rd_kafka_event_destroy>>;
using error_pointer = std::unique_ptr<rd_kafka_error_t, releaser<rd_kafka_error_destroy>>;
using partitions_pointer =
    std::unique_ptr<rd_kafka_topic_partition_list_t, releaser<rd_kafka_topic_partition_list_destroy>>;

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::kafka::detail

#endif

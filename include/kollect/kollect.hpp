#ifndef KOLLECT_KOLLECT_HPP
#define KOLLECT_KOLLECT_HPP

/// The core of the SDK: what reads, writes and compares messages. Not in it are the transports,
/// kollect/kafka/*.hpp and kollect/nats/*.hpp with what they share (connection, message, transport,
/// log_reader), manifests, kollect/manifest/*.hpp and kollect/yaml/read.hpp, payloads and messages made of
/// rows, kollect/serialize_items.hpp, kollect/multipart.hpp and kollect/export.hpp, redaction, range
/// adaptors, kollect/views.hpp, and small tools such as kollect/json_writer.hpp.

#include <kollect/assembler.hpp>
#include <kollect/checksum.hpp>
#include <kollect/decision.hpp>
#include <kollect/dedup_key.hpp>
#include <kollect/dedup_window.hpp>
#include <kollect/diff.hpp>
#include <kollect/envelope.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/json.hpp>
#include <kollect/limits.hpp>
#include <kollect/order.hpp>
#include <kollect/outcome.hpp>
#include <kollect/parse.hpp>
#include <kollect/part_set.hpp>
#include <kollect/position.hpp>
#include <kollect/projection.hpp>
#include <kollect/scope.hpp>
#include <kollect/serialize.hpp>
#include <kollect/snapshot.hpp>
#include <kollect/snapshot_message.hpp>
#include <kollect/timestamp.hpp>
#include <kollect/whole_snapshot.hpp>

#endif

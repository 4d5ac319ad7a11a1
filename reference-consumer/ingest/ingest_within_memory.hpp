#ifndef KOLLECT_CONSUMER_INGEST_WITHIN_MEMORY_HPP
#define KOLLECT_CONSUMER_INGEST_WITHIN_MEMORY_HPP

#include "ingest.hpp"

#include <vector>

namespace kollect::consumer {

/// How often a message is tried alone that cannot be taken in within the memory there is.
inline constexpr int memory_attempts = 3;

/// As ingest(), for a process that may take only so much memory: a batch that needs more is rolled back and
/// taken message by message, without rows kept from earlier. A message that needs more alone, three times,
/// becomes a dead letter without its body: its place says where the log holds it. On failure messages
/// before may be stored; ingest() passes over those when they come again.
result<batch_report> ingest_within_memory(store& target, const ingest_settings& settings,
                                          owned_positions& owned, std::vector<received_message>& batch,
                                          held_scopes& scopes);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_INGEST_DEAD_LETTERS_HPP
#define KOLLECT_CONSUMER_INGEST_DEAD_LETTERS_HPP

#include "store/records.hpp"

#include <kollect/error.hpp>
#include <kollect/limits.hpp>
#include <kollect/transport.hpp>

#include <optional>
#include <string>

namespace kollect::consumer {

/// A message that is refused, without its value, key and headers.
dead_letter make_dead_letter(const message_origin& origin, const failure& reason, timestamp at);

/// Which cluster a message is of, as far as it can be told of one that is refused: by its envelope, else by
/// its header (KAF-04), else by what stands before the first `:` or `/` of its key (KAF-01).
std::optional<std::string> find_cluster(const received_message& message, const limits& bounds);

} // namespace kollect::consumer

#endif

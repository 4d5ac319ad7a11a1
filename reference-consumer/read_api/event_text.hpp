#ifndef KOLLECT_CONSUMER_READ_API_EVENT_TEXT_HPP
#define KOLLECT_CONSUMER_READ_API_EVENT_TEXT_HPP

#include "read_api/answer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// One Server-Sent Event. Line ends in the data, which JSON has between its tokens only, become lines of
/// their own.
std::string event_text(std::string_view id, std::string_view event, std::string_view data);

/// Keeps a connection from looking dead; with an id, which a client that comes back may begin with.
std::string heartbeat_text(std::string_view id);

/// Where a client wants its changes to begin: after this one.
struct asked_place {
  std::string store_id; ///< empty: a bare number was given
  std::int64_t cursor = 0;

  friend bool operator==(const asked_place&, const asked_place&) = default;
};

/// Reads `STORE_ID-CURSOR` or `CURSOR`. 400 for anything else.
answer_of<asked_place> read_place(std::string_view text);

/// Whether changes can be told from there on without a gap: 410 where the store is another one, or no longer
/// has (`first` is the oldest it has; 0: none) or never had what came after it.
answer_of<std::int64_t> begin_after(const asked_place& asked, std::string_view store_id, std::int64_t first,
                                    std::int64_t last);

} // namespace kollect::consumer

#endif

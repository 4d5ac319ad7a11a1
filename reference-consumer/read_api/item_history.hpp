#ifndef KOLLECT_CONSUMER_READ_API_ITEM_HISTORY_HPP
#define KOLLECT_CONSUMER_READ_API_ITEM_HISTORY_HPP

#include "read_api/change_pages.hpp"
#include "read_api/format.hpp"
#include "read_api/row_selection.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kollect::consumer {

/// Which object, and which part of its history.
struct history_question {
  std::string cluster;
  std::string uid;
  history_place from{};
  history_place to{};
  std::int64_t limit = 500;
};

answer_of<history_question> read_history_question(std::string_view query, std::string cluster,
                                                  std::string uid);

/// Another object that has had the same name, of the same kind.
struct namesake {
  std::string uid;
  timestamp seen_at; ///< when a snapshot was exported that told of it last
  bool is_present = false;
};

/// What happened to an object, as far as the history reaches.
struct item_history {
  change_page versions;
  std::vector<shown_row> now{};                   ///< its rows of today
  std::shared_ptr<const scope_list> all_scopes{}; ///< that these point to
  std::vector<namesake> namesakes{};              ///< by uid; told with the first page
};

/// Reads versions and namesakes. 404 where neither rows nor history know the object.
answer_of<item_history> read_item_history(store_reader& source, const history_question& asked,
                                          const page_limits& limits);

/// `{"schemaVersion","cluster","uid","present","versions":[…],"namesakes":[{"uid","seenAt","present"}],
/// "pagination":{"limit","next"},"rebuilding","changeCursor"}`, each version as a change of the change feed.
std::string format_history(const item_history& history, const history_question& asked,
                           const store_signals& signals);

} // namespace kollect::consumer

#endif

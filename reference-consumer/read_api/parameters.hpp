#ifndef KOLLECT_CONSUMER_READ_API_PARAMETERS_HPP
#define KOLLECT_CONSUMER_READ_API_PARAMETERS_HPP

#include "read_api/answer.hpp"
#include "read_api/page_cursor.hpp"
#include "read_api/query_string.hpp"
#include "read_api/row_page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kollect::consumer {

/// How long a list may be: 500 where nothing is said, 5000 at most, as upstream has it.
struct list_bounds {
  std::int64_t default_limit = 500;
  std::int64_t max_limit = 5'000;
};

/// What a path stands for.
enum class route {
  page,
  page_style,
  page_script,
  page_icon,
  openapi,
  ticket,
  health,
  readiness,
  metrics,
  status,
  inventory,
  watch,
  items,
  item,
  item_history,
  facets,
  diff,
  clusters,
  cluster,
  scopes,
  changes,
  dead_letters,
  dead_letter,
  dead_letter_retry
};

struct routed {
  route where = route::page;
  // Of /v1alpha1/inventory/{namespace}/{name}
  std::string namespace_{};
  std::string inventory{};
  // Of /v1alpha1/items/{cluster}/{uid} and /v1alpha1/clusters/{cluster}; a cluster without a name is an empty
  // segment.
  std::string cluster{};
  std::string uid{};
  std::int64_t id = 0; ///< of /v1alpha1/dead-letters/{id}
};

/// 404 for a path where nothing is, 400 for one that is malformed.
answer_of<routed> route_of(std::string_view path);

/// With which method it is asked for; GET stands for HEAD too.
std::string_view method_of(route where);

/// Whether anybody may have it: probes, metrics, and the page, which itself holds no data.
bool is_open(route where);

/// What a question about rows says.
struct row_question {
  item_filter filter;
  std::int64_t limit = 500;
  std::int64_t offset = 0;
  std::optional<moment> as_of{};
  bool with_origins = false;
  std::string cursor{}; ///< as it was given; empty: none
};

/// Reads the parameters of the inventory and of its stream. limit and offset out of range are normalised in
/// silence, as upstream does, and empty parameters count as absent; whatever is malformed is 400.
answer_of<row_question> read_row_question(std::string_view query, const routed& where,
                                          const list_bounds& bounds, const filter_limits& filters = {});

/// What a question about changes says: filter, and where they begin.
struct change_question {
  item_filter filter;
  std::string since{}; ///< empty: from now on
};

/// Last-Event-ID wins over since, as a client that comes back asks with both.
answer_of<change_question> read_change_question(std::string_view query, std::string_view last_event_id,
                                                const filter_limits& filters = {});

/// limit and offset of the other lists.
struct list_question {
  std::int64_t limit = 500;
  std::int64_t offset = 0;
};

answer_of<list_question> read_list_question(std::string_view query, const list_bounds& bounds);

/// 400 for any parameter.
answer_of<void> read_no_question(std::string_view query);

} // namespace kollect::consumer

#endif

#include "exercises.hpp"

#include <suite/message_facts.hpp>

namespace kollect::conformance::exercises::sink {

namespace {

constexpr int row_count = 9;
constexpr std::size_t row_bytes = 300;

/// Each under another exportedAt, so that no stream takes one for a duplicate of another.
result<const observed_export*> publish_limited(session& now, const std::string& namespace_,
                                               const char* instant, std::size_t limit, bool is_over) {
  auto request = make_request(namespace_, "all", make_rows(make_bulky_rows(row_count, row_bytes)));
  request.exported_at = instant; // the same size each time
  request.max_export_bytes = limit;
  return is_over ? now.publish_large(request) : now.publish(request);
}

} // namespace

result<void> split(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto whole = publish_limited(now, "team-0", "2026-01-15T12:00:00.1Z", 0, false);
  if (!whole)
    return whole.error();
  if ((*whole)->messages.empty())
    return {}; // there is nothing to measure: ENV-01
  // The sink chooses the form, so its own payload tells what fits.
  const auto facts = take_apart((*whole)->messages.front());
  if (!facts.payload)
    return {}; // ENV-02
  const auto size = facts.payload->raw.size();
  if (const auto fits = publish_limited(now, "team-1", "2026-01-15T12:00:00.2Z", size, false); !fits)
    return fits.error();
  if (const auto over = publish_limited(now, "team-2", "2026-01-15T12:00:00.3Z", size - 1, true); !over)
    return over.error();
  if (const auto thirds = publish_limited(now, "team-3", "2026-01-15T12:00:00.4Z", size / 3, true); !thirds)
    return thirds.error();
  auto oversized = make_bulky_rows(row_count, row_bytes);
  oversized.push_back(make_row("giant", R"({"text":")" + std::string(4000, 'x') + R"("})"));
  auto request = make_request("team-4", "all", make_rows(oversized));
  request.max_export_bytes = 2000;
  if (const auto asked = now.publish_large(request); !asked)
    return asked.error();
  return {};
}

result<void> too_large(session& now) {
  constexpr std::size_t limit = 20'000;
  const auto where = now.make_place(
      {.topic = {{"max.message.bytes", std::to_string(limit)}}, .stream = {{"max_msg_size", limit}}});
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto small =
      now.publish(make_request("team-0", "all", make_rows({make_row("api"), make_row("web")})));
  if (!small)
    return small.error();
  const auto asked = now.publish_large(make_request("team-1", "all", make_rows(make_bulky_rows(60, 1000))));
  if (!asked)
    return asked.error();
  return {};
}

/// Over 1 MiB, and well below what the broker takes; 1.2 MiB also, as it is over the limit of some clients
/// but not of others.
result<void> large(session& now) {
  constexpr std::size_t limit = 8UL * 1024 * 1024, row = 16UL * 1024;
  const auto where = now.make_place({.topic = {{"max.message.bytes", std::to_string(limit)}}});
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto small =
      now.publish(make_request("team-0", "all", make_rows({make_row("api"), make_row("web")})));
  if (!small)
    return small.error();
  int number = 0;
  for (const int rows : {32, 76, 200}) {
    const auto namespace_ = "team-" + std::to_string(++number);
    const auto asked =
        now.publish_large(make_request(namespace_, "all", make_rows(make_bulky_rows(rows, row))));
    if (!asked)
      return asked.error();
  }
  return {};
}

} // namespace kollect::conformance::exercises::sink

#include "exercises.hpp"

#include <suite/message_facts.hpp>

namespace kollect::conformance::cases {

namespace {

constexpr int row_count = 9;
constexpr std::size_t row_bytes = 300;

result<const observed_export*> publish_limited(session& now, const std::string& namespace_,
                                               std::size_t limit) {
  auto request = make_request(namespace_, "all", make_rows(make_bulky_rows(row_count, row_bytes)));
  request.exported_at = "2026-01-15T12:00:00.5Z"; // the same size each time
  request.max_export_bytes = limit;
  return now.publish(request);
}

} // namespace

result<void> split(session& now) {
  const auto where = now.make_place();
  if (!where)
    return where.error();
  if (auto open = now.open(*where); !open)
    return open;
  const auto whole = publish_limited(now, "team-0", 0);
  if (!whole)
    return whole.error();
  if ((*whole)->messages.empty())
    return make_failure(error::not_acknowledged, "the sink published nothing to measure");
  // The sink chooses the form, so its own payload tells what fits.
  const auto facts = take_apart((*whole)->messages.front());
  if (facts.payload == nullptr)
    return make_failure(error::not_acknowledged, "the sink's message has no payload to measure");
  const auto size = facts.payload->raw.size();
  for (const auto& [namespace_, limit] :
       {std::pair<const char*, std::size_t>{"team-1", size}, {"team-2", size - 1}, {"team-3", size / 3}})
    if (const auto published = publish_limited(now, namespace_, limit); !published)
      return published.error();
  auto oversized = make_bulky_rows(row_count, row_bytes);
  oversized.push_back(make_row("giant", R"({"text":")" + std::string(4000, 'x') + R"("})"));
  auto request = make_request("team-4", "all", make_rows(oversized));
  request.max_export_bytes = 2000;
  if (const auto asked = now.try_publish(request); !asked)
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
  const auto small = now.publish(make_request("team-0", "all", make_rows({make_row("api")})));
  if (!small)
    return small.error();
  const auto asked = now.try_publish(make_request("team-1", "all", make_rows(make_bulky_rows(60, 1000))));
  if (!asked)
    return asked.error();
  return {};
}

} // namespace kollect::conformance::cases

#include "read_api/change_pages.hpp"

#include "feed/feed_format.hpp"
#include "read_api/event_text.hpp"
#include "read_api/store_readers.hpp"

#include <chrono>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::int64_t changes_at_once = 500;

bool holds_for_text(const item_filter& filter, const std::string& item) {
  const auto row = view_row(item);
  return row && holds(filter, *row);
}

std::size_t size_of_rows(const feed_entry& entry) {
  return entry.before.size() + entry.after.size() + entry.changed_paths_json.size();
}

answer_of<std::int64_t> cursor_at(store_reader& source, const history_place& place, std::int64_t last) {
  if (place.when) {
    if (last == 0)
      return refusal{410, "this store holds no snapshot yet: nothing is known of any time"};
    auto found = find_change_at(*place.when, last, [&](std::int64_t after, std::int64_t limit) {
      return source.changes_after(after, limit);
    });
    if (!found)
      return found.error();
    return found->cursor;
  }
  auto asked = read_place(place.cursor);
  if (!asked)
    return asked.error();
  auto id = source.store_id();
  if (!id)
    return store_is_away(id.error());
  auto first = source.changes_after(0, 1);
  if (!first)
    return store_is_away(first.error());
  return begin_after(*asked, *id, first->empty() ? 0 : first->front().cursor, last);
}

} // namespace

bool holds(const item_filter& filter, const feed_entry& entry) {
  if (!holds(filter, entry.scope))
    return false;
  return !looks_at_rows(filter) || entry.kind == "snapshot" || holds_for_text(filter, entry.after) ||
         holds_for_text(filter, entry.before);
}

answer_of<cursor_span> find_span(store_reader& source, const history_place& from, const history_place& to) {
  auto last = source.last_cursor();
  if (!last)
    return store_is_away(last.error());
  cursor_span out{0, *last, *last};
  if (from.is_given()) {
    auto after = cursor_at(source, from, *last);
    if (!after)
      return after.error();
    out.after = *after;
  }
  if (to.is_given()) {
    auto up_to = cursor_at(source, to, *last);
    if (!up_to)
      return up_to.error();
    out.up_to = *up_to;
  }
  return out;
}

answer_of<change_page> read_change_page(store_reader& source, const cursor_span& span, std::int64_t limit,
                                        const page_limits& limits,
                                        const std::function<bool(const feed_entry&)>& is_wanted) {
  const auto deadline = std::chrono::steady_clock::now() + limits.longest / 2;
  change_page out{{}, 0, span.last};
  std::size_t bytes = 0;
  std::int64_t looked_at = 0;
  for (auto cursor = span.after; cursor < span.up_to;) {
    auto entries = source.changes_after(cursor, changes_at_once);
    if (!entries)
      return store_is_away(entries.error());
    if (entries->empty())
      return out;
    for (auto& entry : *entries) {
      if (entry.cursor > span.up_to)
        return out;
      if (is_wanted(entry)) {
        bytes += size_of_rows(entry);
        if (std::ssize(out.entries) == limit || (bytes > limits.bytes && !out.entries.empty())) {
          out.next_after = cursor;
          return out;
        }
        out.entries.push_back(std::move(entry));
      }
      cursor = entry.cursor;
    }
    looked_at += std::ssize(*entries);
    if (looked_at >= limits.as_of_changes || std::chrono::steady_clock::now() > deadline) {
      out.next_after = cursor < span.up_to ? cursor : 0;
      return out;
    }
  }
  return out;
}

answer_of<change_page> read_change_page(store_reader& source, const span_question& asked,
                                        const page_limits& limits) {
  return answer_at_once(source, [&]() -> answer_of<change_page> {
    auto span = find_span(source, asked.from, asked.to);
    if (!span)
      return span.error();
    return read_change_page(source, *span, asked.limit, limits,
                            [&](const feed_entry& entry) { return holds(asked.filter, entry); });
  });
}

std::string format_changes(const change_page& page, const span_question& asked,
                           const store_signals& signals) {
  std::string text;
  json_writer out(text);
  begin_answer(out).name("changes").begin_array();
  for (const auto& entry : page.entries)
    out.raw(feed_json(entry, signals.store_id));
  out.end_array().name("pagination").begin_object().member("limit", asked.limit).name("next");
  page.next_after == 0 ? out.value(nullptr) : out.value(change_place(signals.store_id, page.next_after));
  out.end_object();
  write_signals(out, signals, page.last_cursor).end_object();
  return text;
}

} // namespace kollect::consumer

#include "read_api/item_history.hpp"

#include "feed/feed_format.hpp"
#include "read_api/store_readers.hpp"

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

/// What an object is called by, whatever its uid.
struct object_name {
  std::string group;
  std::string kind;
  std::string namespace_;
  std::string name;

  friend bool operator==(const object_name&, const object_name&) = default;
};

object_name name_of(const item_view& row) {
  return {row.group.decode(), row.kind.decode(), row.namespace_.decode(), row.name.decode()};
}

item_filter filter_of(const std::string& cluster, text_condition item_filter::*field,
                      const std::string& text) {
  item_filter out;
  out.cluster.wanted = {exactly(cluster)};
  (out.*field).wanted = {exactly(text)};
  return out;
}

/// The row that a change told of.
std::optional<item_view> row_of(const feed_entry& entry) {
  return view_row(entry.after.empty() ? entry.before : entry.after);
}

/// Collects who else has had a name.
class namesake_search {
public:
  namesake_search(const object_name& name, const std::string& uid) : name_(name), uid_(uid) {}

  void add(const item_view& row, const timestamp& seen_at, bool is_present) {
    if (row.uid == uid_ || name_of(row) != name_)
      return;
    auto& found =
        found_.try_emplace(row.uid.decode(), namesake{row.uid.decode(), seen_at, false}).first->second;
    found.seen_at = std::max(found.seen_at, seen_at);
    found.is_present = found.is_present || is_present;
  }

  std::vector<namesake> take() {
    std::vector<namesake> out;
    for (auto& [uid, one] : found_)
      out.push_back(std::move(one));
    return out;
  }

private:
  const object_name& name_;
  const std::string& uid_;
  std::map<std::string, namesake> found_;
};

answer_of<void> find_now(store_reader& source, const history_question& asked, const page_limits& limits,
                         item_history& out) {
  const auto filter = filter_of(asked.cluster, &item_filter::uid, asked.uid);
  auto rows = row_selection::open(source, filter, {}, limits);
  if (!rows)
    return rows.error();
  auto done = rows->for_each({}, row_selection::rows_at_once, true, [&](shown_row& row) {
    out.now.push_back(std::move(row));
    return std::ssize(out.now) < asked.limit;
  });
  out.all_scopes = rows->all_scopes();
  return done;
}

answer_of<void> find_namesakes(store_reader& source, const history_question& asked, const cursor_span& span,
                               const page_limits& limits, const object_name& name, item_history& out) {
  namesake_search search(name, asked.uid);
  const auto of_history = filter_of(asked.cluster, &item_filter::name, name.name);
  // Entries are looked at and not kept.
  auto read = read_change_page(source, span, asked.limit, limits, [&](const feed_entry& entry) {
    if (entry.kind == "snapshot" || !holds(of_history, entry))
      return false;
    if (const auto row = row_of(entry))
      search.add(*row, entry.exported_at, false);
    return false;
  });
  if (!read)
    return read.error();
  auto rows = row_selection::open(source, of_history, {}, limits);
  if (!rows)
    return rows.error();
  auto done = rows->for_each({}, row_selection::rows_at_once, true, [&](const shown_row& row) {
    if (const auto view = view_row(row.item))
      search.add(*view, row.from->exported_at, true);
    return true;
  });
  out.namesakes = search.take();
  return done;
}

answer_of<item_history> read_at_a_moment(store_reader& source, const history_question& asked,
                                         const page_limits& limits) {
  auto span = find_span(source, asked.from, asked.to);
  if (!span)
    return span.error();
  item_history out;
  if (auto found = find_now(source, asked, limits, out); !found)
    return found.error();
  const auto of_it = filter_of(asked.cluster, &item_filter::uid, asked.uid);
  auto versions = read_change_page(source, *span, asked.limit, limits, [&](const feed_entry& entry) {
    return entry.kind != "snapshot" && holds(of_it, entry);
  });
  if (!versions)
    return versions.error();
  out.versions = std::move(*versions);
  const auto& entries = out.versions.entries;
  const auto last = !out.now.empty()  ? view_row(out.now.back().item)
                    : entries.empty() ? std::nullopt
                                      : row_of(entries.back());
  if (!last && out.versions.next_after == 0)
    return refusal{404, "no object of this cluster has this uid, now or in the history that is kept"};
  if (last && asked.from.cursor.empty())
    if (auto found = find_namesakes(source, asked, *span, limits, name_of(*last), out); !found)
      return found.error();
  return out;
}

} // namespace

answer_of<history_question> read_history_question(std::string_view query, std::string cluster,
                                                  std::string uid) {
  auto span = read_unfiltered_span(query);
  if (!span)
    return span.error();
  return history_question{std::move(cluster), std::move(uid), std::move(span->from), std::move(span->to),
                          span->limit};
}

answer_of<item_history> read_item_history(store_reader& source, const history_question& asked,
                                          const page_limits& limits) {
  return answer_at_once(source, [&] { return read_at_a_moment(source, asked, limits); });
}

std::string format_history(const item_history& history, const history_question& asked,
                           const store_signals& signals) {
  std::string text;
  json_writer out(text);
  begin_answer(out)
      .member("cluster", asked.cluster)
      .member("uid", asked.uid)
      .member("present", !history.now.empty())
      .name("versions")
      .begin_array();
  for (const auto& entry : history.versions.entries)
    out.raw(feed_json(entry, signals.store_id));
  out.end_array().name("namesakes").begin_array();
  for (const auto& one : history.namesakes)
    out.begin_object()
        .member("uid", one.uid)
        .member("seenAt", to_string(one.seen_at))
        .member("present", one.is_present)
        .end_object();
  out.end_array().name("pagination").begin_object().member("limit", asked.limit).name("next");
  const auto next = history.versions.next_after;
  next == 0 ? out.value(nullptr) : out.value(change_place(signals.store_id, next));
  out.end_object();
  write_signals(out, signals, history.versions.last_cursor).end_object();
  return text;
}

} // namespace kollect::consumer

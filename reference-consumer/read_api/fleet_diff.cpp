#include "read_api/fleet_diff.hpp"

#include "read_api/store_readers.hpp"

#include <kollect/diff.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace kollect::consumer {
namespace {

/// What a cursor holds for.
std::string asked_text(const span_question& asked) {
  const auto text = [](const history_place& place) {
    return place.when ? to_string(*place.when) : std::string();
  };
  return "diff " + text_of(asked.filter) + text(asked.from) + " " + text(asked.to) +
         (asked.by == moment_of::snapshot ? " by snapshot" : "");
}

/// Both ends of a diff.
struct both_ends {
  row_selection from;
  row_selection to;
};

/// Rows of one identity that are shown: by cluster, or by scope where one inventory is asked for.
using shown_by_scope = std::map<scope, shown_row>;

shown_by_scope by_scope(const row_selection& rows, const row_identity& identity,
                        std::vector<stored_row> now) {
  shown_by_scope out;
  for (auto& row : rows.shown_and_fitting(rows.as_it_was(identity, std::move(now)))) {
    const auto& which = row.from->scope;
    out.emplace(rows.is_distinct() ? scope{which.cluster, {}, {}} : which, std::move(row));
  }
  return out;
}

/// The differences of one identity.
std::vector<item_difference> differences_of(const both_ends& ends, const row_identity& identity,
                                            const std::vector<stored_row>& now) {
  auto before = by_scope(ends.from, identity, now);
  auto after = by_scope(ends.to, identity, now);
  std::vector<item_difference> out;
  for (auto& [which, row] : before) {
    const auto found = after.find(which);
    if (found == after.end())
      out.push_back({"removed", identity, row.from->scope, std::move(row.item), {}});
    else if (found->second.item != row.item)
      out.push_back({"changed", identity, found->second.from->scope, std::move(row.item),
                     std::move(found->second.item)});
  }
  for (auto& [which, row] : after)
    if (!before.contains(which))
      out.push_back({"added", identity, row.from->scope, {}, std::move(row.item)});
  std::sort(out.begin(), out.end(),
            [](const auto& left, const auto& right) { return left.from < right.from; });
  return out;
}

void count(difference_counts& counts, const item_difference& one) {
  ++(one.kind == "added" ? counts.added : one.kind == "changed" ? counts.changed : counts.removed);
}

/// Fills one page, and counts on to the end where it is the first.
class diff_reader {
public:
  diff_reader(const both_ends& ends, const span_question& asked, const page_limits& limits)
      : ends_(ends), asked_(asked), limits_(limits),
        deadline_(std::chrono::steady_clock::now() + limits.longest) {}

  answer_of<void> read(fleet_diff& out, const std::optional<page_place>& after) {
    const auto& touched = ends_.from.past()->rows;
    auto at = after ? touched.lower_bound(after->identity) : touched.begin();
    for (; at != touched.end() && (out.summary || !is_full_); ++at) {
      if (std::chrono::steady_clock::now() > deadline_)
        return refusal{503, "this takes longer than --query-timeout allows: ask for less"};
      auto now = ends_.from.rows_now(at->first);
      if (!now)
        return now.error();
      for (auto& one : differences_of(ends_, at->first, *now))
        if (!after || one.identity != after->identity || after->which < one.from)
          add(out, std::move(one));
    }
    return {};
  }

  bool is_full() const { return is_full_; }

private:
  void add(fleet_diff& out, item_difference one) {
    if (out.summary)
      count(*out.summary, one);
    bytes_ += is_full_ ? 0 : one.before.size() + one.after.size();
    is_full_ =
        is_full_ || std::ssize(out.items) == asked_.limit || (bytes_ > limits_.bytes && !out.items.empty());
    if (!is_full_)
      out.items.push_back(std::move(one));
  }

  const both_ends& ends_;
  const span_question& asked_;
  const page_limits& limits_;
  std::chrono::steady_clock::time_point deadline_;
  std::size_t bytes_ = 0;
  bool is_full_ = false;
};

std::optional<moment> moment_at(const history_place& place, moment_of by) {
  return place.when ? std::optional(moment{*place.when, by}) : std::nullopt;
}

answer_of<fleet_diff> read_at_a_moment(store_reader& source, const span_question& asked,
                                       const page_limits& limits) {
  auto key = source.signing_key();
  if (!key)
    return store_is_away(key.error());
  auto last = source.last_cursor();
  if (!last)
    return store_is_away(last.error());
  std::optional<page_place> after;
  if (!asked.cursor.empty()) {
    auto place = read_page_cursor(asked.cursor, asked_text(asked), *key);
    if (!place)
      return place.error();
    after = std::move(*place);
  }
  auto from = row_selection::open(source, asked.filter, moment_at(asked.from, asked.by), limits);
  if (!from)
    return from.error();
  auto to = row_selection::open(source, asked.filter, moment_at(asked.to, asked.by), limits);
  if (!to)
    return to.error();
  const both_ends ends{std::move(*from), std::move(*to)};
  fleet_diff out;
  out.last_cursor = *last;
  if (!after)
    out.summary.emplace();
  diff_reader reader(ends, asked, limits);
  if (auto read = reader.read(out, after); !read)
    return read.error();
  if (reader.is_full())
    out.next = write_page_cursor({out.items.back().identity, out.items.back().from}, asked_text(asked), *key)
                   .value_or(std::string());
  return out;
}

} // namespace

answer_of<fleet_diff> read_fleet_diff(store_reader& source, const span_question& asked,
                                      const page_limits& limits) {
  return answer_at_once(source, [&] { return read_at_a_moment(source, asked, limits); });
}

void write_difference(json_writer& out, const item_difference& one) {
  const auto raw_or_null = [](const std::string& text) {
    return text.empty() ? std::string_view("null") : text;
  };
  out.begin_object()
      .member("kind", one.kind)
      .member("cluster", one.from.cluster)
      .member("namespace", one.from.namespace_)
      .member("inventory", one.from.inventory)
      .name("before")
      .raw(raw_or_null(one.before))
      .name("after")
      .raw(raw_or_null(one.after))
      .name("changedPaths");
  const auto paths =
      one.kind == "changed" ? changed_paths(one.before, one.after) : std::vector<std::string>();
  if (one.kind != "changed" || !paths) {
    out.value(nullptr).end_object();
    return;
  }
  out.begin_array();
  for (const auto& path : *paths)
    out.value(path);
  out.end_array().end_object();
}

std::string format_diff(const fleet_diff& diff, const span_question& asked, const store_signals& signals) {
  std::string text;
  json_writer out(text);
  begin_answer(out);
  if (diff.summary)
    out.name("summary")
        .begin_object()
        .member("added", diff.summary->added)
        .member("changed", diff.summary->changed)
        .member("removed", diff.summary->removed)
        .end_object();
  out.name("items").begin_array();
  for (const auto& one : diff.items)
    write_difference(out, one);
  out.end_array().name("pagination").begin_object().member("limit", asked.limit).name("next");
  diff.next.empty() ? out.value(nullptr) : out.value(diff.next);
  out.end_object();
  write_signals(out, signals, diff.last_cursor).end_object();
  return text;
}

} // namespace kollect::consumer

#include "read_api/item_page.hpp"

#include "read_api/sorted_rows.hpp"
#include "read_api/store_readers.hpp"

#include <kollect/json_writer.hpp>

#include <algorithm>
#include <utility>

namespace kollect::consumer {
namespace {

/// What a cursor holds for: filter, moment and order. Not the columns: another choice of them is the same
/// page.
std::string asked_text(const item_question& asked) {
  std::string out = "items " + text_of(asked.filter) + (asked.as_of ? to_string(*asked.as_of) : "");
  for (const auto& [column, is_descending] : asked.sort)
    out.append(is_descending ? " -" : " ").append(column.text);
  return out;
}

answer_of<row_page> read_sorted(store_reader& source, const item_question& asked,
                                const std::optional<page_place>& after, const page_limits& limits) {
  auto rows = row_selection::open(source, asked.filter, asked.as_of, limits);
  if (!rows)
    return rows.error();
  auto cursor = source.last_cursor();
  if (!cursor)
    return store_is_away(cursor.error());
  row_page page;
  page.change_cursor = rows->past() ? rows->past()->cursor : *cursor;
  sorted_rows sorted(asked.sort, after, static_cast<std::size_t>(asked.limit), limits.bytes);
  auto done = rows->for_each({}, row_selection::rows_at_once, true, [&](shown_row& row) {
    sorted.add(std::move(row));
    return true;
  });
  if (!done)
    return done.error();
  page.total = sorted.seen();
  page.has_more = sorted.has_more();
  page.rows = sorted.take();
  page.all_scopes = rows->all_scopes();
  page.scopes = rows->scopes();
  return page;
}

answer_of<item_page> read_at_a_moment(store_reader& source, const item_question& asked,
                                      const page_limits& limits, row_totals& totals) {
  auto key = source.signing_key();
  if (!key)
    return store_is_away(key.error());
  const auto question = asked_text(asked);
  std::optional<page_place> after;
  if (!asked.cursor.empty()) {
    auto place = read_page_cursor(asked.cursor, question, *key);
    if (!place)
      return place.error();
    after = std::move(*place);
  }
  auto page = asked.sort.empty() ? read_row_page_within(source,
                                                        page_request{asked.filter, asked.limit, 0, after,
                                                                     asked.as_of, true, asked.with_total},
                                                        limits, totals)
                                 : read_sorted(source, asked, after, limits);
  if (!page)
    return page.error();
  item_page out{std::move(*page), {}};
  if (!out.rows.has_more)
    return out;
  const auto& last = out.rows.rows.back();
  auto next = write_page_cursor(
      {last.identity, last.from->scope, asked.sort.empty() ? "" : sort_key_of(asked.sort, last)}, question,
      *key);
  if (!next)
    return refusal{500, "the names of an item are so long that no cursor has room for them: ask for it by "
                        "other filters"};
  out.next = std::move(*next);
  return out;
}

void write_field(json_writer& out, const item_column& column, const item_place& item) {
  const auto values = values_of(column, item);
  const bool is_list = std::any_of(column.path.begin(), column.path.end(),
                                   [](const path_segment& step) { return step.is_any; });
  out.name(column.text);
  if (!is_list) {
    out.raw(values.empty() ? std::string_view("null") : std::string_view(values.front()));
    return;
  }
  out.begin_array();
  for (const auto& value : values)
    out.raw(value);
  out.end_array();
}

} // namespace

namespace {

/// Whether the cluster of a row is stale, where that is asked for.
std::optional<bool> staleness_of(const shown_row& row, const item_page& page, const item_question& asked,
                                 const store_signals& signals) {
  const auto seen = page.rows.all_scopes->last_seen().find(row.from->scope.cluster);
  if (!asked.with_stale || seen == page.rows.all_scopes->last_seen().end())
    return {};
  return is_stale(seen->second, signals.now, signals.stale_after);
}

void write_item(json_writer& out, const shown_row& row, const item_page& page, const item_question& asked,
                const store_signals& signals) {
  const auto stale = staleness_of(row, page, asked, signals);
  asked.fields.empty() ? write_shown_row(out, row, stale) : write_columns(out, asked.fields, row, stale);
}

std::string csv_of(const item_page& page, const item_question& asked, const store_signals& signals) {
  const auto columns = asked.fields.empty() ? parse_columns(usual_columns).value() : asked.fields;
  auto heads = heads_of(columns);
  if (asked.with_stale)
    heads.emplace_back("stale");
  auto out = csv_line(heads);
  for (const auto& row : page.rows.rows) {
    auto cells = csv_cells_of(columns, row);
    if (const auto stale = staleness_of(row, page, asked, signals))
      cells.emplace_back(*stale ? "true" : "false");
    out += csv_line(cells);
  }
  return out;
}

} // namespace

void write_columns(json_writer& out, const std::vector<item_column>& fields, const shown_row& row,
                   std::optional<bool> stale) {
  out.begin_object();
  const auto view = view_row(row.item).value_or(item_view{});
  for (const auto& column : fields)
    write_field(out, column, {row.from->scope, row.from->exported_at, view});
  if (stale)
    out.member("stale", *stale);
  out.end_object();
}

void write_shown_row(json_writer& out, const shown_row& row, std::optional<bool> stale) {
  write_origin_members(out.begin_object(), row);
  if (stale)
    out.member("stale", *stale);
  out.name("item").raw(row.item).end_object();
}

answer_of<item_page> read_item_page(store_reader& source, const item_question& asked,
                                    const page_limits& limits, row_totals& totals) {
  return answer_at_once(source, [&] { return read_at_a_moment(source, asked, limits, totals); });
}

std::string format_items(const item_page& page, const item_question& asked, const store_signals& signals) {
  std::string text;
  json_writer out(text);
  begin_answer(out).name("items").begin_array();
  for (const auto& row : page.rows.rows)
    write_item(out, row, page, asked, signals);
  out.end_array().name("pagination").begin_object().member("limit", asked.limit);
  out.name("next");
  page.next.empty() ? out.value(nullptr) : out.value(page.next);
  if (asked.with_total)
    out.member("total", page.rows.total);
  out.end_object();
  write_stale_clusters(out, page.rows.rows, page.rows.all_scopes->last_seen(), signals);
  write_signals(out, signals, page.rows.change_cursor);
  write_moment(out, asked.as_of);
  out.end_object();
  return text;
}

std::string write_items(const item_page& page, const item_question& asked, item_form form,
                        const store_signals& signals) {
  if (form == item_form::csv)
    return csv_of(page, asked, signals);
  std::string out;
  for (const auto& row : page.rows.rows) {
    std::string line;
    json_writer writer(line);
    write_item(writer, row, page, asked, signals);
    out += line + "\n";
  }
  return out;
}

} // namespace kollect::consumer

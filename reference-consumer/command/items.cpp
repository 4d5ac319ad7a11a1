// Commands that ask about items as the read API is asked: items, facets, history and diff.
#include "command/commands.hpp"
#include "command/filter_flags.hpp"
#include "command/flush_output.hpp"
#include "command/item_table.hpp"
#include "command/open_store.hpp"
#include "feed/feed_format.hpp"
#include "read_api/facets.hpp"
#include "read_api/fleet_diff.hpp"
#include "read_api/item_history.hpp"
#include "read_api/item_page.hpp"
#include "read_api/item_text.hpp"

#include <program/exit_code.hpp>
#include <program/printable.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

namespace kollect::consumer {
namespace {

// items

struct items_flags {
  store_flags store;
  filter_flags filter;
  moment_flags moment;
  std::string sort{};
  std::string fields{};
  std::optional<std::int64_t> limit; ///< absent: all
  std::string output = "table";
};

constexpr std::string_view wide_columns =
    "cluster,namespace,inventory,target,group,version,kind,itemNamespace,name,uid,exportedAt";

/// Prints items one after the other, as it was asked for.
class item_printer {
public:
  item_printer(const std::string& output, std::vector<item_column> columns, bool has_fields)
      : output_(output), columns_(std::move(columns)), has_fields_(has_fields), table_(heads_of(columns_)) {
    if (output_ == "csv")
      std::cout << csv_line(heads_of(columns_));
  }

  void print(const shown_row& row) {
    if (output_ == "table" || output_ == "wide") {
      table_.add(cells_of(columns_, row));
      if (constexpr std::size_t aligned_at_once = 1'000; table_.size() == aligned_at_once)
        table_.print(std::cout);
      return;
    }
    if (output_ == "csv") {
      std::cout << csv_line(csv_cells_of(columns_, row));
      return;
    }
    std::string text;
    json_writer writer(text);
    has_fields_ ? write_columns(writer, columns_, row) : write_shown_row(writer, row);
    const auto line = program::printable_json(text);
    if (output_ == "json")
      std::cout << (is_first_ ? "[\n" : ",\n") << line;
    else
      std::cout << (output_ == "yaml" ? "- " : "") << line << '\n'; // JSON is YAML
    is_first_ = false;
  }

  void finish() {
    if (output_ == "table" || output_ == "wide")
      table_.print(std::cout);
    else if (output_ == "json")
      std::cout << (is_first_ ? "[]\n" : "\n]\n");
    else if (output_ == "yaml" && is_first_)
      std::cout << "[]\n";
  }

private:
  std::string output_;
  std::vector<item_column> columns_;
  bool has_fields_;
  text_table table_;
  bool is_first_ = true;
};

result<item_question> question_of(const items_flags& flags) {
  auto filter = read_filter(flags.filter);
  if (!filter)
    return filter.error();
  item_question out{std::move(*filter), moment_of_flags(flags.moment)};
  auto sort = read_sort_columns(flags.sort);
  if (!sort)
    return sort.error();
  out.sort = std::move(*sort);
  if (!flags.fields.empty()) {
    auto fields = parse_columns(flags.fields);
    if (!fields)
      return fields.error();
    out.fields = std::move(*fields);
  }
  return out;
}

result<int> items(const items_flags& flags) {
  auto asked = question_of(flags);
  if (!asked)
    return asked.error();
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  const bool has_fields = !asked->fields.empty();
  auto columns = has_fields ? asked->fields
                            : parse_columns(flags.output == "wide" ? wide_columns : usual_columns).value();
  item_printer printer(flags.output, std::move(columns), has_fields);
  row_totals totals;
  for (auto left = flags.limit.value_or(std::numeric_limits<std::int64_t>::max()); left > 0;) {
    constexpr std::int64_t most_at_once = 5'000;
    asked->limit = std::min(left, most_at_once);
    auto page = read_item_page(**opened, *asked, limits_of_commands(), totals);
    if (!page)
      return failure_of(page.error());
    for (const auto& row : page->rows.rows)
      printer.print(row);
    left -= std::ssize(page->rows.rows);
    asked->cursor = page->next;
    if (asked->cursor.empty())
      break;
  }
  printer.finish();
  return flush_output(program::success);
}

// facets

struct facets_flags {
  store_flags store;
  filter_flags filter;
  moment_flags moment;
  std::string by = "kind";
  std::int64_t limit = 100;
  std::size_t max_values = 1'000'000;
  std::string output = "table";
};

result<int> facets(const facets_flags& flags) {
  auto filter = read_filter(flags.filter);
  if (!filter)
    return filter.error();
  auto by = parse_columns(flags.by);
  if (!by)
    return by.error();
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  const facet_question asked{std::move(*filter), moment_of_flags(flags.moment), std::move(*by), flags.limit};
  auto page = read_facets(**opened, asked, limits_of_commands(), flags.max_values);
  if (!page)
    return failure_of(page.error());
  text_table table({"by", "value", "count"});
  for (const auto& one : page->facets) {
    for (const auto& [value, count] : one.values)
      table.add({one.by, scalar_text(value).value_or(value), std::to_string(count)});
    if (one.missing > 0)
      table.add({one.by, "(none)", std::to_string(one.missing)});
  }
  if (flags.output == "table") {
    table.print(std::cout);
  } else {
    std::string text;
    json_writer out(text);
    out.begin_object().member("items", page->items).name("facets").begin_array();
    for (const auto& one : page->facets)
      write_facet(out, one);
    out.end_array().end_object();
    std::cout << program::printable_json(text) << '\n';
  }
  return flush_output(program::success);
}

// history

struct history_flags {
  store_flags store;
  std::string cluster;
  std::string uid;
  std::string output = "text";
};

result<int> history(const history_flags& flags) {
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  auto id = (*opened)->store_id();
  if (!id)
    return id.error();
  history_question asked{flags.cluster, flags.uid};
  for (bool is_first = true;; is_first = false) {
    auto page = read_item_history(**opened, asked, limits_of_commands());
    if (!page)
      return failure_of(page.error());
    for (const auto& entry : page->versions.entries) {
      if (flags.output == "json")
        std::cout << program::printable_json(feed_json(entry, *id)) << '\n';
      else
        std::cout << to_string(entry.applied_at) << ' ' << program::printable_json(feed_text(entry)) << '\n';
    }
    if (is_first && flags.output == "text")
      for (const auto& one : page->namesakes)
        std::cout << "  the same name had " << program::printable(one.uid) << ", seen "
                  << to_string(one.seen_at) << (one.is_present ? ", which is there now" : "") << '\n';
    if (page->versions.next_after == 0)
      return flush_output(program::success);
    asked.from.cursor = std::to_string(page->versions.next_after);
  }
}

// diff

struct diff_flags {
  store_flags store;
  filter_flags filter;
  std::optional<timestamp> from;
  std::optional<timestamp> to;
  std::string by = "commit";
  std::string output = "text";
};

std::string text_of(const item_difference& one) {
  const std::string_view sign = one.kind == "added" ? "+ " : one.kind == "removed" ? "- " : "~ ";
  const auto view = view_row(one.after.empty() ? one.before : one.after).value_or(item_view{});
  return std::string(sign) + program::printable(one.from.cluster + " " + view.kind.decode() + " " +
                                                one.identity.namespace_ + "/" + one.identity.name);
}

result<int> diff(const diff_flags& flags) {
  auto filter = read_filter(flags.filter);
  if (!filter)
    return filter.error();
  auto opened = open_reader(flags.store);
  if (!opened)
    return opened.error();
  span_question asked{std::move(*filter), {flags.from, {}}, {flags.to, {}}};
  asked.by = flags.by == "snapshot" ? moment_of::snapshot : moment_of::commit;
  if (flags.to && *flags.to < *flags.from)
    return make_failure(error::invalid_value, "--to is before --from");
  for (;;) {
    auto page = read_fleet_diff(**opened, asked, limits_of_commands());
    if (!page)
      return failure_of(page.error());
    for (const auto& one : page->items) {
      std::string text;
      json_writer out(text);
      write_difference(out, one);
      std::cout << (flags.output == "json" ? program::printable_json(text) : text_of(one)) << '\n';
    }
    if (page->summary && flags.output == "text")
      std::cerr << page->summary->added << " added, " << page->summary->changed << " changed, "
                << page->summary->removed << " removed\n";
    asked.cursor = page->next;
    if (asked.cursor.empty())
      return flush_output(program::success);
  }
}

} // namespace

void add_items(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<items_flags>();
  auto& added = to.add_command("items", "print items of the fleet, filtered and sorted");
  add_filter_words(added, flags->filter);
  add_store_flags(added, flags->store);
  added.section("What is printed");
  add_moment_flags(added, flags->moment);
  added.add("--sort", flags->sort, text("COLUMNS"), "columns with commas between, - before one that falls");
  added.add("--fields", flags->fields, text("COLUMNS"),
            "columns with commas between: cluster, kind, name, label:NAME, attr.PATH and the like");
  added.add("--limit", flags->limit, count(1), "end after this many items");
  added.add("-o,--output", flags->output, one_of({"table", "wide", "json", "ndjson", "csv", "yaml"}),
            "tables for people, the others for programs");
  added.shows("kollect-consumer items --store sqlite:state.db kind=Deployment 'attr.spec.replicas>=3'",
              "Which deployments have three replicas or more");
  added.does([flags](log&) { return items(*flags); });
}

void add_facets(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<facets_flags>();
  auto& added = to.add_command("facets", "count items by kind, cluster, label or attribute");
  add_filter_words(added, flags->filter);
  add_store_flags(added, flags->store);
  added.section("What is printed");
  add_moment_flags(added, flags->moment);
  added.add("--by", flags->by, text("COLUMNS"), "columns with commas between");
  added.add("--limit", flags->limit, count(1), "values of each column, the most frequent first");
  added.add("--max-facet-values", flags->max_values, count(1),
            "different values of a column that are counted");
  added.add("-o,--output", flags->output, one_of({"table", "json"}), "a table for people, json for programs");
  added.shows("kollect-consumer facets --store sqlite:state.db --by kind,cluster",
              "What the fleet is made of");
  added.does([flags](log&) { return facets(*flags); });
}

void add_history(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<history_flags>();
  auto& added = to.add_command("history", "print what happened to an object");
  added.add("CLUSTER", flags->cluster, text("CLUSTER"), "as its items have it").required();
  added.add("UID", flags->uid, text("UID"), "of the object").required();
  add_store_flags(added, flags->store);
  added.section("What is printed");
  added.add("-o,--output", flags->output, one_of({"json", "text"}), "json for programs, text for people");
  added.does([flags](log&) { return history(*flags); });
}

void add_diff(program::command& to) {
  using namespace program;
  auto flags = std::make_shared<diff_flags>();
  auto& added = to.add_command("diff", "print what two moments differ in");
  add_filter_words(added, flags->filter);
  add_store_flags(added, flags->store);
  added.section("What is printed");
  added.add("--from", flags->from, instant_kind{}, "the earlier moment").required();
  added.add("--to", flags->to, instant_kind{}, "the later one; now where it is not given");
  added.add("--as-of-by", flags->by, one_of({"commit", "snapshot"}),
            "whether these are times of commits or of snapshots");
  added.add("-o,--output", flags->output, one_of({"json", "text"}),
            "json, one item a line, for programs, text for people");
  added.does([flags](log&) { return diff(*flags); });
}

} // namespace kollect::consumer

#include "read_api/json_answers.hpp"

#include "read_api/change_pages.hpp"
#include "read_api/cluster_list.hpp"
#include "read_api/dead_letter_list.hpp"
#include "read_api/facets.hpp"
#include "read_api/fleet_diff.hpp"
#include "read_api/item_history.hpp"
#include "read_api/item_page.hpp"
#include "read_api/questions.hpp"

#include <utility>

namespace kollect::consumer {
namespace {

timestamp now() {
  return from_system_clock(std::chrono::system_clock::now());
}

answer_of<void> check_past(const std::optional<moment>& as_of) {
  if (as_of && now() < as_of->when)
    return refusal{404, "asOf is in the future: there is no such state yet"};
  return {};
}

answer_of<void> check_past(const history_place& place) {
  return check_past(place.when ? std::optional(moment{*place.when}) : std::nullopt);
}

} // namespace

answer_of<store_signals> json_answers::signals_of(store_reader& source) const {
  auto id = source.store_id();
  if (!id)
    return store_is_away(id.error());
  auto cursor = source.last_cursor();
  if (!cursor)
    return store_is_away(cursor.error());
  auto positions = source.positions();
  if (!positions)
    return store_is_away(positions.error());
  return store_signals{*id, *cursor, is_rebuilding(*positions), now(), settings_.stale_after};
}

answer_of<json_question> json_answers::question(const routed& where, std::string_view query,
                                                item_form form) const {
  switch (where.where) {
  case route::inventory:
    return inventory_question(where, query);
  case route::items:
    return items_question(query, form);
  case route::item:
    return item_question_of(where, query);
  case route::item_history:
    return history_question_of(where, query);
  case route::facets:
    return facets_question(query);
  case route::changes:
    return changes_question(query);
  case route::diff:
    return diff_question(query);
  case route::scopes:
    return scopes_question(query);
  case route::dead_letters:
    return dead_letters_question(query);
  case route::dead_letter:
    return dead_letter_question_of(where.id, query);
  case route::clusters:
    return clusters_question(query);
  case route::status:
    return status_question(query);
  default:
    return refusal{404, "there is nothing here"};
  }
}

answer_of<std::string> json_answers::inventory(store_reader& source, const row_question& question) const {
  auto key = source.signing_key();
  if (!key)
    return store_is_away(key.error());
  const auto asked_text = text_of(question.filter) + (question.as_of ? to_string(*question.as_of) : "");
  const bool may_be_short =
      !question.cursor.empty() || (question.offset == 0 && question.limit == page_request{}.limit);
  page_request asked{question.filter, question.limit, question.offset, {}, question.as_of, may_be_short};
  if (!question.cursor.empty()) {
    auto place = read_page_cursor(question.cursor, asked_text, *key);
    if (!place)
      return place.error();
    asked.after = std::move(*place);
  }
  auto page = read_row_page(source, asked, settings_.pages, totals_);
  if (!page)
    return page.error();
  auto signals = signals_of(source);
  if (!signals)
    return signals.error();
  if (page->has_more) // where rows are large, fewer of them fit than asked for
    asked.limit = static_cast<std::int64_t>(page->rows.size());
  inventory_options options{question.with_origins, {}};
  if (page->has_more && !page->rows.empty()) {
    const auto& last = page->rows.back();
    options.next_cursor = write_page_cursor({last.identity, last.from->scope}, asked_text, *key);
  }
  return format_inventory(*page, asked, *signals, options);
}

answer_of<json_question> json_answers::inventory_question(const routed& where, std::string_view query) const {
  auto question = read_row_question(query, where, {}, settings_.filters);
  if (!question)
    return question.error();
  if (auto checked = check_past(question->as_of); !checked)
    return checked.error();
  return json_question([this, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto body = inventory(source, asked);
    if (!body)
      return body.error();
    return text_answer(std::move(*body));
  });
}

answer_of<json_question> json_answers::items_question(std::string_view query, item_form form) const {
  auto question = read_item_question(query, settings_.filters);
  if (!question)
    return question.error();
  if (auto checked = check_past(question->as_of); !checked)
    return checked.error();
  return json_question(
      [this, form, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
        auto page = read_item_page(source, asked, settings_.pages, totals_);
        if (!page)
          return page.error();
        auto signals = signals_of(source);
        if (!signals)
          return signals.error();
        if (form != item_form::json)
          return text_answer(write_items(*page, asked, form, *signals),
                             form == item_form::csv ? "text/csv; charset=utf-8" : "application/x-ndjson",
                             page->next);
        return text_answer(format_items(*page, asked, *signals));
      });
}

answer_of<json_question> json_answers::item_question_of(const routed& where, std::string_view query) const {
  auto question = read_one_item_question(query, where.cluster, where.uid);
  if (!question)
    return question.error();
  if (auto checked = check_past(question->as_of); !checked)
    return checked.error();
  return json_question([this, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto page = read_item_page(source, asked, settings_.pages, totals_);
    if (!page)
      return page.error();
    if (page->rows.rows.empty())
      return refusal{404, asked.as_of
                              ? "no object of this cluster had this uid then"
                              : "no object of this cluster has this uid now; its /history tells whether "
                                "one has had it"};
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    return text_answer(format_items(*page, asked, *signals));
  });
}

answer_of<json_question> json_answers::history_question_of(const routed& where,
                                                           std::string_view query) const {
  auto question = read_history_question(query, where.cluster, where.uid);
  if (!question)
    return question.error();
  return json_question([this, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto history = read_item_history(source, asked, settings_.pages);
    if (!history)
      return history.error();
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    return text_answer(format_history(*history, asked, *signals));
  });
}

answer_of<json_question> json_answers::facets_question(std::string_view query) const {
  auto question = read_facet_question(query, settings_.filters);
  if (!question)
    return question.error();
  if (auto checked = check_past(question->as_of); !checked)
    return checked.error();
  return json_question([this, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto page = read_facets(source, asked, settings_.pages, settings_.facet_values);
    if (!page)
      return page.error();
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    return text_answer(format_facets(*page, asked, *signals));
  });
}

answer_of<json_question> json_answers::changes_question(std::string_view query) const {
  auto question = read_change_span(query, settings_.filters);
  if (!question)
    return question.error();
  if (auto checked = check_past(question->from); !checked)
    return checked.error();
  return json_question([this, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto page = read_change_page(source, asked, settings_.pages);
    if (!page)
      return page.error();
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    return text_answer(format_changes(*page, asked, *signals));
  });
}

answer_of<json_question> json_answers::diff_question(std::string_view query) const {
  auto question = read_diff_question(query, settings_.filters);
  if (!question)
    return question.error();
  for (const auto* place : {&question->from, &question->to})
    if (auto checked = check_past(*place); !checked)
      return checked.error();
  return json_question([this, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto diff = read_fleet_diff(source, asked, settings_.pages);
    if (!diff)
      return diff.error();
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    return text_answer(format_diff(*diff, asked, *signals));
  });
}

answer_of<json_question> json_answers::status_question(std::string_view query) const {
  if (auto read = read_no_question(query); !read)
    return read.error();
  return json_question([this](store_reader& source) -> answer_of<text_answer> {
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    auto counts = source.counts();
    if (!counts)
      return store_is_away(counts.error());
    return text_answer(format_status(settings_.version, *counts, waiting_(), *signals));
  });
}

answer_of<json_question> json_answers::clusters_question(std::string_view query) const {
  auto question = read_cluster_question(query);
  if (!question)
    return question.error();
  return json_question([this, asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    auto all = source.shared_scopes();
    if (!all)
      return store_is_away(all.error());
    auto shared = totals_.shared(source, **all);
    if (!shared)
      return store_is_away(shared.error());
    const auto page =
        choose_clusters(summarise_clusters(**all, *shared), asked, signals->now, signals->stale_after);
    return text_answer(format_clusters(page, asked, *signals));
  });
}

answer_of<json_question> json_answers::scopes_question(std::string_view query) const {
  auto question = read_list_question(query, {});
  if (!question)
    return question.error();
  return json_question([this, asked = *question](store_reader& source) -> answer_of<text_answer> {
    auto signals = signals_of(source);
    if (!signals)
      return signals.error();
    auto all = source.shared_scopes();
    if (!all)
      return store_is_away(all.error());
    return text_answer(format_scopes((*all)->all(), asked.limit, asked.offset, *signals));
  });
}

answer_of<json_question> json_answers::dead_letters_question(std::string_view query) const {
  auto question = read_dead_letter_question(query);
  if (!question)
    return question.error();
  return json_question([asked = std::move(*question)](store_reader& source) -> answer_of<text_answer> {
    auto page = read_dead_letter_page(source, asked);
    if (!page)
      return page.error();
    return text_answer(format_dead_letters(*page));
  });
}

answer_of<json_question> json_answers::dead_letter_question_of(std::int64_t id,
                                                               std::string_view query) const {
  if (auto read = read_no_question(query); !read)
    return read.error();
  return json_question([id](store_reader& source) -> answer_of<text_answer> {
    auto found = source.dead_letter_of(id, shown_letter_bytes);
    if (!found)
      return store_is_away(found.error());
    if (!*found)
      return refusal{404, "there is no such dead letter: it was never one, was taken in since, or dropped"};
    return text_answer(format_dead_letter(**found));
  });
}

} // namespace kollect::consumer

#ifndef KOLLECT_CONSUMER_READ_API_JSON_ANSWERS_HPP
#define KOLLECT_CONSUMER_READ_API_JSON_ANSWERS_HPP

#include "query/filter_parameters.hpp"
#include "read_api/answer.hpp"
#include "read_api/format.hpp"
#include "read_api/item_text.hpp"
#include "read_api/parameters.hpp"
#include "read_api/row_page.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace kollect::consumer {

/// What bounds the answers.
struct answer_settings {
  std::string version;
  page_limits pages{};
  filter_limits filters{};
  std::size_t facet_values = 10'000;     ///< different values of one column that facets count; more: 400
  std::chrono::seconds stale_after{900}; ///< a cluster not heard of for so long is stale
};

/// What a question is answered with.
struct text_answer {
  text_answer(std::string json) : body(std::move(json)) {}
  text_answer(std::string text, std::string type, std::string cursor)
      : body(std::move(text)), content_type(std::move(type)), next(std::move(cursor)) {}

  std::string body;
  std::string content_type = "application/json";
  std::string next{}; ///< cursor of the page that follows, where the body does not tell it
};

/// Answers a question from a store, as JSON, or as it was asked for.
using json_question = std::function<answer_of<text_answer>(store_reader&)>;

/// What questions are answered with JSON, and how.
class json_answers {
public:
  /// `waiting` tells how many messages are not consumed yet. All of it must outlive this.
  json_answers(const answer_settings& settings, row_totals& totals, std::function<std::int64_t()> waiting)
      : settings_(settings), totals_(totals), waiting_(std::move(waiting)) {}

  /// Reads what a question says. 400 where it is malformed; nothing is asked of the store yet.
  answer_of<json_question> question(const routed& where, std::string_view query,
                                    item_form form = item_form::json) const;

  answer_of<std::string> inventory(store_reader& source, const row_question& asked) const;

private:
  answer_of<store_signals> signals_of(store_reader& source) const;
  answer_of<json_question> inventory_question(const routed& where, std::string_view query) const;
  answer_of<json_question> items_question(std::string_view query, item_form form) const;
  answer_of<json_question> item_question_of(const routed& where, std::string_view query) const;
  answer_of<json_question> history_question_of(const routed& where, std::string_view query) const;
  answer_of<json_question> facets_question(std::string_view query) const;
  answer_of<json_question> changes_question(std::string_view query) const;
  answer_of<json_question> diff_question(std::string_view query) const;
  answer_of<json_question> status_question(std::string_view query) const;
  answer_of<json_question> clusters_question(std::string_view query) const;
  answer_of<json_question> scopes_question(std::string_view query) const;
  answer_of<json_question> dead_letters_question(std::string_view query) const;
  answer_of<json_question> dead_letter_question_of(std::int64_t id, std::string_view query) const;

  const answer_settings& settings_;
  row_totals& totals_;
  std::function<std::int64_t()> waiting_;
};

} // namespace kollect::consumer

#endif

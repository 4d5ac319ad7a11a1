#ifndef KOLLECT_CONSUMER_READ_API_DEAD_LETTER_LIST_HPP
#define KOLLECT_CONSUMER_READ_API_DEAD_LETTER_LIST_HPP

#include "query/text_pattern.hpp"
#include "read_api/answer.hpp"
#include "store/store_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer {

/// So many bytes of one are shown; `dlq show -o raw` has them all.
inline constexpr std::int64_t shown_letter_bytes = 64 * 1024;

/// Which dead letters are asked for.
struct dead_letter_question {
  text_condition cluster{}; ///< holds for none whose cluster nothing tells
  text_condition reason{};
  std::int64_t limit = 100;
  std::int64_t before = 0; ///< only those with a smaller id; 0: from the newest on
};

/// Reads `cluster` as everywhere, `reason`, in which `*` stands for any text, `limit` and `before`.
answer_of<dead_letter_question> read_dead_letter_question(std::string_view query);

bool holds(const dead_letter_question& asked, const dead_letter& letter);

/// A page of dead letters, the newest first. A page looks at a bounded number of them: it may be short, or
/// empty, and lead on.
struct dead_letter_page {
  std::vector<stored_dead_letter> letters; ///< without their bytes
  std::optional<std::int64_t> next{};      ///< `before` of the page that follows
};

answer_of<dead_letter_page> read_dead_letter_page(store_reader& source, const dead_letter_question& asked);

/// `"id","at","cluster","reason","sentence","clause","byteOffset"?,"log","partition","offset","subject",
/// "valueBytes","hasBody"`, of an object that is open; cluster is null where nothing tells it.
void write_members(json_writer& out, const stored_dead_letter& one);

/// `{"schemaVersion","deadLetters":[{…}],"next"}` with write_members() of each; next is null at the end.
std::string format_dead_letters(const dead_letter_page& page);

/// One of those with `"body":{"text","hex","bytes"}`, of its beginning: `bytes` are shown, and what is no
/// UTF-8 is U+FFFD in the text. The body is null where it was dropped.
std::string format_dead_letter(const stored_dead_letter& stored);

} // namespace kollect::consumer

#endif

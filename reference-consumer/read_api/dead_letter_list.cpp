#include "read_api/dead_letter_list.hpp"

#include "read_api/format.hpp"
#include "read_api/parameter_values.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kollect::consumer {
namespace {

constexpr std::int64_t usual_letters = 100;
constexpr std::int64_t most_letters = 1'000;
constexpr std::int64_t looked_at_once = 1'000;
constexpr std::int64_t most_looked_at = 100'000;

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out += digits[value >> 4U];
    out += digits[value & 15U];
  }
  return out;
}

} // namespace

void write_members(json_writer& out, const stored_dead_letter& one) {
  const auto& letter = one.letter;
  out.member("id", one.id)
      .member("at", to_string(letter.at))
      .member("cluster", letter.cluster)
      .member("reason", letter.reason)
      .member("sentence", letter.sentence)
      .member("clause", letter.clause);
  if (letter.byte_offset)
    out.member("byteOffset", *letter.byte_offset);
  out.member("log", letter.origin.log)
      .member("partition", letter.origin.partition)
      .member("offset", letter.origin.offset)
      .member("subject", letter.subject)
      .member("valueBytes", one.value_bytes)
      .member("hasBody", one.has_body);
}

answer_of<dead_letter_question> read_dead_letter_question(std::string_view query) {
  constexpr std::array<std::string_view, 3> known{"reason", "limit", "before"};
  auto given = sort_parameters(query, true, known);
  if (!given)
    return given.error();
  dead_letter_question out;
  auto cluster = read_cluster_condition(given->filters);
  if (!cluster)
    return cluster.error();
  out.cluster = std::move(*cluster);
  if (const auto reason = text_at(given->others, "reason"); !reason.empty())
    out.reason.wanted.push_back(parse_pattern(reason));
  auto limit = read_integer(given->others, "limit", usual_letters);
  if (!limit)
    return limit.error();
  auto before = read_integer(given->others, "before", 0);
  if (!before)
    return before.error();
  out.limit = *limit <= 0 ? usual_letters : std::min(*limit, most_letters);
  out.before = std::max<std::int64_t>(*before, 0);
  return out;
}

bool holds(const dead_letter_question& asked, const dead_letter& letter) {
  const bool is_of_cluster = letter.cluster ? holds(asked.cluster, *letter.cluster) : asked.cluster.empty();
  return is_of_cluster && holds(asked.reason, letter.reason);
}

answer_of<dead_letter_page> read_dead_letter_page(store_reader& source, const dead_letter_question& asked) {
  dead_letter_page out;
  auto before = asked.before;
  for (std::int64_t looked_at = 0; looked_at < most_looked_at; looked_at += looked_at_once) {
    auto letters = source.newest_dead_letters(before, looked_at_once);
    if (!letters)
      return store_is_away(letters.error());
    for (auto& one : *letters) {
      if (!holds(asked, one.letter))
        continue;
      if (std::ssize(out.letters) == asked.limit) {
        out.next = out.letters.back().id;
        return out;
      }
      out.letters.push_back(std::move(one));
    }
    if (std::ssize(*letters) < looked_at_once)
      return out;
    before = letters->back().id;
  }
  out.next = before;
  return out;
}

std::string format_dead_letters(const dead_letter_page& page) {
  std::string text;
  json_writer out(text);
  begin_answer(out);
  write_array(out, "deadLetters", page.letters, [](json_writer& to, const stored_dead_letter& one) {
    to.begin_object();
    write_members(to, one);
    to.end_object();
  });
  out.member("next", page.next).end_object();
  return text;
}

std::string format_dead_letter(const stored_dead_letter& stored) {
  std::string text;
  json_writer out(text);
  begin_answer(out);
  write_members(out, stored);
  out.name("body");
  if (stored.has_body)
    out.begin_object()
        .member("text", stored.value)
        .member("hex", hex_of(stored.value))
        .member("bytes", stored.value.size())
        .end_object();
  else
    out.value(nullptr);
  out.end_object();
  return text;
}

} // namespace kollect::consumer

#include "judge_parts.hpp"

#include <kollect/message_builder.hpp>
#include <kollect/multipart.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace kollect::conformance {

namespace {

timestamp instant_of(std::string_view text) {
  const auto read = parse_timestamp(text);
  return read ? *read : timestamp{};
}

/// What the parts of a set say besides their rows, for measuring (MP-01): the sink's own exportedAt and
/// cluster.
export_envelope_header header_of(const message_facts& message) {
  export_envelope_header header;
  header.generation = integer_of(message.field("generation")).value_or(0);
  const auto* const exported_at = message.field("exportedAt");
  header.exported_at =
      exported_at != nullptr ? instant_of(exported_at->text.decode()) : timestamp{}; // PAY-04
  if (const auto* const field = message.field("cluster"))
    header.cluster = field->text.decode();
  return header;
}

/// The rows as the sink itself spells them.
std::vector<serialized_item> rows_of(const message_facts& message) {
  std::vector<serialized_item> rows;
  for (const auto* row : message.rows)
    rows.push_back({sort_key_of(*row), std::string(row->raw)});
  return rows;
}

std::vector<std::string> sorted_texts(const std::vector<serialized_item>& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows)
    texts.push_back(row.json);
  std::ranges::sort(texts);
  return texts;
}

/// Whether one row alone is over the limit, measured on the request.
bool has_oversized_row(const dissected_export& one) {
  const auto& asked = *one.asked();
  if (asked.max_export_bytes == 0 || one.asked_rows.empty())
    return false;
  std::vector<serialized_item> rows;
  for (const auto& row : one.asked_rows) {
    auto text = serialize_for_sorting(row);
    if (!text)
      return false; // no sink can be asked to send it
    rows.push_back(std::move(*text));
  }
  const export_envelope_header header{.generation = asked.generation,
                                      .exported_at = instant_of(asked.exported_at)};
  return !split_items(std::move(rows), header, asked.max_export_bytes).has_value();
}

/// Calls `look(export, limit)` for each export with a limit.
template <class Look>
void for_each_limited(const dissection& seen, Look&& look) {
  for (const auto& one : seen.exports)
    if (one.asked() != nullptr && one.asked()->max_export_bytes != 0 && one.asked()->items != "null")
      look(one, one.asked()->max_export_bytes);
}

void judge_split(const dissection& seen, const std::vector<const message_facts*>& parts, std::size_t limit,
                 judgement& out) {
  std::vector<serialized_item> rows;
  for (const auto* part : parts)
    std::ranges::move(rows_of(*part), std::back_inserter(rows));
  const auto expected = split_items(std::move(rows), header_of(*parts.front()), limit);
  if (!expected)
    return; // MP-02
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const bool is_there = index < expected->size();
    if (is_there && sorted_texts((*expected)[index]) == sorted_texts(rows_of(*parts[index])))
      continue;
    return out.complain(
        about(seen.system(), *parts[index]->source,
              "part " + std::to_string(index + 1) +
                  " is not filled greedily from the rows in the "
                  "order of their bytes",
              is_there ? std::to_string((*expected)[index].size()) + " certain rows" : "no such part",
              std::to_string(parts[index]->rows.size()) + " rows"));
  }
}

void judge_mp_01(const dissection& seen, judgement& out) {
  for_each_limited(seen, [&](const dissected_export& one, std::size_t limit) {
    if (has_oversized_row(one))
      return; // MP-02
    const auto parts = parts_of(one);
    for (const auto& message : one.messages)
      if (!message.is_part() && message.rows.size() > 1) {
        out.look();
        if (message.payload->raw.size() > limit)
          out.complain(about(seen.system(), *message.source, "a snapshot over maxExportBytes was not split",
                             "at most " + std::to_string(limit) + " bytes of payload",
                             std::to_string(message.payload->raw.size())));
      }
    if (parts.empty() || parts.size() != static_cast<std::size_t>(parts.front()->part_total))
      return; // MP-04
    out.look();
    judge_split(seen, parts, limit, out);
  });
}

void judge_oversized_row(const dissected_export& one, std::size_t limit, judgement& out) {
  out.look();
  const auto sentence = "single item export envelope exceeds maxExportBytes (" + std::to_string(limit) + ")";
  const auto& answer = one.source->answer;
  if (answer.is_ok)
    out.complain({.what = "a row that alone is over maxExportBytes was reported as a success",
                  .expected = "an error: " + sentence,
                  .found = "ok"});
  else if (answer.error.find(sentence) == std::string::npos)
    out.complain({.what = "the error about a row that alone is over maxExportBytes says something else",
                  .expected = sentence,
                  .found = printable_excerpt(answer.error)});
  if (!one.messages.empty())
    out.complain({.what = "a row alone is over maxExportBytes, and messages were published",
                  .expected = "none",
                  .found = std::to_string(one.messages.size())});
}

void judge_mp_02(const dissection& seen, judgement& out) {
  for_each_limited(seen, [&](const dissected_export& one, std::size_t limit) {
    if (has_oversized_row(one))
      return judge_oversized_row(one, limit, out);
    for (const auto* part : parts_of(one)) {
      out.look();
      if (part->payload->raw.size() > limit)
        out.complain(about(seen.system(), *part->source, "a part is over maxExportBytes",
                           "at most " + std::to_string(limit), std::to_string(part->payload->raw.size())));
    }
  });
}

/// The size of one export envelope with all rows of these parts and no part marks.
std::size_t whole_size(const std::vector<const message_facts*>& parts) {
  auto header = header_of(*parts.front());
  std::size_t row_bytes = 0;
  for (const auto* part : parts)
    for (const auto* row : part->rows)
      row_bytes += row->raw.size(), ++header.item_count;
  const auto size = payload_size(payload_form::export_envelope, header, row_bytes);
  return size ? *size : 0;
}

void judge_mp_03(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    if (message.payload == nullptr || message.is_part())
      return;
    out.look();
    if (message.field("partIndex") != nullptr || message.field("partTotal") != nullptr)
      out.complain(about(seen.system(), *message.source, "a snapshot that is whole carries part marks",
                         "none",
                         "partIndex " + std::to_string(message.part_index) + ", partTotal " +
                             std::to_string(message.part_total)));
  });
  for_each_limited(seen, [&](const dissected_export& one, std::size_t limit) {
    const auto parts = parts_of(one);
    if (parts.empty() || parts.size() != static_cast<std::size_t>(parts.front()->part_total))
      return;
    out.look();
    if (const auto size = whole_size(parts); size <= limit)
      out.complain(
          about(seen.system(), *parts.front()->source, "a snapshot that fits was split",
                "one message of " + std::to_string(size) + " bytes for a limit of " + std::to_string(limit),
                std::to_string(parts.size()) + " parts"));
  });
}

void judge_mp_04(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    const auto parts = parts_of(one);
    if (parts.empty() || (one.asked() != nullptr && !one.source->answer.is_ok))
      continue;
    out.look();
    std::vector<std::int64_t> indexes, wanted(static_cast<std::size_t>(parts.front()->part_total));
    for (const auto* part : parts)
      indexes.push_back(part->part_index);
    std::iota(wanted.begin(), wanted.end(), 1);
    if (indexes == wanted)
      continue;
    std::string found;
    for (const auto index : indexes)
      found.append(found.empty() ? "" : ", ").append(std::to_string(index));
    out.complain(about(seen.system(), *parts.front()->source, "a set is torn",
                       "each partIndex from 1 to " + std::to_string(wanted.size()) + " once", found));
  }
}

/// What the parts of one set have in common. exportedAt is PAY-04's.
std::vector<std::pair<std::string_view, std::string>> shared_values(const message_facts& part) {
  return {{"cluster", part.label("cluster").value_or("")},
          {"namespace", part.label("namespace").value_or("")},
          {"the message key", part.source->key.value_or("")},
          {"generation", std::to_string(integer_of(part.field("generation")).value_or(0))},
          {"partTotal", std::to_string(part.part_total)}};
}

void judge_mp_05(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    const auto parts = parts_of(one);
    if (parts.empty())
      continue;
    const auto expected = shared_values(*parts.front());
    for (const auto* part : parts) {
      out.look();
      const auto found = shared_values(*part);
      for (std::size_t index = 0; index < expected.size(); ++index)
        if (found[index] != expected[index])
          out.complain(about(seen.system(), *part->source,
                             "parts of one set differ in " + std::string(expected[index].first),
                             printable_excerpt(expected[index].second),
                             printable_excerpt(found[index].second)));
    }
  }
}

void judge_size_01(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    if (one.asked() == nullptr)
      continue;
    out.look();
    if (one.source->answer.is_ok && one.messages.empty())
      out.complain({.what = "an export over the broker's limit was reported as a success and is nowhere",
                    .expected = "an error",
                    .found = "ok, and no message"});
  }
}

constexpr std::array set_table{clause_judge{"MP-01", judge_mp_01}, clause_judge{"MP-02", judge_mp_02},
                               clause_judge{"MP-03", judge_mp_03}, clause_judge{"MP-04", judge_mp_04},
                               clause_judge{"MP-05", judge_mp_05}, clause_judge{"SIZE-01", judge_size_01}};

} // namespace

std::span<const clause_judge> set_judges() noexcept {
  return set_table;
}

} // namespace kollect::conformance

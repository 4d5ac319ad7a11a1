#include "judge_families.hpp"

#include <kollect/message_builder.hpp>
#include <kollect/multipart.hpp>

#include <algorithm>
#include <array>

namespace kollect::conformance {

namespace {

/// What the parts of a set say besides their rows, for measuring (MP-01): the sink's own exportedAt and
/// cluster.
export_envelope_header header_of(const message_facts& message) {
  export_envelope_header header;
  header.generation = integer_of(message.field("generation")).value_or(0);
  const auto& exported_at = message.field("exportedAt");
  header.exported_at = exported_at ? instant_in(exported_at->text.decode()) : timestamp{}; // PAY-04
  if (const auto& field = message.field("cluster"))
    header.cluster = field->text.decode();
  return header;
}

/// The rows as the sink itself spells them.
std::vector<serialized_item> rows_of(const message_facts& message) {
  std::vector<serialized_item> rows;
  for (const auto& row : message.rows())
    rows.push_back({sort_key_of(row), std::string(row.raw)});
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
                                      .exported_at = instant_in(asked.exported_at)};
  return !split_items(std::move(rows), header, asked.max_export_bytes).has_value();
}

/// Calls `look(export, limit)` for each export with a limit.
template <class Look>
void for_each_limited(const dissection& seen, Look&& look) {
  for (const auto& one : seen.exports)
    if (one.asked() != nullptr && one.asked()->max_export_bytes != 0 && one.asked()->items != "null")
      look(one, one.asked()->max_export_bytes);
}

/// Whether our measure of a part is what the sink's own payload comes to. Where it is not, its export
/// envelope departs from PAY-01 to PAY-04, and where it has to be split cannot be told.
bool is_measured_right(const message_facts& part) {
  auto header = header_of(part);
  header.part_index = static_cast<std::uint32_t>(part.part_index);
  header.part_total = static_cast<std::uint32_t>(part.part_total);
  header.item_count = part.row_count;
  std::size_t row_bytes = 0;
  for (const auto& row : part.rows())
    row_bytes += row.raw.size();
  const auto size = payload_size(payload_form::export_envelope, header, row_bytes);
  return size && *size == part.payload->raw.size();
}

/// Whether the sink answers an error for a snapshot that could be split, or splits none at all: what it says
/// of one that cannot be split is then no word about its rows.
bool caps_snapshots(const dissection& seen) {
  const auto is_capped = [](const dissected_export& one) {
    return one.asked() != nullptr && one.source->is_large && !one.source->answer.is_ok &&
           !has_oversized_row(one);
  };
  const auto is_split = [](const dissected_export& one) { return !parts_of(one).empty(); };
  return std::ranges::any_of(seen.exports, is_capped) || std::ranges::none_of(seen.exports, is_split);
}

/// Tells of an error in the place of a split; answers whether it is one.
bool note_refusal(const dissection& seen, const dissected_export& one, judgement& out) {
  if (one.source->answer.is_ok || !caps_snapshots(seen))
    return false;
  out.note("the sink reports an error for a snapshot over maxExportBytes in the place of parts: " +
           printable_excerpt(one.source->answer.error, 200));
  return true;
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
              std::to_string(parts[index]->row_count) + " rows"));
  }
}

void judge_mp_01(const dissection& seen, judgement& out) {
  for_each_limited(seen, [&](const dissected_export& one, std::size_t limit) {
    if (note_refusal(seen, one, out) || has_oversized_row(one))
      return; // MP-02
    const auto parts = parts_of(one);
    for (const auto& message : one.messages)
      if (message.payload && !message.is_part() && message.row_count > 1) {
        out.look();
        if (message.payload->raw.size() > limit &&
            (message.is_array || is_measured_right(message))) // else PAY-01
          out.complain(about(seen.system(), *message.source, "a snapshot over maxExportBytes was not split",
                             "at most " + std::to_string(limit) + " bytes of payload",
                             std::to_string(message.payload->raw.size())));
      }
    if (parts.empty() || is_torn(one))
      return; // MP-04
    out.look();
    if (!std::ranges::all_of(parts, [](const auto* part) { return is_measured_right(*part); }))
      return; // PAY-01
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
    if (note_refusal(seen, one, out))
      return;
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
    for (const auto& row : part->rows())
      row_bytes += row.raw.size(), ++header.item_count;
  const auto size = payload_size(payload_form::export_envelope, header, row_bytes);
  return size ? *size : 0;
}

void judge_mp_03(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    if (!message.payload || message.is_part())
      return;
    out.look();
    if (message.field("partIndex") || message.field("partTotal"))
      out.complain(about(seen.system(), *message.source, "a snapshot that is whole carries part marks",
                         "none",
                         "partIndex " + std::to_string(message.part_index) + ", partTotal " +
                             std::to_string(message.part_total)));
  });
  for_each_limited(seen, [&](const dissected_export& one, std::size_t limit) {
    const auto parts = parts_of(one);
    if (parts.empty() || is_torn(one) ||
        !std::ranges::all_of(parts, [](const auto* part) { return is_measured_right(*part); }))
      return;
    out.look();
    if (const auto size = whole_size(parts); size <= limit)
      out.complain(
          about(seen.system(), *parts.front()->source, "a snapshot that fits was split",
                "one message of " + std::to_string(size) + " bytes for a limit of " + std::to_string(limit),
                std::to_string(parts.size()) + " parts"));
  });
}

finding about_torn(const dissection& seen, const dissected_export& one) {
  constexpr std::size_t longest = 200;
  const auto parts = parts_of(one);
  std::string found;
  for (const auto* part : parts)
    if (found.size() < longest)
      found.append(found.empty() ? "" : ", ").append(std::to_string(part->part_index));
  return about(seen.system(), *parts.front()->source, "a set is torn",
               "each partIndex from 1 to " + std::to_string(parts.front()->part_total) + " once", found);
}

void judge_mp_04(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    if (one.asked() == nullptr || parts_of(one).empty() || !one.source->answer.is_ok)
      continue;
    out.look();
    if (is_torn(one))
      out.complain(about_torn(seen, one));
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

/// Whether all rows that were asked for are there.
bool has_all_rows(const dissected_export& one) {
  std::size_t count = 0;
  for (const auto* message : distinct_messages(one)) {
    if (!message->items)
      return true; // PAY-01
    count += message->row_count;
  }
  return is_torn(one) || count >= one.asked_rows.size(); // MP-04
}

/// Whether it loses rows of small snapshots too, which is ENV-01's.
bool loses_rows_of_any(const dissection& seen) {
  return std::ranges::any_of(seen.exports, [](const dissected_export& one) {
    return one.asked() != nullptr && !one.source->is_large && !one.messages.empty() && !has_all_rows(one);
  });
}

/// An error tells the truth, in any words.
void judge_size_01(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    if (one.asked() == nullptr || !one.source->is_large ||
        (one.messages.empty() && may_be_swallowed(seen, one)))
      continue;
    out.look();
    if (!one.source->answer.is_ok)
      continue;
    const auto size = std::to_string(one.asked()->items.size());
    if (one.messages.empty())
      out.complain(
          {.what = "an export of " + size + " bytes of rows was reported as a success and is nowhere",
           .expected = "a message, or an error",
           .found = "ok, and no message",
           .is_operators = true});
    else if (!has_all_rows(one) && !loses_rows_of_any(seen))
      out.complain(about(seen.system(), *one.messages.front().source,
                         "an export of " + size +
                             " bytes of rows was reported as a success, and rows of it "
                             "are missing",
                         std::to_string(one.asked_rows.size()) + " rows", "fewer"));
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

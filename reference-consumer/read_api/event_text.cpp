#include "read_api/event_text.hpp"

#include <algorithm>
#include <charconv>

namespace kollect::consumer {
namespace {

refusal resync(std::string_view why) {
  return {410, "resync required: " + std::string(why) +
                   "; read /v1alpha1/inventory again and go on from its changeCursor"};
}

} // namespace

std::string event_text(std::string_view id, std::string_view event, std::string_view data) {
  std::string out;
  out.reserve(data.size() + id.size() + event.size() + 32);
  if (!id.empty())
    out.append("id: ").append(id).append("\n");
  out.append("event: ").append(event).append("\ndata: ");
  for (const char letter : data) {
    if (letter == '\n' || letter == '\r')
      out += "\ndata: ";
    else
      out += letter;
  }
  return out + "\n\n";
}

std::string heartbeat_text(std::string_view id) {
  return id.empty() ? ": heartbeat\n\n" : ": heartbeat\nid: " + std::string(id) + "\n\n";
}

answer_of<asked_place> read_place(std::string_view text) {
  asked_place out;
  if (const auto dash = text.rfind('-'); dash != std::string_view::npos && dash > 0) {
    out.store_id = text.substr(0, dash);
    text.remove_prefix(dash + 1);
  }
  const auto* const end = text.data() + text.size();
  const bool is_digits = !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return letter >= '0' && letter <= '9';
  });
  const auto read = std::from_chars(text.data(), end, out.cursor);
  if (!is_digits || read.ec != std::errc{} || read.ptr != end)
    return bad_request(
        "since and Last-Event-ID are the id of an event, or a changeCursor as the read API gives it");
  return out;
}

answer_of<std::int64_t> begin_after(const asked_place& asked, std::string_view store_id, std::int64_t first,
                                    std::int64_t last) {
  if (!asked.store_id.empty() && asked.store_id != store_id)
    return resync("the cursor is of another store, or of this one before it was recreated");
  if (asked.cursor > last)
    return resync("the cursor is ahead of this store");
  const auto oldest = first > 0 ? first : last + 1;
  if (asked.cursor + 1 < oldest)
    return resync("the cursor is older than the history of changes (--keep-changes)");
  return asked.cursor;
}

} // namespace kollect::consumer

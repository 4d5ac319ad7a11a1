#include "batch_payloads.hpp"

#include <kollect/sha256_each.hpp>

#include <span>
#include <string_view>

namespace kollect::consumer {
namespace {

std::vector<sha256_digest> digests_of(std::span<const std::string_view> texts) {
  std::vector<sha256_digest> digests(texts.size());
  sha256_each(texts, digests);
  return digests;
}

} // namespace

result<void> batch_payloads::hash(message_heads& heads, open_scopes& scopes, const limits& bounds) {
  std::vector<std::string_view> texts;
  std::vector<sha256_digest*> places;
  for (auto& head : heads) {
    if (!head)
      continue;
    auto opened = scopes.open(head->scope);
    if (!opened)
      return opened.error();
    const auto& [record, rows] = **opened;
    if (rows && rows->are_items(head->envelope.payload)) {
      head->key.payload = record.items_digest;
      if (rows->are_checked() && rows->nesting() <= row_room(payload_form::array, bounds))
        held_arrays_.emplace(head->envelope.payload.data(), rows->size());
      continue;
    }
    texts.push_back(head->envelope.payload);
    places.push_back(&head->key.payload);
  }
  const auto digests = digests_of(texts);
  for (std::size_t index = 0; index < texts.size(); ++index)
    *places[index] = digests[index];
  return {};
}

result<void> batch_payloads::hash_items(const message_heads& heads, open_scopes& scopes,
                                        transaction& target) {
  std::vector<std::string_view> texts;
  for (const auto& head : heads) {
    const auto items = head ? guess_items(head->envelope.payload) : std::string_view();
    if (items.empty())
      continue;
    auto opened = scopes.open(head->scope);
    if (!opened)
      return opened.error();
    const auto& rows = (*opened)->rows;
    const bool are_likely_held = rows && rows->are_whole_items() && rows->items_size() == items.size();
    auto is_known = target.is_known((*opened)->record.id, head->key);
    if (!is_known)
      return is_known.error();
    if (!*is_known && !are_likely_held)
      texts.push_back(items);
  }
  const auto digests = digests_of(texts);
  for (std::size_t index = 0; index < texts.size(); ++index)
    items_digests_.emplace(texts[index].data(), items_digest{texts[index].size(), digests[index]});
  return {};
}

result<snapshot_view> batch_payloads::check(const message_head& head, const limits& bounds,
                                            const open_scope& where) const {
  const auto payload = head.envelope.payload;
  if (const auto held = held_arrays_.find(payload.data()); held != held_arrays_.end()) {
    snapshot_view checked;
    checked.items = payload;
    checked.item_count = held->second;
    return checked;
  }
  known_items known(items_digests_);
  const auto items = payload.starts_with('[') ? payload : guess_items(payload);
  if (where.rows && where.rows->are_checked())
    known.know(*where.rows, where.record.items_digest);
  else if (where.record.order && !items.empty() &&
           (items.size() == payload.size() ? head.key.payload : known.digest_of(items)) ==
               where.record.items_digest)
    known.trust(items);
  return parse_snapshot(head.envelope, bounds, known);
}

} // namespace kollect::consumer

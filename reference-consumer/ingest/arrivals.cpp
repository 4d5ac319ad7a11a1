#include "arrivals.hpp"

#include <kollect/known_rows.hpp>
#include <kollect/sha256_each.hpp>

#include <functional>
#include <limits>
#include <set>
#include <utility>

namespace kollect::consumer {
namespace {

result<message_head> head_of(const received_message& message, const limits& bounds) {
  if (message.unreadable)
    return *message.unreadable;
  if (message.is_tombstone)
    return make_failure(error::empty_message, "a record without a value says nothing about a snapshot",
                        "ENV-08");
  return read_unhashed_head(
      message.value, message.key ? std::optional<std::string_view>(*message.key) : std::nullopt, bounds);
}

result<void> open_scopes(std::vector<arrived_message>& arrivals, transaction& within, held_scopes& scopes) {
  std::set<scope> names;
  for (const auto& one : arrivals)
    if (one.head)
      names.insert(one.head->scope);
  if (auto locked = names.empty() ? result<void>{} : within.lock_scopes(names); !locked)
    return locked;
  for (auto& one : arrivals) {
    if (!one.head)
      continue;
    auto opened = scopes.open(within, one.head->scope);
    if (!opened)
      return opened.error();
    one.scope = *opened;
  }
  return {};
}

/// Texts, and what is to be told the digest of each.
class texts_to_hash {
public:
  void add(std::string_view text, std::function<void(const sha256_digest&)> told) {
    texts_.push_back(text);
    told_.push_back(std::move(told));
  }
  void hash() {
    std::vector<sha256_digest> digests(texts_.size());
    sha256_each(texts_, digests);
    for (std::size_t index = 0; index < texts_.size(); ++index)
      told_[index](digests[index]);
  }

private:
  std::vector<std::string_view> texts_;
  std::vector<std::function<void(const sha256_digest&)>> told_;
};

/// An array of the very rows that its scope holds has the digest that they came with.
void hash_payloads(std::vector<arrived_message>& arrivals, const limits& bounds) {
  texts_to_hash texts;
  for (auto& one : arrivals) {
    if (!one.head)
      continue;
    const auto& [record, rows] = *one.scope;
    if (!rows || !rows->are_items(one.head->envelope.payload)) {
      texts.add(one.head->envelope.payload, [&](const auto& digest) { one.head->key.payload = digest; });
      continue;
    }
    one.head->key.payload = record.items_digest;
    if (rows->nesting() <= row_room(payload_form::array, bounds))
      one.held_array_rows = rows->size();
  }
  texts.hash();
}

result<void> look_keys_up(std::vector<arrived_message>& arrivals, transaction& within) {
  std::vector<expected_key> keys;
  for (const auto& one : arrivals)
    if (one.head)
      keys.push_back({&one.head->scope, &one.head->key});
  if (auto expected = within.expect_keys(keys); !expected)
    return expected;
  for (auto& one : arrivals) {
    if (!one.head)
      continue;
    auto known = within.is_known(one.scope->record.id, one.head->key);
    if (!known)
      return known.error();
    one.is_known = *known;
  }
  return {};
}

/// Items of export envelopes that are news. An array's digest is that of the payload.
void hash_items(std::vector<arrived_message>& arrivals) {
  texts_to_hash texts;
  for (auto& one : arrivals) {
    if (!one.head)
      continue;
    const auto payload = one.head->envelope.payload;
    one.items = guess_items(payload);
    const auto& rows = one.scope->rows;
    const bool are_likely_held = rows && rows->are_whole_items() && rows->items_size() == one.items.size();
    if (one.items.empty() || one.is_known)
      continue;
    if (one.items.size() == payload.size())
      one.items_digest = one.head->key.payload;
    else if (!are_likely_held)
      texts.add(one.items, [&](const auto& digest) { one.items_digest = digest; });
  }
  texts.hash();
}

/// What is known of a payload before it is checked.
class known_payload final : public known_rows {
public:
  /// `trusted` has the digest of items that were found good: its rows are those very rows.
  known_payload(row_merge* merge, std::string_view trusted, std::string_view items,
                const std::optional<sha256_digest>& items_digest) noexcept
      : merge_(merge), trusted_(trusted), items_(items), items_digest_(items_digest) {}

  std::size_t find(std::string_view text, std::size_t room) override {
    if (merge_ != nullptr)
      return merge_->find(text, room);
    const std::less_equal<> is_not_after;
    if (!is_not_after(trusted_.data(), text.data()) ||
        is_not_after(trusted_.data() + trusted_.size(), text.data()))
      return 0;
    const auto length = find_row_end(text);
    return length == std::string_view::npos ? 0 : length;
  }
  void pass(const item_view& row) override {
    if (merge_ != nullptr)
      merge_->pass(row);
  }
  std::optional<sha256_digest> digest_of(std::string_view items) const override {
    if (auto held = merge_ != nullptr ? merge_->digest_of(items) : std::nullopt)
      return held;
    return items.data() == items_.data() && items.size() == items_.size() ? items_digest_ : std::nullopt;
  }

private:
  row_merge* merge_;
  std::string_view trusted_, items_;
  std::optional<sha256_digest> items_digest_;
};

} // namespace

std::string_view guess_items(std::string_view payload) noexcept {
  constexpr std::string_view name = "\"items\":";
  constexpr std::size_t longest_header = 1024; // the other fields are numbers and short texts
  if (payload.starts_with('['))
    return payload;
  if (!payload.starts_with('{') || !payload.ends_with("]}"))
    return {};
  const std::size_t at = payload.substr(0, longest_header).find(name);
  if (at == std::string_view::npos || payload[at + name.size()] != '[')
    return {};
  return payload.substr(at + name.size(), payload.size() - 1 - (at + name.size()));
}

result<std::vector<arrived_message>> read_arrivals(std::span<const received_message* const> messages,
                                                   const limits& bounds, transaction& within,
                                                   held_scopes& scopes) {
  std::vector<arrived_message> arrivals;
  arrivals.reserve(messages.size());
  for (const auto* const message : messages)
    arrivals.push_back({message, head_of(*message, bounds)});
  if (auto opened = open_scopes(arrivals, within, scopes); !opened)
    return opened.error();
  hash_payloads(arrivals, bounds);
  if (auto looked = look_keys_up(arrivals, within); !looked)
    return looked.error();
  hash_items(arrivals);
  return arrivals;
}

result<snapshot_view> check_payload(const arrived_message& one, const limits& bounds,
                                    std::optional<row_merge>& merge) {
  const auto& envelope = one.head->envelope;
  if (one.held_array_rows) {
    snapshot_view checked;
    checked.items = envelope.payload;
    checked.item_count = *one.held_array_rows;
    return checked;
  }
  const auto& [record, rows] = *one.scope;
  std::string_view trusted;
  if (rows)
    merge.emplace(*rows, record.items_digest);
  else if (record.order && one.items_digest == record.items_digest)
    trusted = one.items;
  known_payload known(merge ? &*merge : nullptr, trusted, one.items, one.items_digest);
  auto checked = parse_snapshot(envelope, bounds, known);
  if (checked && merge)
    merge->finish();
  return checked;
}

result<snapshot_view> read_checked_payload(const message_head& head, const limits& bounds) {
  // It was within the limits when it came: one that was lowered since must not stop the log.
  limits accepted = bounds;
  accepted.max_depth = max_depth_ceiling;
  accepted.max_message_bytes = std::numeric_limits<std::size_t>::max();
  accepted.max_name_bytes = std::numeric_limits<std::size_t>::max();
  accepted.max_part_total = std::numeric_limits<std::uint32_t>::max();
  const auto payload = head.envelope.payload;
  known_payload known(nullptr, payload, {}, {});
  return parse_snapshot(head.envelope, accepted, known);
}

} // namespace kollect::consumer

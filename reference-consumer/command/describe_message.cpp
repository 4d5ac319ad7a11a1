#include "command/describe_message.hpp"

#include <kollect/json_writer.hpp>
#include <kollect/parse.hpp>
#include <kollect/snapshot_message.hpp>

#include <cstdint>
#include <utility>

namespace kollect::consumer {
namespace {

std::optional<std::string> checksum_verdict(const snapshot_inspection& snapshot) {
  if (snapshot.refused && snapshot.refused->reason() == error::checksum_mismatch)
    return "mismatch";
  if (snapshot.refused)
    return {};
  return snapshot.view.checksum ? "ok" : "absent";
}

/// Of a message that no consumer takes, what it says about itself all the same, where it is JSON.
void describe_unreadable(json_writer& out, std::string_view message, const failure& reason,
                         const limits& bounds) {
  const auto parsed = message.size() <= bounds.max_message_bytes ? parse_value(message, bounds)
                                                                 : result<boost::json::value>(reason);
  const auto* const fields = parsed ? parsed->if_object() : nullptr;
  for (const auto* name : {"schemaVersion", "timestamp", "cluster", "namespace"}) {
    const auto* const found = fields == nullptr ? nullptr : fields->if_contains(name);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    out.member(name, text == nullptr ? std::nullopt : std::optional<std::string_view>(*text));
  }
  for (const auto* name :
       {"form", "itemCount", "partIndex", "partTotal", "payloadSha256", "checksum", "dedupKey"})
    out.member(name, nullptr);
  out.member("duplicate", false).member("error", to_string(reason));
}

} // namespace

bool describe_message(json_writer& out, std::string_view message, std::optional<std::string_view> key,
                      dedup_window& window, const limits& bounds, const arrival& how) {
  const auto head = read_head(message, key, bounds);
  if (!head) {
    describe_unreadable(out, message, head.error(), bounds);
    return false;
  }
  auto snapshot = inspect_snapshot(head->envelope, bounds);
  const auto checksum = checksum_verdict(snapshot);
  if (!snapshot.refused)
    if (auto dated = check_future(*head, snapshot.view, how.appended_at, how.now, bounds); !dated)
      snapshot.refused = std::move(dated).error();
  const auto& view = snapshot.view;
  const bool is_known_form = !snapshot.refused || !view.items.empty();
  const bool is_duplicate = !snapshot.refused && window.contains(head->scope, head->key);
  if (!snapshot.refused)
    window.remember(head->scope, head->key);
  const auto part = [&](std::uint32_t value) {
    return value == 0 ? std::nullopt : std::optional<std::size_t>(value);
  };
  const auto version = head->envelope.schema_version.decode();
  out.member("schemaVersion", version.empty() ? std::string(schema_version_v1alpha1) : version)
      .member("timestamp", head->key.timestamp)
      .member("cluster", head->key.cluster)
      .member("namespace", head->key.namespace_)
      .member("form", is_known_form ? std::optional<std::string>(to_string(view.form)) : std::nullopt)
      .member("itemCount", is_known_form ? std::optional(view.item_count) : std::nullopt)
      .member("partIndex", part(view.part_index))
      .member("partTotal", part(view.part_total))
      .member("payloadSha256", to_string(head->key.payload))
      .member("checksum", checksum)
      .member("dedupKey", to_string(head->key))
      .member("duplicate", is_duplicate)
      .member("error", snapshot.refused ? std::optional(to_string(*snapshot.refused)) : std::nullopt);
  return !snapshot.refused;
}

} // namespace kollect::consumer

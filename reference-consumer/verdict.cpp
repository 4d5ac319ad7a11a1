#include "verdict.hpp"

#include <kollect/detail/json_writer.hpp>
#include <kollect/parse.hpp>
#include <kollect/snapshot_message.hpp>

#include <cstdint>
#include <utility>

namespace kollect::consumer {
namespace {

/// Builds one JSON object; a value that is not known is null.
class verdict_line {
public:
  /// `first_fields` stand before all others, such as `"line":1`.
  explicit verdict_line(std::string_view first_fields) : line_("{" + std::string(first_fields)) {}

  verdict_line& text(std::string_view name, const std::optional<std::string>& value) {
    begin(name);
    if (value)
      detail::append_string(line_, *value);
    else
      line_ += "null";
    return *this;
  }
  verdict_line& number(std::string_view name, const std::optional<std::size_t>& value) {
    begin(name);
    line_ += value ? std::to_string(*value) : "null";
    return *this;
  }
  verdict_line& flag(std::string_view name, bool value) {
    begin(name);
    line_ += value ? "true" : "false";
    return *this;
  }
  std::string finish() const { return line_ + "}"; }

private:
  void begin(std::string_view name) {
    line_ += ',';
    detail::append_string(line_, name);
    line_ += ':';
  }
  std::string line_;
};

std::optional<std::string> checksum_verdict(const snapshot_inspection& snapshot) {
  if (snapshot.refused && snapshot.refused->reason() == error::checksum_mismatch)
    return "mismatch";
  if (snapshot.refused)
    return {};
  return snapshot.view.checksum ? "ok" : "absent";
}

/// Of a message that no consumer takes, what it says about itself all the same, where it is JSON.
std::string describe_unreadable(verdict_line out, std::string_view message, const failure& reason,
                                const limits& bounds) {
  const auto parsed = message.size() <= bounds.max_message_bytes ? parse_value(message, bounds)
                                                                 : result<boost::json::value>(reason);
  const auto* const fields = parsed ? parsed->if_object() : nullptr;
  for (const auto* name : {"schemaVersion", "timestamp", "cluster", "namespace"}) {
    const auto* const found = fields == nullptr ? nullptr : fields->if_contains(name);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    out.text(name, text == nullptr ? std::nullopt : std::optional<std::string>(std::string(*text)));
  }
  for (const auto* name :
       {"form", "itemCount", "partIndex", "partTotal", "payloadSha256", "checksum", "dedupKey"})
    out.text(name, {});
  return out.flag("duplicate", false).text("error", to_string(reason)).finish();
}

} // namespace

verdict describe_message(std::string_view first_fields, std::string_view message,
                         std::optional<std::string_view> key, dedup_window& window, const limits& bounds,
                         const arrival& how) {
  verdict_line out(first_fields);
  const auto head = read_head(message, key, bounds);
  if (!head)
    return {describe_unreadable(std::move(out), message, head.error(), bounds), false};
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
  out.text("schemaVersion", version.empty() ? std::string(schema_version_v1alpha1) : version)
      .text("timestamp", head->key.timestamp)
      .text("cluster", head->key.cluster)
      .text("namespace", head->key.namespace_)
      .text("form", is_known_form ? std::optional<std::string>(to_string(view.form)) : std::nullopt)
      .number("itemCount", is_known_form ? std::optional(view.item_count) : std::nullopt)
      .number("partIndex", part(view.part_index))
      .number("partTotal", part(view.part_total))
      .text("payloadSha256", to_string(head->key.payload))
      .text("checksum", checksum)
      .text("dedupKey", to_string(head->key))
      .flag("duplicate", is_duplicate)
      .text("error", snapshot.refused ? std::optional(to_string(*snapshot.refused)) : std::nullopt);
  return {out.finish(), !snapshot.refused};
}

} // namespace kollect::consumer

#include "dead_letters.hpp"

#include <kollect/snapshot_message.hpp>
#include <kollect/utf8.hpp>

#include <algorithm>

namespace kollect::consumer {

dead_letter make_dead_letter(const message_origin& origin, const failure& reason, timestamp at) {
  dead_letter letter;
  letter.origin = origin;
  letter.reason = error_name(reason.reason());
  letter.sentence = reason.message;
  letter.clause = reason.clause;
  if (reason.position)
    letter.byte_offset = static_cast<std::int64_t>(reason.position->offset);
  letter.at = at;
  letter.headers_json = "[]";
  return letter;
}

std::optional<std::string> find_cluster(const received_message& message, const limits& bounds) {
  if (auto head = read_unhashed_head(message.value, {}, bounds))
    return std::move(head->scope.cluster);
  const auto is_short_text = [&](const std::string& name) {
    return name.size() <= bounds.max_name_bytes && is_utf8(name);
  };
  for (const auto& one : message.headers)
    if (one.name == "kollect.dev/cluster" && is_short_text(one.value))
      return one.value;
  if (!message.key)
    return {};
  const auto end = message.key->find_first_of(":/");
  auto name = message.key->substr(0, end);
  return end != std::string::npos && is_short_text(name) ? std::optional(std::move(name)) : std::nullopt;
}

} // namespace kollect::consumer

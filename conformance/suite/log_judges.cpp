#include "log_judge_families.hpp"

#include <algorithm>

namespace kollect::conformance {

digest digest_of_all(std::initializer_list<std::string_view> texts) {
  std::string joined;
  for (const auto text : texts)
    joined.append(std::to_string(text.size())).append(":").append(text);
  return digest_of(joined);
}

std::string note_of_limit(std::size_t count, std::string_view what) {
  return std::string(what) +
         " that were not followed, as there are too many (--audit-memory): " + std::to_string(count);
}

digest set_of(const message_facts& part) {
  const auto raw = [&](std::string_view name) {
    const auto& field = part.field(name);
    return field ? field->raw : std::string_view();
  };
  return digest_of_all({part.label("cluster").value_or(""), part.label("namespace").value_or(""),
                        part.source->key.value_or(""), raw("generation"), raw("exportedAt"),
                        raw("partTotal")});
}

bool names_inventory(const message_facts& part) {
  const auto scope = part.label("cluster").value_or("") + ":" + part.label("namespace").value_or("") + "/";
  return part.source->key && part.source->key->starts_with(scope) && part.source->key->size() > scope.size();
}

bool removed_offsets::may_be_in(std::int32_t partition, const offset_range& range) const {
  const auto first = first_left.find(partition);
  if (is_compacted || first == first_left.end() || range.from < first->second)
    return true;
  const auto next = std::ranges::lower_bound(deleted, range.from);
  return next != deleted.end() && *next < range.to;
}

log_gaps::log_gaps(broker_system system, std::chrono::seconds near) noexcept
    : first_ever_(system == broker_system::nats ? 1 : 0), near_(near) {}

std::optional<offset_range> log_gaps::pass(const message_facts& message) {
  const auto& source = *message.source;
  const auto arrived_at = message.arrived_at();
  const auto is_near = [&](const std::optional<timestamp>& instant) {
    return !instant || !arrived_at || *arrived_at <= *instant + near_;
  };
  auto& end = partitions_.try_emplace(source.partition, partition_end{.next = first_ever_}).first->second;
  if (source.offset > end.next) {
    // Gaps that are near each other count as one, so that of any number two are kept.
    if (!end.last || !is_near(end.last->begin)) {
      end.before = end.last;
      end.last = gap{{end.next, source.offset}, arrived_at, arrived_at};
    }
    end.last->offsets.to = source.offset;
    end.last->end = arrived_at;
  }
  end.next = source.offset + 1;
  if (!end.last || !is_near(end.last->end))
    return {};
  const auto& earliest = end.before && is_near(end.before->end) ? *end.before : *end.last;
  return offset_range{earliest.offsets.from, end.last->offsets.to};
}

std::unique_ptr<log_judge> make_log_judge(std::string_view id, const log_facts& log) {
  if (id == "ENV-07")
    return judge_found_namespaces(log);
  if (id == "KAF-02")
    return judge_found_partitions(log);
  if (id == "MP-04")
    return judge_found_sets(log);
  if (id == "ROW-03")
    return judge_found_rows(log);
  return nullptr;
}

} // namespace kollect::conformance

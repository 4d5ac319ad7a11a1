#include "support/memory_store.hpp"
#include "support/store_place.hpp"

#include <sstream>
#include <utility>

namespace kollect::consumer::test {
namespace {

void dump_scope(std::ostream& out, const scope& which, const memory_scope& held) {
  const auto& record = held.record;
  out << "scope " << record.id << ' ' << which << ' ' << record.row_count << ' ' << record.row_bytes << ' '
      << to_string(record.items_digest) << ' ' << held.applied_at << ' ' << record.held_back.has_value();
  if (record.order)
    out << ' ' << *record.order;
  out << '\n';
  for (const auto& [identity, raw] : held.rows)
    out << "row " << raw << '\n';
  for (const auto& [key, instant] : held.keys)
    out << "key " << to_string(key.first) << ' ' << key.second << ' ' << instant << '\n';
  for (const auto& [set, parts] : held.parts)
    for (const auto& [index, part] : parts)
      out << "part " << set.exported_at << ' ' << set.generation << ' ' << index << ' ' << part.message
          << '\n';
}

class memory_place final : public store_place {
public:
  result<std::unique_ptr<store>> open(std::string_view) override { return open_memory_store(database_); }
  result<std::unique_ptr<store>> open_beside() override { return open_memory_store(database_); }
  result<std::unique_ptr<store_reader>> open_reader() override { return open_memory_reader(database_); }

  void watch_writes() override { (void)take_writes(); }

  std::map<std::string, std::int64_t> take_writes() override {
    const auto before = database_->tables();
    auto after = *before;
    auto writes = std::exchange(after.writes, {});
    (void)database_->replace(before, std::move(after)); // nobody else writes meanwhile
    return writes;
  }

  std::string dump() override {
    const auto held = database_->tables();
    std::ostringstream out;
    for (const auto& [which, one] : held->scopes)
      dump_scope(out, which, one);
    for (const auto& [where, position] : held->positions)
      out << "position " << where.first << ' ' << where.second << ' ' << position.next_offset << ' '
          << position.owner_epoch << ' ' << position.owner << ' ' << position.has_caught_up << '\n';
    for (const auto& [destination, cursor] : held->feeds)
      out << "feed " << destination << ' ' << cursor << '\n';
    for (const auto& entry : held->changes)
      out << "change " << entry.cursor << ' ' << entry.kind << ' ' << entry.scope << ' ' << entry.before
          << ' ' << entry.after << '\n';
    for (const auto& [id, stored] : held->letters)
      out << "letter " << id << ' ' << stored.letter.origin.offset << ' ' << stored.value << ' '
          << stored.has_body << '\n';
    out << held->counts << ", last cursor " << held->last_cursor << '\n';
    return out.str();
  }

private:
  std::shared_ptr<memory_database> database_ = std::make_shared<memory_database>();
};

} // namespace

std::unique_ptr<store_place> make_memory_place() {
  return std::make_unique<memory_place>();
}

} // namespace kollect::consumer::test

#include "support/memory_store.hpp"

#include "store/stored_values.hpp"
#include "support/memory_transaction.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace kollect::consumer::test {
namespace {

/// What it answers to readers. `Port` is store_reader, or store for the one that writes too.
template <class Port>
class memory_reader : public Port {
public:
  explicit memory_reader(std::shared_ptr<memory_database> opened) : database_(std::move(opened)) {}

  result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) override {
    const auto now = tables();
    const auto from = std::find_if(now->changes.begin(), now->changes.end(),
                                   [&](const feed_entry& entry) { return entry.cursor > cursor; });
    return std::vector<feed_entry>(from, from + std::min<std::int64_t>(limit, now->changes.end() - from));
  }
  result<std::int64_t> last_cursor() override { return tables()->last_cursor; }
  result<std::string> store_id() override { return database_->id(); }
  result<std::string> signing_key() override { return database_->key(); }

  result<void> wait_for_commit(std::chrono::milliseconds longest) override {
    database_->wait(std::exchange(known_, database_->tables()), longest);
    return {};
  }

  result<void> for_each_row(const store_reader::visit_row& visit) override {
    const auto now = tables();
    for (const auto& [which, held] : now->scopes)
      for (const auto& [identity, raw] : held.rows)
        visit(which, raw);
    return {};
  }

  result<std::vector<stored_row>> rows_in_order(const row_query& wanted) override {
    const auto now = tables();
    const auto is_wanted = [&](std::int64_t id) {
      return !wanted.scope_ids || std::ranges::find(*wanted.scope_ids, id) != wanted.scope_ids->end();
    };
    const auto is_among = [](const std::optional<std::vector<std::string>>& names, const std::string& name) {
      return !names || std::ranges::find(*names, name) != names->end();
    };
    const auto is_named = [&, &named = wanted.named](const row_identity& row) {
      return is_among(named.target_names, row.target_name) && is_among(named.namespaces, row.namespace_) &&
             is_among(named.names, row.name) && is_among(named.uids, row.uid);
    };
    std::vector<stored_row> out;
    for (const auto& [which, held] : now->scopes)
      for (const auto& [identity, raw] : held.rows)
        if (const auto id = held.record.id;
            is_wanted(id) && is_named(identity) &&
            (!wanted.after ||
             std::tie(wanted.after->identity, wanted.after->scope_id) < std::tie(identity, id)))
          out.push_back({id, identity, wanted.with_items ? raw : std::string()});
    std::ranges::sort(out, {}, [](const stored_row& row) { return std::tie(row.identity, row.scope_id); });
    out.resize(std::min(out.size(), static_cast<std::size_t>(wanted.limit)));
    return out;
  }

  result<shared_row_counts> shared_rows() override {
    const auto now = tables();
    std::map<row_identity, std::vector<std::int64_t>> holders;
    for (const auto& [which, held] : now->scopes)
      for (const auto& [identity, raw] : held.rows)
        holders[identity].push_back(held.record.id);
    shared_row_counts out;
    for (auto& [identity, ids] : holders)
      if (ids.size() > 1) {
        std::ranges::sort(ids);
        ++out[ids];
      }
    return out;
  }

  result<void> read_at_once(const std::function<result<void>()>& work) override {
    pinned_ = database_->tables();
    auto done = work();
    pinned_.reset();
    return done;
  }

  result<std::vector<stored_dead_letter>> dead_letters(std::int64_t after_id, std::int64_t limit) override {
    const auto now = tables();
    std::vector<stored_dead_letter> out;
    for (auto at = now->letters.upper_bound(after_id); at != now->letters.end() && std::ssize(out) < limit;
         ++at)
      out.push_back(at->second);
    return out;
  }

  result<std::vector<stored_dead_letter>> newest_dead_letters(std::int64_t before_id,
                                                              std::int64_t limit) override {
    const auto now = tables();
    std::vector<stored_dead_letter> out;
    for (auto at = now->letters.lower_bound(from_newest(before_id));
         at != now->letters.begin() && std::ssize(out) < limit;) {
      out.push_back((--at)->second);
      out.back().value.clear();
      out.back().letter.message_key.reset();
      out.back().letter.headers_json.clear();
    }
    return out;
  }

  result<std::optional<stored_dead_letter>> dead_letter_of(std::int64_t id,
                                                           std::int64_t most_bytes) override {
    const auto now = tables();
    const auto found = now->letters.find(id);
    if (found == now->letters.end())
      return std::optional<stored_dead_letter>();
    auto out = found->second;
    out.value = out.value.substr(0, static_cast<std::size_t>(most_bytes));
    out.letter.message_key.reset();
    out.letter.headers_json.clear();
    return std::optional(std::move(out));
  }

  result<std::vector<std::int64_t>> dead_letter_ids(std::string_view reason, std::int64_t after_id,
                                                    std::int64_t limit) override {
    const auto now = tables();
    std::vector<std::int64_t> out;
    for (auto at = now->letters.upper_bound(after_id); at != now->letters.end() && std::ssize(out) < limit;
         ++at)
      if (at->second.has_body && at->second.letter.reason == reason)
        out.push_back(at->first);
    return out;
  }

  result<std::vector<scope_summary>> scopes() override { return scopes_that(false); }
  result<std::vector<scope_summary>> forgotten_scopes() override { return scopes_that(true); }

  result<std::shared_ptr<const scope_list>> shared_scopes() override {
    if (auto now = tables(); std::exchange(shared_of_, now) != now || !shared_)
      shared_ = std::make_shared<const scope_list>(scopes_that(false));
    return shared_;
  }

  std::vector<scope_summary> scopes_that(bool is_forgotten) {
    const auto now = tables();
    std::vector<scope_summary> out;
    for (const auto& [which, held] : now->scopes)
      if (const auto& record = held.record; record.order && record.is_forgotten == is_forgotten)
        out.push_back({which, record.row_count, record.order->instant, held.applied_at,
                       record.target_conflicts, record.id});
    return out;
  }

  result<outcome_counts> counts() override { return tables()->counts; }

  result<std::vector<stored_position>> positions() override {
    const auto now = tables();
    std::vector<stored_position> out;
    for (const auto& [where, position] : now->positions)
      out.push_back(position);
    return out;
  }

  result<std::vector<std::string>> contradictions() override {
    const auto now = tables();
    std::vector<std::string> out;
    if (!now->counts.is_conserved())
      out.emplace_back("the counters do not add up to what was consumed");
    if (now->counts.pending != now->pending_parts())
      out.emplace_back("the number of pending parts is not the one counted");
    for (const auto& [which, held] : now->scopes)
      if (held.record.row_count != std::ssize(held.rows))
        out.emplace_back("scopes with another number of rows than noted");
    return out;
  }

protected:
  /// The tables of the moment that is read at once, or of now.
  memory_database::tables_pointer tables() const { return pinned_ ? pinned_ : database_->tables(); }

  std::shared_ptr<memory_database> database_;

private:
  memory_database::tables_pointer pinned_;
  memory_database::tables_pointer known_ = database_->tables(); ///< when commits were last waited for
  memory_database::tables_pointer shared_of_;
  std::shared_ptr<const scope_list> shared_; ///< of those
};

class memory_store final : public memory_reader<store> {
public:
  using memory_reader::memory_reader;

  result<std::unique_ptr<transaction>> begin() override {
    return std::unique_ptr<transaction>(new memory_transaction(database_));
  }

  result<std::vector<owned_position>> claim(const std::string& log, std::span<const std::int32_t> partitions,
                                            std::string_view owner) override {
    std::vector<owned_position> out;
    auto done = change([&](memory_tables& held) -> result<void> {
      for (const auto partition : partitions) {
        auto& position =
            held.positions.try_emplace({log, partition}, stored_position{log, partition}).first->second;
        ++position.owner_epoch;
        position.owner = owner;
        out.push_back({partition, position.owner_epoch, position.next_offset, position.last_message});
      }
      return {};
    });
    return done ? result<std::vector<owned_position>>(std::move(out)) : done.error();
  }

  result<void> rewind(const std::string& log, const owned_position& held, std::int64_t next_offset) override {
    return change([&](memory_tables& tables) -> result<void> {
      const auto found = tables.positions.find({log, held.partition});
      if (found == tables.positions.end() || found->second.owner_epoch != held.owner_epoch)
        return make_fenced(held.partition);
      found->second.next_offset = next_offset;
      found->second.last_message.reset();
      return {};
    });
  }

  result<std::optional<owned_position>> noted_position(const std::string& log) override {
    const auto now = tables();
    const auto found = now->positions.find({log, 0});
    if (found == now->positions.end() || found->second.next_offset < 0)
      return std::optional<owned_position>();
    const auto& noted = found->second;
    return std::optional(owned_position{0, noted.owner_epoch, noted.next_offset, noted.last_message});
  }

  /// Nobody else can have it open: the lease is ours for the asking.
  result<std::optional<std::int64_t>> lease_feed(const std::string& destination, std::string_view,
                                                 std::int64_t published, std::chrono::milliseconds) override {
    std::int64_t cursor = 0;
    auto done = change([&](memory_tables& held) -> result<void> {
      auto& stored = held.feeds[destination];
      cursor = stored = std::max(stored, published);
      return {};
    });
    return done ? result<std::optional<std::int64_t>>(cursor) : done.error();
  }

  result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) override {
    return change([&](memory_tables& held) -> result<void> {
      for (const auto partition : partitions)
        if (const auto found = held.positions.find({log, partition}); found != held.positions.end())
          found->second.has_caught_up = true;
      return {};
    });
  }

private:
  /// Changes the tables as one transaction.
  template <class Work>
  result<void> change(Work&& work) {
    const auto before = database_->tables();
    auto after = *before;
    if (auto done = work(after); !done)
      return done;
    return database_->replace(before, std::move(after));
  }
};

} // namespace

std::unique_ptr<store> open_memory_store(std::shared_ptr<memory_database> opened) {
  return std::make_unique<memory_store>(std::move(opened));
}

std::unique_ptr<store_reader> open_memory_reader(std::shared_ptr<memory_database> opened) {
  return std::make_unique<memory_reader<store_reader>>(std::move(opened));
}

} // namespace kollect::consumer::test

#ifndef KOLLECT_CONSUMER_TEST_FAULTY_STORE_HPP
#define KOLLECT_CONSUMER_TEST_FAULTY_STORE_HPP

#include "store/store.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace kollect::consumer::test {

/// Failures to come and what was asked, shared by all stores that are opened while they last.
struct store_faults {
  int lease_refusals = 0;          ///< how often another process holds the lease of the change feed
  std::deque<failure> begin;       ///< each fails one begin()
  std::deque<failure> claim;       ///< each fails one claim()
  std::deque<failure> commit;      ///< each fails one commit(), which has done nothing
  std::deque<failure> answer;      ///< each fails one commit(), which has been done all the same
  std::function<void()> on_commit; ///< told of every commit that was done
  std::int64_t row_reads = 0;      ///< how often a scope's rows were read
  std::int64_t comparisons = 0;    ///< how often a snapshot was compared in the store

  static std::optional<failure> take(std::deque<failure>& from) {
    if (from.empty())
      return {};
    auto next = std::move(from.front());
    from.pop_front();
    return next;
  }
};

/// A transaction that fails when it is told to.
class faulty_transaction final : public transaction {
public:
  faulty_transaction(std::unique_ptr<transaction> inner, store_faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}

  result<void> commit() override {
    if (auto refused = store_faults::take(faults_.commit))
      return *refused;
    auto done = inner_->commit();
    if (done && faults_.on_commit)
      faults_.on_commit();
    if (auto lost = store_faults::take(faults_.answer))
      return *lost;
    return done;
  }

  result<void> advance(const std::string& log, const owned_position& held,
                       const owned_position& moved) override {
    return inner_->advance(log, held, moved);
  }
  result<void> note_position(const std::string& log, const owned_position& reached) override {
    return inner_->note_position(log, reached);
  }
  result<void> lock_scopes(const std::set<scope>& scopes) override { return inner_->lock_scopes(scopes); }
  result<scope_record> open_scope(const scope& which) override { return inner_->open_scope(which); }
  result<void> expect_keys(std::span<const expected_key> keys) override { return inner_->expect_keys(keys); }
  result<bool> is_known(std::int64_t id, const dedup_key& key) override { return inner_->is_known(id, key); }
  result<void> remember(std::int64_t id, const dedup_key& key, const timestamp& instant) override {
    return inner_->remember(id, key, instant);
  }
  result<held_rows> rows(std::int64_t id) override {
    ++faults_.row_reads;
    return inner_->rows(id);
  }
  result<void> distrust(std::int64_t id) override { return inner_->distrust(id); }
  result<void> stage(std::int64_t id, std::span<const staged_row> rows) override {
    return inner_->stage(id, rows);
  }
  result<row_counts> compare_staged(std::int64_t id) override {
    ++faults_.comparisons;
    return inner_->compare_staged(id);
  }
  result<std::vector<change>> take_staged(std::int64_t id, std::int64_t bytes) override {
    return inner_->take_staged(id, bytes);
  }
  result<void> clear_staged(std::int64_t id) override { return inner_->clear_staged(id); }
  result<std::unique_ptr<snapshot_writer>> write_snapshot(const snapshot_place& place) override {
    return inner_->write_snapshot(place);
  }
  result<void> note_held_back(std::int64_t id, const sha256_digest& items) override {
    return inner_->note_held_back(id, items);
  }
  result<waiting_parts> waiting(std::int64_t id, const part_set& set) override {
    return inner_->waiting(id, set);
  }
  result<void> hold_part(std::int64_t id, const pending_part& part) override {
    return inner_->hold_part(id, part);
  }
  result<pending_part> read_part(std::int64_t id, const part_set& set, std::uint32_t index) override {
    return inner_->read_part(id, set, index);
  }
  result<void> drop_parts(std::int64_t id, const part_set& set) override {
    return inner_->drop_parts(id, set);
  }
  result<std::int64_t> drop_superseded_parts(std::int64_t id, const snapshot_order& held) override {
    return inner_->drop_superseded_parts(id, held);
  }
  result<std::optional<torn_set>> find_torn_set(const retention& bounds, const timestamp& now) override {
    return inner_->find_torn_set(bounds, now);
  }
  result<bool> bury(const dead_letter& letter, std::string_view value) override {
    return inner_->bury(letter, value);
  }
  result<std::optional<stored_dead_letter>> take_dead_letter(std::int64_t id) override {
    return inner_->take_dead_letter(id);
  }
  result<void> count(const outcome_counts& counts) override { return inner_->count(counts); }
  result<void> prune(const retention& bounds) override { return inner_->prune(bounds); }

private:
  std::unique_ptr<transaction> inner_;
  store_faults& faults_;
};

/// A store that fails when it is told to.
class faulty_store final : public store {
public:
  faulty_store(std::unique_ptr<store> inner, store_faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}

  result<std::unique_ptr<transaction>> begin() override {
    if (auto refused = store_faults::take(faults_.begin))
      return *refused;
    auto begun = inner_->begin();
    if (!begun)
      return begun;
    return std::unique_ptr<transaction>(new faulty_transaction(std::move(*begun), faults_));
  }

  result<std::vector<owned_position>> claim(const std::string& log, std::span<const std::int32_t> partitions,
                                            std::string_view owner) override {
    if (auto refused = store_faults::take(faults_.claim))
      return *refused;
    return inner_->claim(log, partitions, owner);
  }

  result<void> rewind(const std::string& log, const owned_position& held, std::int64_t next) override {
    return inner_->rewind(log, held, next);
  }
  result<std::optional<owned_position>> noted_position(const std::string& log) override {
    return inner_->noted_position(log);
  }
  result<std::optional<std::int64_t>> lease_feed(const std::string& destination, std::string_view owner,
                                                 std::int64_t published,
                                                 std::chrono::milliseconds lease) override {
    if (faults_.lease_refusals > 0) {
      --faults_.lease_refusals;
      return std::optional<std::int64_t>();
    }
    return inner_->lease_feed(destination, owner, published, lease);
  }
  result<void> note_caught_up(const std::string& log, std::span<const std::int32_t> partitions) override {
    return inner_->note_caught_up(log, partitions);
  }
  result<void> keep_index(const index_paths& paths) override { return inner_->keep_index(paths); }
  result<index_progress> build_index(std::int64_t rows) override { return inner_->build_index(rows); }
  result<index_paths> indexed() override { return inner_->indexed(); }
  result<std::optional<std::vector<row_interval>>>
  find_intervals(const item_filter& filter, const std::optional<std::vector<std::int64_t>>& scope_ids,
                 const row_identity& from) override {
    return inner_->find_intervals(filter, scope_ids, from);
  }
  result<std::vector<stored_row>> rows_in_order(const row_query& range) override {
    return inner_->rows_in_order(range);
  }
  result<shared_row_counts> shared_rows() override { return inner_->shared_rows(); }
  result<void> read_at_once(const std::function<result<void>()>& work) override {
    return inner_->read_at_once(work);
  }
  result<std::string> signing_key() override { return inner_->signing_key(); }
  result<std::vector<std::int64_t>> dead_letter_ids(std::string_view reason, std::int64_t after,
                                                    std::int64_t limit) override {
    return inner_->dead_letter_ids(reason, after, limit);
  }
  result<std::optional<stored_dead_letter>> dead_letter_of(std::int64_t id, std::int64_t most) override {
    return inner_->dead_letter_of(id, most);
  }
  result<std::vector<stored_dead_letter>> newest_dead_letters(std::int64_t before,
                                                              std::int64_t limit) override {
    return inner_->newest_dead_letters(before, limit);
  }
  result<std::int64_t> last_cursor() override { return inner_->last_cursor(); }
  result<std::string> store_id() override { return inner_->store_id(); }
  result<void> wait_for_commit(std::chrono::milliseconds longest) override {
    return inner_->wait_for_commit(longest);
  }
  result<void> for_each_row(const visit_row& visit) override { return inner_->for_each_row(visit); }
  result<std::vector<feed_entry>> changes_after(std::int64_t cursor, std::int64_t limit) override {
    return inner_->changes_after(cursor, limit);
  }
  result<std::vector<stored_dead_letter>> dead_letters(std::int64_t after, std::int64_t limit) override {
    return inner_->dead_letters(after, limit);
  }
  result<std::vector<scope_summary>> forgotten_scopes() override { return inner_->forgotten_scopes(); }
  result<std::vector<scope_summary>> scopes() override { return inner_->scopes(); }
  result<std::vector<stored_position>> positions() override { return inner_->positions(); }
  result<std::vector<std::string>> contradictions() override { return inner_->contradictions(); }
  result<outcome_counts> counts() override { return inner_->counts(); }

private:
  std::unique_ptr<store> inner_;
  store_faults& faults_;
};

} // namespace kollect::consumer::test

#endif

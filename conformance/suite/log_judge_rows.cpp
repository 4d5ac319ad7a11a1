#include "log_judge_families.hpp"

#include <map>
#include <set>
#include <utility>

namespace kollect::conformance {

namespace {

/// ROW-03: over the parts of a set, until it is complete.
class found_rows final : public log_judge {
public:
  explicit found_rows(const log_facts& log) : log_(&log) {}

  void see(const seen_message& message, judgement& out) override {
    const auto& facts = *message.facts;
    if (!facts.is_part()) {
      row_identities rows;
      return add(rows, facts, out);
    }
    const auto id = set_of(facts);
    const auto bytes = facts.row_count * sizeof(digest) + bytes_a_part;
    const auto known = sets_.find(id);
    if (known != sets_.end() && known->second.is_done)
      return;
    if (!log_->memory->take(bytes + (known == sets_.end() ? bytes_a_set : 0))) {
      ++passed_over_;
      row_identities rows;
      return add(rows, facts, out);
    }
    auto& set = sets_[id];
    set.bytes += bytes;
    if (!set.payloads.insert(digest_of(facts.payload->raw)).second)
      return;
    set.is_mixed = !set.indexes.insert(facts.part_index).second || set.is_mixed;
    const bool is_named = names_inventory(facts);
    add(set.rows, facts, is_named ? out : set.seen);
    if (set.payloads.size() == static_cast<std::size_t>(facts.part_total)) {
      tell(set, out);
      log_->memory->give_back(set.bytes);
      set = {.is_done = true};
    }
  }

  void end(judgement& out) const override {
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "parts of sets"));
  }

private:
  static constexpr std::size_t bytes_a_part = 100, bytes_a_set = 200;

  struct found_set {
    bool is_done = false;
    std::size_t bytes = 0;
    bool is_mixed = false; ///< one index twice: of several inventories, it may be
    std::set<digest> payloads{};
    std::set<std::int64_t> indexes{};
    row_identities rows{};
    judgement seen{};
  };

  /// Without the inventory's name, what was seen of a set counts once it is known to be one.
  static void tell(found_set& set, judgement& out) {
    out.looked_at += set.seen.looked_at;
    if (set.is_mixed)
      return;
    out.more_findings += set.seen.more_findings;
    for (auto& one : set.seen.findings)
      out.complain(std::move(one));
  }

  void add(row_identities& rows, const message_facts& facts, judgement& out) const {
    const auto before = rows.size();
    rows.add(facts, [&](const json_node& row) {
      out.complain(about_repeated_row(log_->about->system, facts, row));
    });
    out.looked_at += rows.size() - before;
  }

  const log_facts* log_;
  std::map<digest, found_set> sets_;
  std::size_t passed_over_ = 0;
};

} // namespace

std::unique_ptr<log_judge> judge_found_rows(const log_facts& log) {
  return std::make_unique<found_rows>(log);
}

} // namespace kollect::conformance

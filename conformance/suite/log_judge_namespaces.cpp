#include "log_judge_families.hpp"

#include <map>
#include <set>
#include <string>

namespace kollect::conformance {

namespace {

/// ENV-07, where it is not known what was asked for: an inventory's label is among the targetNamespaces of
/// its rows. One that none of them has is what a cluster-wide inventory, or a path template, made of it.
class found_namespaces final : public log_judge {
public:
  explicit found_namespaces(const log_facts& log) : log_(&log) {}

  void see(const seen_message& message, judgement&) override {
    const auto label = message.facts->label("namespace");
    if (!label || message.facts->row_count == 0)
      return; // ENV-02
    auto* const rows = find(*message.facts, *label);
    if (rows == nullptr)
      return;
    for (const auto& row : message.facts->rows()) {
      if (rows->is_named)
        break;
      const auto target = row.find("targetNamespace");
      if (!target || target->kind != json_kind::string)
        continue; // ROW-01
      const auto name = target->text.decode();
      rows->is_seen = true;
      rows->is_named = name == *label;
      if (rows->names.size() < most_names)
        rows->names.insert(printable_excerpt(name, 60));
    }
    if (rows->is_named)
      *rows = {.is_named = true, .is_seen = true};
  }

  void end(judgement& out) const override {
    for (const auto& [label, rows] : labels_) {
      if (!rows.is_seen)
        continue;
      out.look();
      if (rows.is_named)
        continue;
      std::string names;
      for (const auto& name : rows.names)
        if (names.size() < 100)
          names.append(names.empty() ? "" : ", ").append(name);
      out.complain(
          {.what = "the namespace is one that no row's targetNamespace has: it is not the inventory's",
           .place = rows.place,
           .expected = "one of the rows': " + names,
           .found = "\"" + rows.label + "\"",
           .is_operators = true});
    }
    if (passed_over_ != 0)
      out.note(note_of_limit(passed_over_, "messages in namespaces"));
  }

private:
  static constexpr std::size_t most_names = 10, bytes_each = 300;

  struct labelled_rows {
    bool is_named = false; ///< by a row's targetNamespace
    bool is_seen = false;
    std::string place{}, label{}; ///< for people
    std::set<std::string> names{};
  };

  labelled_rows* find(const message_facts& message, const std::string& label) {
    const auto key = digest_of_all({message.label("cluster").value_or(""), label});
    const auto found = labels_.find(key);
    if (found != labels_.end())
      return &found->second;
    if (!log_->memory->take(bytes_each)) {
      ++passed_over_;
      return nullptr;
    }
    return &labels_
                .emplace(key, labelled_rows{.place = place_of(log_->about->system, *message.source),
                                            .label = printable_excerpt(label)})
                .first->second;
  }

  const log_facts* log_;
  std::map<digest, labelled_rows> labels_;
  std::size_t passed_over_ = 0;
};

} // namespace

std::unique_ptr<log_judge> judge_found_namespaces(const log_facts& log) {
  return std::make_unique<found_namespaces>(log);
}

} // namespace kollect::conformance

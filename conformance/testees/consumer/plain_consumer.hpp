#ifndef KOLLECT_TESTEES_CONSUMER_PLAIN_CONSUMER_HPP
#define KOLLECT_TESTEES_CONSUMER_PLAIN_CONSUMER_HPP

#include "consumer_testee.hpp"
#include "fault.hpp"
#include "plain_message.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace kollect::testees {

/// A consumer that keeps the contract in the plainest way, but for its fault. It shares no rule with the
/// SDK's projection.
class plain_consumer final : public row_keeper {
public:
  explicit plain_consumer(const consumer_fault* fault) : faults_{fault} {}

  result<void> take(const received_message& message) override;
  void write_state(json_writer& out) const override;
  void begin_again() override { has_begun_again_ = true; }

private:
  struct held_rows {
    std::tuple<std::int64_t, instant> order{}; ///< generation first where that is the fault
    instant exported_at{};
    std::map<std::string, std::vector<std::string>> rows{}; ///< by identity; more than one is the fault
  };
  struct waiting_set {
    std::map<std::int64_t, plain_message> parts{};
    std::size_t came = 0;
    bool has_conflict = false;
  };
  using set_name = std::tuple<scope, std::int64_t, std::int64_t, std::int64_t>;

  bool has(std::string_view fault) const { return faults_.has(fault); }
  bool is_bad_start(const received_message& message);
  scope scope_of(const plain_message& message) const;
  std::string key_of(const plain_message& message) const;
  set_name name_of(const plain_message& message) const;
  void take_part(plain_message message, const received_message& came);
  void apply(const plain_message& message);
  void add_rows(held_rows& to, const plain_message& message) const;
  void look_after_silent(const plain_message& newest);

  fault_in_use faults_;
  std::map<scope, held_rows> scopes_;
  std::map<set_name, waiting_set> sets_;
  std::set<std::string> keys_;
  std::map<std::string, int> messages_; ///< by cluster
  std::int64_t refused_ = 0;
  bool has_begun_again_ = false;
  timestamp begun_at_ = kollect::now();
  std::set<scope> seen_again_;
  bool is_stuck_ = false;
  bool drops_next_ = false;
};

} // namespace kollect::testees

#endif

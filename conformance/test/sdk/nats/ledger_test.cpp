#include <kollect/nats/detail/ledger.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace kollect::nats::detail {
namespace {

const clock::time_point start{};

TEST(ack_ledger, tells_what_was_acknowledged_in_order) {
  const auto ledger = std::make_shared<ack_ledger>();
  const auto first = ack_ledger::enter(ledger, "a", start), second = ack_ledger::enter(ledger, "b", start);
  const auto third = ack_ledger::enter(ledger, "c", start);
  EXPECT_TRUE(ledger->acknowledged().empty());
  third.acknowledge();
  first.acknowledge();
  using entries = std::vector<std::pair<std::uint64_t, std::string>>;
  EXPECT_EQ(ledger->acknowledged(), (entries{{first.number, "a"}, {third.number, "c"}}));
  EXPECT_TRUE(ledger->settle(first.number));
  EXPECT_FALSE(ledger->settle(first.number));
  EXPECT_EQ(ledger->acknowledged(), (entries{{third.number, "c"}}));
  EXPECT_EQ(ledger->size(), 2U);
}

TEST(ack_ledger, forgets_what_nobody_can_acknowledge) {
  const auto ledger = std::make_shared<ack_ledger>();
  auto held = ack_ledger::enter(ledger, "held", start), dropped = ack_ledger::enter(ledger, "dropped", start);
  auto done = ack_ledger::enter(ledger, "done", start);
  done.acknowledge();
  dropped.acknowledge = nullptr;
  done.acknowledge = nullptr;
  ledger->drop_abandoned();
  EXPECT_NE(ledger->find(held.number), nullptr);
  EXPECT_EQ(ledger->find(dropped.number), nullptr);
  EXPECT_NE(ledger->find(done.number), nullptr); // it still has to be sent
  std::size_t visited = 0;
  ledger->visit([&](const ack_ledger::entry&) { ++visited; });
  EXPECT_EQ(visited, 2U);
}

TEST(ack_ledger, may_be_gone_when_a_message_is_acknowledged) {
  auto ledger = std::make_shared<ack_ledger>();
  const auto entered = ack_ledger::enter(ledger, "a", start);
  ledger.reset();
  EXPECT_NO_THROW(entered.acknowledge());
}

TEST(ack_ledger, ignores_a_second_acknowledgement_of_a_settled_message) {
  const auto ledger = std::make_shared<ack_ledger>();
  const auto entered = ack_ledger::enter(ledger, "a", start);
  entered.acknowledge();
  ledger->settle(entered.number);
  entered.acknowledge();
  EXPECT_EQ(ledger->size(), 0U);
}

} // namespace
} // namespace kollect::nats::detail

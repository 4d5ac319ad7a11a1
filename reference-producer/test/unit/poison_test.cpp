#include "simulation/poison.hpp"
#include "test/support/message_fold.hpp"

#include <kollect/export.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace kollect::producer {
namespace {

const scope where{"prod-west", "team-a", "all"};

connection sink_of(broker_system system) {
  connection sink;
  sink.system = system;
  sink.destination = "inventory.changes";
  return sink;
}

TEST(poison, is_refused_for_the_reason_that_names_it) {
  random_source numbers(1);
  const auto now = kollect::now();
  std::set<std::string_view> names;
  for (std::size_t kind = 0; kind < poison_kind_count(); ++kind) {
    for (int round = 0; round < 50; ++round) {
      const auto message = make_poison(kind, sink_of(broker_system::kafka), where, now, numbers).value();
      test::message_fold fold;
      const auto reason = fold.add(message.value, message.key);
      ASSERT_TRUE(reason.has_value()) << message.value;
      EXPECT_EQ(error_name(*reason), poison_name(kind)) << message.value;
      EXPECT_EQ(fold.state(), "[]\n");
      EXPECT_EQ(fold.pending_sets(), 0U);
    }
    names.insert(poison_name(kind));
  }
  EXPECT_EQ(names.size(), poison_kind_count());
}

TEST(poison, comes_under_the_key_and_headers_of_its_scope) {
  random_source numbers(1);
  for (std::size_t kind = 0; kind < poison_kind_count(); ++kind) {
    const auto message = make_poison(kind, sink_of(broker_system::kafka), where, {}, numbers).value();
    EXPECT_EQ(message.key, "prod-west:team-a/all");
    EXPECT_EQ(message.destination, "inventory.changes");
    EXPECT_EQ(message.headers.size(), 2U);
  }
}

TEST(poison, has_an_id_of_its_own_on_nats) {
  random_source numbers(1);
  std::set<std::string> ids;
  for (std::size_t kind = 0; kind < poison_kind_count(); ++kind)
    for (int round = 0; round < 3; ++round)
      ids.insert(
          make_poison(kind, sink_of(broker_system::nats), where, {}, numbers).value().headers.at(0).value);
  EXPECT_EQ(ids.size(), 3 * poison_kind_count());
}

} // namespace
} // namespace kollect::producer

#include "mutants_test.hpp"

#include <optional>

namespace kollect::conformance::test {
namespace {

/// All faults but Kafka's, on one real nats-server.
class mutants_on_nats : public mutants {
protected:
  static void SetUpTestSuite() {
    stage_options options;
    options.target.system = broker_system::nats;
    brokers_.emplace(std::move(options));
  }
  static void TearDownTestSuite() { brokers_.reset(); }

  static inline std::optional<stage> brokers_;
};

TEST_P(mutants_on_nats, fail_their_own_clause_alone) {
  expect_caught(*brokers_, GetParam());
}

INSTANTIATE_TEST_SUITE_P(common, mutants_on_nats, testing::ValuesIn(faults_of(profile::every_sink)), name_of);
INSTANTIATE_TEST_SUITE_P(variation, mutants_on_nats, testing::ValuesIn(names_of_variations(false)), name_of);
INSTANTIATE_TEST_SUITE_P(own, mutants_on_nats, testing::ValuesIn(faults_of(profile::nats)), name_of);

} // namespace
} // namespace kollect::conformance::test

#include "mutants_test.hpp"

#include <optional>

namespace kollect::conformance::test {
namespace {

/// Kafka's own faults, on one real Apache Kafka; the others are seen on NATS, by the same judges.
class mutants_on_kafka : public mutants {
protected:
  static void SetUpTestSuite() {
    stage_options options;
    options.target.system = broker_system::kafka;
    brokers_.emplace(std::move(options));
  }
  static void TearDownTestSuite() { brokers_.reset(); }

  static inline std::optional<stage> brokers_;
};

TEST_P(mutants_on_kafka, fail_their_own_clause_alone) {
  expect_caught(*brokers_, GetParam());
}

INSTANTIATE_TEST_SUITE_P(variation, mutants_on_kafka, testing::ValuesIn(names_of_variations(true)), name_of);
INSTANTIATE_TEST_SUITE_P(own, mutants_on_kafka, testing::ValuesIn(faults_of(profile::kafka)), name_of);

} // namespace
} // namespace kollect::conformance::test

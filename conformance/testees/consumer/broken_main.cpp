#include "plain_consumer.hpp"

#include <kollect/nats/end_process.hpp>
#include <program/exit_code.hpp>

#include <iostream>

/// broken-consumer [FAULT]: a consumer with that fault and no other; without one it keeps the contract.
int main(int count, char** words) {
  using namespace kollect;
  const auto* const fault = count > 1 ? testees::find_consumer_fault(words[1]) : nullptr;
  if (count > 1 && fault == nullptr) {
    std::cerr << "broken-consumer: there is no fault " << words[1] << '\n';
    nats::end_process(program::usage);
  }
  testees::reading_habits habits;
  habits.skips_what_came_meanwhile = fault != nullptr && fault->name == "begins-at-end";
  nats::end_process(testees::run_consumer_testee(
      "broken-consumer", [fault] { return std::make_unique<testees::plain_consumer>(fault); }, habits));
}

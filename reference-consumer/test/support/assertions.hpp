#ifndef KOLLECT_CONSUMER_TEST_ASSERTIONS_HPP
#define KOLLECT_CONSUMER_TEST_ASSERTIONS_HPP

#include <kollect/error.hpp>
#include <kollect/outcome.hpp>

#include <gtest/gtest.h>

namespace kollect::consumer::test {

/// Success where there is a value; else says the failure.
template <class Value>
testing::AssertionResult succeeds(const result<Value>& actual) {
  if (actual.has_value())
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << actual.error() << " (" << error_name(actual.error().reason()) << ")";
}

/// Success where the result is a failure with this reason.
template <class Value>
testing::AssertionResult fails_with(const result<Value>& actual, error reason) {
  if (actual.has_value())
    return testing::AssertionFailure() << "it succeeds, expected " << error_name(reason);
  if (actual.error().reason() == reason)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "expected " << error_name(reason) << ", it is "
                                     << error_name(actual.error().reason()) << ": " << actual.error();
}

} // namespace kollect::consumer::test

#endif

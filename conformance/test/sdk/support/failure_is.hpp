#ifndef KOLLECT_SDK_TEST_FAILURE_IS_HPP
#define KOLLECT_SDK_TEST_FAILURE_IS_HPP

#include <gtest/gtest.h>

#include <kollect/error.hpp>

#include <cstddef>
#include <optional>

namespace kollect::test {

/// Success where the result is this failure and, if an offset is given, was found at that byte.
template <class Value>
testing::AssertionResult failure_is(const result<Value>& actual, error reason,
                                    std::optional<std::size_t> offset = {}) {
  if (actual.has_value())
    return testing::AssertionFailure() << "there is a value, expected " << error_name(reason);
  const auto& found = actual.error();
  if (found.reason() != reason)
    return testing::AssertionFailure()
           << "expected " << error_name(reason) << ", it is " << error_name(found.reason()) << ": " << found;
  if (!offset)
    return testing::AssertionSuccess();
  if (!found.position)
    return testing::AssertionFailure() << "there is no position: " << found;
  if (found.position->offset != *offset)
    return testing::AssertionFailure()
           << "expected byte " << *offset << ", it is byte " << found.position->offset << ": " << found;
  return testing::AssertionSuccess();
}

/// Success where there is a value; else says the failure.
template <class Value>
testing::AssertionResult has_value(const result<Value>& actual) {
  if (actual.has_value())
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << actual.error();
}

} // namespace kollect::test

#endif

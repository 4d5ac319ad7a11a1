#ifndef KOLLECT_SDK_TEST_HEX_DUMP_HPP
#define KOLLECT_SDK_TEST_HEX_DUMP_HPP

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace kollect::test {

/// Sixteen bytes a line: offset, hex, text; the lines around `at`, whose line is marked.
std::string hex_dump(std::string_view bytes, std::size_t at);

/// Success where both are equal byte for byte; else says where the first difference is, with a dump of each
/// around it.
testing::AssertionResult same_bytes(std::string_view actual, std::string_view expected);

} // namespace kollect::test

#endif

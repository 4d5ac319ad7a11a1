#ifndef KOLLECT_CONSUMER_TEST_HOSTILE_TEXTS_HPP
#define KOLLECT_CONSUMER_TEST_HOSTILE_TEXTS_HPP

#include <string>
#include <string_view>
#include <vector>

namespace kollect::consumer::test {

/// Texts that a store must neither read as SQL nor shorten nor change.
inline std::vector<std::string> hostile_texts() {
  return {"",
          "plain",
          std::string("\0", 1),
          std::string("a\0b", 3),
          std::string("a\0c", 3),
          "' OR '1'='1",
          "'; DROP TABLE items; --",
          "\"quoted\" `name` [name] $1 ?1 :x @x %s",
          "\\ \\x00 \\N \\.",
          "line\r\nbreak\ttab\x1B[2J",
          "\xC3\xA4\xE2\x80\xAE\xF0\x9F\x98\x80",
          " leading and trailing ",
          "NULL",
          std::string(1'000'000, 'n')};
}

} // namespace kollect::consumer::test

#endif

#ifndef KOLLECT_CONSUMER_TEST_HOSTILE_TEXTS_HPP
#define KOLLECT_CONSUMER_TEST_HOSTILE_TEXTS_HPP

#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

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

/// The bytes that base64 text stands for.
inline std::string decode_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  while (text.ends_with('='))
    text.remove_suffix(1), bytes.pop_back();
  return bytes;
}

} // namespace kollect::consumer::test

#endif

#ifndef KOLLECT_SDK_TEST_ADDRESSES_HPP
#define KOLLECT_SDK_TEST_ADDRESSES_HPP

#include <kollect/error.hpp>

#include <string>
#include <vector>

namespace kollect::test {

/// What one translation unit takes for the library's few objects, and what it makes of one message.
struct sight {
  std::vector<const void*> addresses;
  std::string dedup_key;
  std::size_t scope_hash = 0;

  friend bool operator==(const sight&, const sight&) = default;
};

inline constexpr const char* message =
    R"({"timestamp":"2026-01-15T12:00:00Z","cluster":"c","namespace":"n","payload":[{"uid":"u"}]})";

sight first_sight();
sight second_sight();

} // namespace kollect::test

#endif

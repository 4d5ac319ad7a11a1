// A line that a testee answers with: read, or refused in one line.

#include "require.hpp"

#include <suite/consumer_state.hpp>
#include <suite/testee_answer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using kollect::fuzz::require;

template <class Value>
bool is_read(const kollect::result<Value>& read) {
  if (read)
    return true;
  require(read.error().reason() == kollect::error::syntax, "there is one reason only");
  for (const char letter : to_string(read.error()))
    require(static_cast<unsigned char>(letter) >= 0x20, "a failure has no control characters");
  return false;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto answer = kollect::conformance::read_answer_line(line, 1);
  if (!is_read(answer))
    return 0;
  (void)is_read(kollect::conformance::read_answer(*answer));
  (void)is_read(kollect::conformance::read_identity(*answer));
  const auto held = kollect::conformance::read_consumer_state(*answer);
  if (!is_read(held))
    return 0;
  for (const auto& one : held->scopes)
    for (const auto& row : one.rows) {
      const auto again = kollect::conformance::normal_row(row);
      require(again.has_value() && *again == row, "a normal form is its own");
    }
  return 0;
}

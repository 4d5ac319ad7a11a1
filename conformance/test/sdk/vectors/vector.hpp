#ifndef KOLLECT_SDK_TEST_VECTOR_HPP
#define KOLLECT_SDK_TEST_VECTOR_HPP

#include <kollect/snapshot.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {

/// A message that must come out.
struct expected_message {
  std::string value;
  std::string nats_message_id;
};

/// One line of fixed.jsonl or random.jsonl: the inputs, and what they must give.
struct vector {
  std::string name;
  kollect::scope scope;
  std::string timestamp;
  std::string exported_at;
  std::int64_t generation = 0;
  std::size_t max_export_bytes = 0;
  std::string items; ///< the JSON text, as spelled
  std::string key;
  std::string items_checksum;
  expected_message bare_array;
  std::vector<expected_message> export_envelope;
  bool is_oversized = false;
};

/// The lines of a file in the vectors' folder.
std::vector<std::string> read_lines(const std::string& file);

/// Reads one line; throws where it is not what the vectors' README says.
vector read_vector(std::string_view line);

} // namespace kollect::test

#endif

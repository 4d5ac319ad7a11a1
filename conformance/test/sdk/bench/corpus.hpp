#ifndef KOLLECT_SDK_BENCH_CORPUS_HPP
#define KOLLECT_SDK_BENCH_CORPUS_HPP

#include <kollect/item.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace kollect::bench {

/// A message to measure with, always the same bytes for the same shape.
struct corpus {
  std::string name{};
  std::size_t nominal_bytes = 0; ///< about as long as the message is
  bool is_export_envelope = false;
  bool has_escapes = false; ///< one character in ten of the message is escaped
  std::string message{};
  std::string payload{};
  std::string items{}; ///< the payload of an array, the items of an export envelope
};

/// A workload's row, as an inventory of Deployments would have it: about 500 bytes, twice as much with
/// escapes.
item make_row(std::size_t number, bool has_escapes);

/// Messages of about 1 KiB, 8 KiB, 200 KiB and 4 MiB, in both forms, with and without escapes.
std::vector<corpus> make_corpora();

} // namespace kollect::bench

#endif

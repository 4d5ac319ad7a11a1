#ifndef KOLLECT_SDK_BENCH_WORKS_HPP
#define KOLLECT_SDK_BENCH_WORKS_HPP

#include "corpus.hpp"

#include <kollect/checksum.hpp>
#include <kollect/dedup_key.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace kollect::bench {

/// What the rows of a snapshot come to: the same for all who read all rows.
struct row_sums {
  std::size_t rows = 0;
  std::size_t identity_bytes = 0; ///< of the five fields of ROW-03

  friend bool operator==(const row_sums&, const row_sums&) = default;
};

// What is measured. Each works on a corpus that outlives it, keeps its memory from run to run as far as
// its library lets it, and answers something that can be compared.
using fingerprint_work = std::function<fingerprint()>;
using key_work = std::function<sha256_digest()>;
using row_work = std::function<row_sums()>;
using text_work = std::function<std::string()>;

using fingerprint_function = fingerprint (*)(std::string_view) noexcept;

/// XXH3-128 as xxhash.h alone gives it: compiled for the target's own instruction set. fingerprint_of() may
/// be faster, with the same values.
fingerprint compiled_fingerprint(std::string_view text) noexcept;

fingerprint_work fingerprint_by_kollect(const corpus& data);
fingerprint_work fingerprint_by_simdjson(const corpus& data, fingerprint_function print);
fingerprint_work fingerprint_by_boost_dom(const corpus& data);
fingerprint_work fingerprint_alone(const corpus& data, fingerprint_function print);

key_work key_by_kollect(const corpus& data);
key_work key_by_boost_dom(const corpus& data);
key_work sha256_alone(const corpus& data);
key_work items_sha256_alone(const corpus& data); ///< what an export envelope's checksum is over

row_work rows_by_kollect(const corpus& data);           ///< of a checked snapshot
row_work check_and_rows_by_kollect(const corpus& data); ///< from the message
row_work check_and_walk_by_kollect(const corpus& data); ///< from the message, rows not fingerprinted
row_work lazy_items_by_kollect(const corpus& data);     ///< the same, and each row's texts decoded
row_work walk_by_simdjson(const corpus& data);          ///< of the message's DOM
row_work rows_by_boost_dom(const corpus& data);
row_work items_by_kollect(const corpus& data);     ///< parse_items over those of before
row_work new_items_by_kollect(const corpus& data); ///< parse_items
row_work items_by_boost_dom(const corpus& data);

text_work encode_by_kollect(const corpus& data);
text_work encode_by_boost(const corpus& data);

row_work fresh_snapshot(const corpus& data);     ///< all rows of a scope that held none
row_work unchanged_snapshot(const corpus& data); ///< the payload's bytes are those held
row_work duplicate_message(const corpus& data);  ///< the key is in the window

} // namespace kollect::bench

#endif

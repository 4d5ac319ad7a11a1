#ifndef KOLLECT_PRODUCER_TESTEE_REQUEST_HPP
#define KOLLECT_PRODUCER_TESTEE_REQUEST_HPP

#include <kollect/connection.hpp>
#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::producer {

/// One line of the conformance suite's testee protocol (docs/conformance.md, "Protocol"). The fields are the
/// raw JSON texts, so that numbers in rows keep their spelling; empty where absent.
struct testee_request {
  std::string id = "null"; ///< as it came, for the answer
  std::string op;
  std::string manifest, secret;                                                        ///< of open
  std::string namespace_, inventory, generation, exported_at, max_export_bytes, items; ///< of export
};

result<testee_request> parse_testee_request(std::string_view line);

/// What an export is to publish.
struct testee_export {
  std::string namespace_;
  std::string inventory;
  std::int64_t generation = 0;
  timestamp exported_at;
  std::size_t max_export_bytes = 0;
  std::vector<item> items;
};

/// error::empty_export where items is null or absent: no payload at all (ENV-08).
result<testee_export> decode_testee_export(const testee_request& request);

/// The sink to open. Values of the secret come from the request and from nowhere else.
result<connection> decode_testee_open(const testee_request& request);

} // namespace kollect::producer

#endif

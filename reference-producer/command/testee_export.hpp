#ifndef KOLLECT_PRODUCER_TESTEE_EXPORT_HPP
#define KOLLECT_PRODUCER_TESTEE_EXPORT_HPP

#include <kollect/error.hpp>
#include <kollect/item.hpp>
#include <kollect/timestamp.hpp>
#include <program/testee_request.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kollect::producer {

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
result<testee_export> decode_testee_export(const program::testee_request& request);

} // namespace kollect::producer

#endif

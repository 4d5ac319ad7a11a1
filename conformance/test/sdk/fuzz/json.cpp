// JSON text as a producer reads, writes and compacts it.

#include "require.hpp"

#include <kollect/kollect.hpp>
#include <kollect/serialize_items.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

using kollect::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const kollect::limits as_payload{.max_depth = 255};
  const auto value = kollect::parse_value(text, as_payload);
  const auto compact = kollect::compact_payload(text);
  require(value.has_value() == compact.has_value(), "both readers agree");
  if (!value) {
    require(value.error().reason() == compact.error().reason(), "both readers give the same reason");
    require(value.error().position->offset == compact.error().position->offset,
            "both readers give the same place");
    require(value.error().position->offset <= size, "a failure has its place");
    return 0;
  }
  const auto written = kollect::serialize(*value).value();
  const auto again = kollect::parse_value(written);
  require(again.has_value(), "what was written can be read");
  const auto twice = kollect::serialize(*again).value();
  // A negative zero is written as -0, which is read as the integer 0.
  require(twice == written || written.find("-0") != std::string::npos, "what was read is written the same");
  require(kollect::serialize(kollect::parse_value(twice).value()).value() == twice, "writing has an end");
  require(kollect::compact_payload(written).value() == written, "what was written is compact");
  require(kollect::compact_payload(*compact).value() == *compact, "what is compact stays so");
  require(kollect::serialize(kollect::parse_value(*compact).value()).value() == written,
          "what is compact means the same");
  require(kollect::detail::simd::find_value_end(*compact, 0) == compact->size(), "the scanner finds the end");
  require(kollect::changed_paths(text, *compact).value().empty(), "what means the same has no changed paths");
  if (const auto rows = kollect::parse_items(text)) {
    const auto items = kollect::serialize_items(*rows).value();
    require(kollect::parse_payload(items)->item_count == rows->size(),
            "what a producer accepts a consumer reads");
  }
  return 0;
}

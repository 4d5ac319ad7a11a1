// A timestamp's text.

#include "require.hpp"

#include <kollect/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

using kollect::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto instant = kollect::parse_timestamp(text);
  if (!instant) {
    require(instant.error().reason() == kollect::error::invalid_timestamp, "there is one reason only");
    return 0;
  }
  const auto written = to_string(*instant);
  require(written.size() <= size && written.size() <= 30, "a text is written no longer than it was read");
  require(kollect::parse_timestamp(written).value() == *instant, "what was written is the same instant");
  require(text.substr(0, 19) == std::string_view(written).substr(0, 19),
          "date and time of day stay as they were");
  require(std::hash<kollect::timestamp>{}(*instant) ==
              std::hash<kollect::timestamp>{}(kollect::timestamp(*instant)),
          "equal instants have one hash");
  return 0;
}

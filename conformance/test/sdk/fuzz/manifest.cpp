// The YAML that people write: read, checked, or refused with a place.

#include "require.hpp"

#include <kollect/manifest/manifest.hpp>
#include <kollect/yaml/read.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using kollect::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto read = kollect::yaml::read_manifest_text(text, "sink.yaml");
  if (!read) {
    const auto told = to_string(read.error());
    require(!told.empty() && told.find('\n') == std::string::npos, "a failure is one line");
    for (const char letter : told)
      require(static_cast<unsigned char>(letter) >= 0x20, "a failure has no control characters");
    return 0;
  }
  for (const auto& sink : read->sinks)
    require(!sink.metadata.name.empty(), "a sink has a name");
  return 0;
}

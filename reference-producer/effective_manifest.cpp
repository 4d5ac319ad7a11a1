#include "effective_manifest.hpp"

#include <kollect/json_writer.hpp>

namespace kollect::producer {

std::string make_manifest(const connection& target) {
  // A JSON string is a double-quoted scalar of YAML.
  const auto quoted = [](std::string_view value) {
    std::string text;
    json_writer(text).value(value);
    return text;
  };
  std::string text = "apiVersion: kollect.dev/v1alpha1\n"
                     "kind: KollectEventSink\n"
                     "metadata:\n"
                     "  name: embedded-broker\n"
                     "spec:\n"
                     "  type: kafka\n"
                     "  cluster: " +
                     quoted(target.cluster) + "\n  kafka:\n    brokers:\n";
  for (const auto& address : target.addresses)
    text += "      - " + quoted(address) + "\n";
  return text + "    topic: " + quoted(target.destination) + "\n";
}

} // namespace kollect::producer

#include "effective_manifest.hpp"

#include <kollect/detail/json_writer.hpp>

namespace kollect::producer {

std::string make_manifest(const connection& target) {
  std::string text = "apiVersion: kollect.dev/v1alpha1\n"
                     "kind: KollectEventSink\n"
                     "metadata:\n"
                     "  name: embedded-broker\n"
                     "spec:\n"
                     "  type: kafka\n"
                     "  cluster: ";
  // A JSON string is a double-quoted scalar of YAML.
  detail::append_string(text, target.cluster);
  text += "\n  kafka:\n    brokers:\n";
  for (const auto& address : target.addresses) {
    text += "      - ";
    detail::append_string(text, address);
    text += '\n';
  }
  text += "    topic: ";
  detail::append_string(text, target.destination);
  return text + "\n";
}

} // namespace kollect::producer

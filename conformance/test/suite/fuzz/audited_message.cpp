// A message of a stranger's log: every judge looks at it, none ends the audit.

#include "require.hpp"

#include <requirements.hpp>
#include <suite/audit.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

using kollect::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace suite = kollect::conformance;
  if (size == 0)
    return 0;
  suite::audit_options options;
  options.system = data[0] % 2 == 0 ? kollect::broker_system::kafka : kollect::broker_system::nats;
  options.read_at = {1'800'000'000, 0};
  suite::recorded_message message;
  message.destination = "log";
  message.key = data[0] % 4 < 2 ? "prod:team-a/deployments" : "prod";
  message.value.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  suite::audit audit(options);
  audit.add(message);
  ++message.offset; // and once more, as logs have it
  audit.add(message);
  audit.end(options.read_at, {});
  require(audit.message_count() == 2, "each message is counted");
  for (const auto& clause : suite::requirements) {
    const auto verdict = audit.judge(clause);
    for (const auto& one : verdict.findings)
      for (const char letter : one.what + one.excerpt)
        require(static_cast<unsigned char>(letter) >= 0x20, "a finding has no control characters");
  }
  return 0;
}

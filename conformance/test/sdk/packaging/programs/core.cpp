// What a stranger's program does with the core of the SDK: reads a message, its key and its rows.
#include <kollect/kollect.hpp>

#include <cstdio>
#include <version>

#if defined(__cpp_lib_format) // g++ 13 and newer
#include <kollect/fmt.hpp>

#include <format>
#endif

int main() {
  constexpr const char* message =
      R"({"timestamp":"2026-01-15T12:00:00Z","cluster":"prod","namespace":"team-a","payload":[{)"
      R"("targetNamespace":"apps","targetName":"web","namespace":"apps","name":"web","version":"v1",)"
      R"("kind":"Pod","uid":"u","attributes":{"load":1.5}}]})";
  const auto head = kollect::read_head(message);
  const auto snapshot = head ? kollect::parse_snapshot(head->envelope) : head.error();
  const auto items = snapshot ? kollect::parse_items(snapshot->items) : snapshot.error();
  if (!items) {
    std::puts(to_string(items.error()).c_str());
    return 1;
  }
#if defined(__cpp_lib_format)
  if (std::format("{:>16}", head->scope) != "    prod:team-a/") {
    std::puts("std::format writes a scope otherwise");
    return 1;
  }
#endif
  // value() would throw: what -fno-exceptions makes of it is the program's to say.
  std::printf("kollect %s: %s, %zu row\n", KOLLECT_VERSION_STRING, to_string(head.value().key).c_str(),
              items.value().size());
  return kollect::fingerprint_of(message) != kollect::fingerprint{} ? 0 : 1;
}

#ifndef KOLLECT_SDK_TEST_MESSAGES_HPP
#define KOLLECT_SDK_TEST_MESSAGES_HPP

#include <kollect/checksum.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kollect::test {

/// Everything of a usual message up to its payload.
inline constexpr std::string_view message_start =
    R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":"2026-01-15T12:00:00Z","cluster":"prod-west","namespace":"team-a","payload":)";

/// A usual message around a payload.
inline std::string message_with(std::string_view payload) {
  return std::string(message_start).append(payload).append("}");
}

/// A row with all fields; `name` is its name and its uid.
inline std::string row_text(std::string_view name, std::string_view attributes = "{}") {
  const std::string text(name);
  return R"({"targetNamespace":"team-a","targetName":"deployments","namespace":"team-a","name":")" + text +
         R"(","group":"apps","version":"v1","kind":"Deployment","uid":")" + text + R"(","attributes":)" +
         std::string(attributes) + "}";
}

/// An export envelope around an items array; `more` goes before exportedAt.
inline std::string export_envelope_text(std::string_view items, std::size_t item_count,
                                        std::string_view more = {}) {
  return R"({"schemaVersion":"kollect.dev/v1alpha1","checksum":")" + to_string(sha256(items)) +
         R"(","itemCount":)" + std::to_string(item_count) + std::string(more) +
         R"(,"exportedAt":"2026-01-15T12:00:00.5Z","items":)" + std::string(items) + "}";
}

} // namespace kollect::test

#endif

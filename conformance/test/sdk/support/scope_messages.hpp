#ifndef KOLLECT_SDK_TEST_SCOPE_MESSAGES_HPP
#define KOLLECT_SDK_TEST_SCOPE_MESSAGES_HPP

#include <support/messages.hpp>

#include <kollect/timestamp.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::test {

/// 2026-01-15T12:00:00Z, so many seconds later.
inline timestamp noon(std::int64_t seconds = 0) {
  return {1'768'478'400 + seconds, 0};
}

/// A message of cluster c, namespace n, or of another cluster.
inline std::string message_at(const timestamp& instant, std::string_view payload,
                              std::string_view cluster = "c") {
  return R"({"schemaVersion":"kollect.dev/v1alpha1","timestamp":")" + to_string(instant) +
         R"(","cluster":")" + std::string(cluster) + R"(","namespace":"n","payload":)" +
         std::string(payload) + "}";
}

/// Rows as an items array.
inline std::string items_of(const std::vector<std::string>& names, std::string_view attributes = "{}") {
  std::string out = "[";
  for (const auto& name : names)
    out += (out.size() > 1 ? "," : "") + row_text(name, attributes);
  return out + "]";
}

/// An export envelope, a part of a set if `total` is over 1.
inline std::string export_at(const timestamp& exported_at, const std::vector<std::string>& names,
                             unsigned index = 0, unsigned total = 0, std::int64_t generation = 1) {
  const auto items = items_of(names);
  return R"({"schemaVersion":"kollect.dev/v1alpha1","checksum":")" + to_string(sha256(items)) +
         R"(","generation":)" + std::to_string(generation) +
         (total == 0
              ? ""
              : R"(,"partIndex":)" + std::to_string(index) + R"(,"partTotal":)" + std::to_string(total)) +
         R"(,"itemCount":)" + std::to_string(names.size()) + R"(,"exportedAt":")" + to_string(exported_at) +
         R"(","items":)" + items + "}";
}

/// The message of a part, sent as soon as it was exported.
inline std::string part_at(const timestamp& exported_at, const std::vector<std::string>& names,
                           unsigned index, unsigned total, std::string_view cluster = "c") {
  return message_at(exported_at, export_at(exported_at, names, index, total), cluster);
}

} // namespace kollect::test

#endif

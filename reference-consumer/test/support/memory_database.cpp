#include "support/memory_database.hpp"

#include "store/stored_values.hpp"

#include <random>

namespace kollect::consumer::test {
namespace {

std::string random_digits() {
  std::random_device source;
  std::string out;
  while (out.size() < 32)
    out += "0123456789abcdef"[source() % 16];
  return out;
}

} // namespace

memory_scope* memory_tables::find(std::int64_t scope_id) {
  for (auto& [which, held] : scopes)
    if (held.record.id == scope_id)
      return &held;
  return nullptr;
}

std::int64_t memory_tables::pending_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [which, held] : scopes)
    for (const auto& [set, parts] : held.parts)
      for (const auto& [index, part] : parts)
        bytes += part.message.size();
  return static_cast<std::int64_t>(bytes);
}

std::int64_t memory_tables::pending_parts() const {
  std::size_t count = 0;
  for (const auto& [which, held] : scopes)
    for (const auto& [set, parts] : held.parts)
      count += parts.size();
  return static_cast<std::int64_t>(count);
}

std::int64_t memory_tables::body_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [id, stored] : letters)
    if (stored.has_body)
      bytes += body_bytes_of(stored.letter, stored.value);
  return bytes;
}

memory_database::memory_database() : id_(random_digits()), key_(random_digits()) {}

memory_database::tables_pointer memory_database::tables() const {
  const std::scoped_lock lock(mutex_);
  return tables_;
}

result<void> memory_database::replace(const tables_pointer& before, memory_tables after) {
  auto made = std::make_shared<memory_tables>(std::move(after));
  {
    const std::scoped_lock lock(mutex_);
    if (tables_ != before)
      return make_failure(error::store_unavailable, "another transaction has been committed meanwhile");
    tables_ = std::move(made);
  }
  replaced_.notify_all();
  return {};
}

void memory_database::wait(const tables_pointer& known, std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  replaced_.wait_for(lock, longest, [&] { return tables_ != known; });
}

} // namespace kollect::consumer::test

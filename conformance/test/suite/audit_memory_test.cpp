#include "sample.hpp"

#include <suite/audit.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::atomic<std::size_t> bytes_now = 0, bytes_most = 0;

void* allocate(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr)
    throw std::bad_alloc();
  const auto now = bytes_now += malloc_usable_size(memory);
  if (now > bytes_most)
    bytes_most = now;
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr)
    bytes_now -= malloc_usable_size(memory);
  std::free(memory);
}

} // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size); // ends the test where there is no memory
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}

// The promise of docs/conformance.md: four times the largest message and 64 MiB. Of the four, the client of
// the broker takes one and the copy that is looked at another one, which leaves two to the audit.
namespace kollect::conformance {
namespace {

using namespace test;

constexpr std::size_t mebibyte = 1024UL * 1024, most_besides = 48 * mebibyte;

/// What an audit takes at its most, besides the message, for `count` messages that `make(index)` makes.
template <class Make>
std::size_t memory_for(std::size_t count, Make&& make) {
  std::size_t most = 0;
  audit seen({});
  const auto before = bytes_now.load();
  for (std::size_t index = 0; index < count; ++index) {
    auto one = message("[]");
    one.offset = static_cast<std::int64_t>(index);
    make(one, index);
    const auto with_message = bytes_now.load();
    bytes_most = with_message;
    seen.add(one);
    most = std::max(most, bytes_most - with_message + (bytes_now - with_message));
  }
  bytes_most = bytes_now.load();
  for (const auto& clause : requirements)
    (void)seen.judge(clause);
  return std::max(most, bytes_most - before);
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t index = 0; index < count; ++index)
    out += text;
  return out;
}

void replace_payload(recorded_message& one, const std::string& payload) {
  one.value.replace(one.value.rfind("[]"), 2, payload);
}

TEST(audit_memory, does_not_grow_with_what_a_message_holds) {
  const auto attribute = [](const std::string& value) { return array({row("a", "{\"v\":" + value + "}")}); };
  const std::vector<std::string> payloads{attribute("[" + repeated("0,", mebibyte) + "0]"),
                                          attribute("[" + repeated("{},", mebibyte / 2) + "[]]"),
                                          attribute("\"" + repeated("x", 4 * mebibyte) + "\""),
                                          "[" + repeated("0,", mebibyte) + "0]",
                                          "[" + repeated(R"({"uid":"a"},)", mebibyte / 4) + "{}]",
                                          "{" + repeated(R"("a":1,)", mebibyte / 2) + "\"a\":1}"};
  for (const auto& payload : payloads)
    EXPECT_LT(memory_for(1, [&](auto& one, std::size_t) { replace_payload(one, payload); }), mebibyte)
        << payload.substr(0, 200);
}

TEST(audit_memory, of_many_rows_is_less_than_they_take) {
  std::string rows;
  for (int index = 0; index < 20'000; ++index)
    rows.append(rows.empty() ? "" : ",").append(row("pod-" + std::to_string(index)));
  EXPECT_LT(memory_for(1, [&](auto& one, std::size_t) { replace_payload(one, "[" + rows + "]"); }),
            rows.size());
}

TEST(audit_memory, of_many_findings_is_bounded) {
  const auto rows = "[" + repeated("{},", 200'000) + "{}]";
  EXPECT_LT(memory_for(1, [&](auto& one, std::size_t) { replace_payload(one, rows); }), mebibyte);
}

TEST(audit_memory, does_not_grow_with_the_log) {
  const auto payload = array({row("a")});
  const auto renamed = [&](recorded_message& one, const std::string& name, std::size_t index) {
    replace_payload(one, payload);
    const auto other = name + std::to_string(index);
    one.value.replace(one.value.find("team-a\",\"payload"), 6, other);
    one.key = "prod-west:" + other + "/all";
  };
  constexpr std::size_t many = 8'000;
  EXPECT_LT(memory_for(many, [&](auto& one, std::size_t) { replace_payload(one, payload); }), mebibyte);
  EXPECT_LT(memory_for(many, [&](auto& one, std::size_t index) { renamed(one, "n", index); }), most_besides);
  EXPECT_LT(
      memory_for(100, [&](auto& one, std::size_t index) { renamed(one, std::string(mebibyte, 'n'), index); }),
      16 * mebibyte);
}

TEST(audit_memory, of_clusters_and_torn_sets_is_bounded) {
  const auto with_cluster = [](recorded_message& one, const std::string& name) {
    one.value.replace(one.value.find("prod-west"), 9, name);
  };
  EXPECT_LT(
      memory_for(8'000, [&](auto& one,
                            std::size_t index) { with_cluster(one, "cluster-" + std::to_string(index)); }),
      most_besides);
  EXPECT_LT(memory_for(50,
                       [&](auto& one, std::size_t index) {
                         with_cluster(one, std::to_string(index) + std::string(mebibyte, 'c'));
                       }),
            16 * mebibyte);
  const auto part = export_envelope(array({row("a")}), 1, R"("partIndex":1,"partTotal":2,)");
  EXPECT_LT(memory_for(8'000,
                       [&](auto& one, std::size_t index) {
                         auto torn = part;
                         torn.replace(torn.find("\"generation\":3"), 14,
                                      "\"generation\":" + std::to_string(index + 1));
                         replace_payload(one, torn);
                       }),
            most_besides);
}

TEST(audit_memory, that_is_used_up_makes_no_verdict_untrue) {
  audit_options options;
  options.memory = 1000;
  options.read_at = parse_timestamp("2026-01-15T13:00:00Z").value();
  std::vector<recorded_message> messages;
  for (int index = 1; index <= 20; ++index) {
    messages.push_back(message(
        export_envelope(array({row("a")}), 1, R"("partIndex":1,"partTotal":2,)", std::to_string(index)),
        "team-" + std::to_string(index)));
    messages.back().offset = index;
  }
  const audit seen(options, messages);
  const auto judged = seen.judge(*find_requirement("MP-04"));
  EXPECT_EQ(judged.result, verdict::not_observed);
  EXPECT_NE(judged.reason.find("--audit-memory"), std::string::npos) << judged.reason;
}

} // namespace
} // namespace kollect::conformance

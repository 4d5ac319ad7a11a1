// What a duplicate costs in allocations: none, whether by operator new or within libcrypto. A program of its
// own, as it replaces both.

#include <support/count_allocations.hpp>
#include <support/items_parser.hpp>
#include <support/messages.hpp>

#include <kollect/dedup_window.hpp>
#include <kollect/envelope.hpp>
#include <kollect/parse.hpp>
#include <kollect/snapshot.hpp>

#include <cstdlib>

#include <openssl/crypto.h>

namespace {

/// How often libcrypto has, on this thread.
thread_local std::size_t crypto_allocations = 0;

void* crypto_allocate(std::size_t size, const char*, int) {
  ++crypto_allocations;
  return std::malloc(size);
}
void* crypto_reallocate(void* memory, std::size_t size, const char*, int) {
  ++crypto_allocations;
  return std::realloc(memory, size);
}
void crypto_free(void* memory, const char*, int) {
  std::free(memory);
}

// Before anything else of libcrypto is called, or it refuses.
const bool crypto_is_counted = CRYPTO_set_mem_functions(crypto_allocate, crypto_reallocate, crypto_free) == 1;

} // namespace

namespace kollect::test {

namespace {

std::string usual_message() {
  std::string rows = "[" + row_text("web-0");
  for (int index = 1; index < 100; ++index)
    rows += "," + row_text("web-" + std::to_string(index), R"({"note":"a \"quoted\" \\ thing"})");
  return message_with(export_envelope_text(rows + "]", 100));
}

} // namespace

TEST(allocation, the_counter_counts) {
  ASSERT_TRUE(crypto_is_counted);
  const std::size_t before = allocations;
  const auto text = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocations, before + 2);
  const std::size_t before_hash = crypto_allocations;
  EXPECT_NE(sha256(*text), sha256_digest{});
  EXPECT_GT(crypto_allocations, before_hash);
}

TEST(allocation, items_that_are_read_again_need_none_a_row) {
  std::string rows = "[" + row_text("web-0");
  for (int index = 1; index < 100; ++index)
    rows +=
        "," + row_text("a-name-that-is-longer-than-sixteen-bytes-" + std::to_string(index),
                       R"({"note":"a \"quoted\" \\ thing","image":"registry.example.org/team/app:1.2.3"})");
  rows += "]";
  kollect::test::items_parser parser;
  ASSERT_EQ(parser.parse(rows).value().size(), 100U);
  const std::size_t before = allocations;
  ASSERT_EQ(parser.parse(rows).value().size(), 100U);
  EXPECT_LT(allocations, before + 10);
}

TEST(allocation, a_duplicate_is_recognised_by_its_key_without_any) {
  // Labels that fit no small string; and the same with fields of a later schema, which takes the exact
  // reader.
  const std::string label(200, 'n');
  for (const std::string fields : {"", R"(","labels":{"a":[1]},"zone":"z)"}) {
    auto message = usual_message();
    message.replace(message.find("team-a"), 6, label + fields);
    sha256_hasher hasher;
    dedup_key key;
    dedup_window seen;
    const scope where{"prod-west", label, "all"};
    const auto is_duplicate = [&] {
      return parse_envelope(message, hasher, key).has_value() && seen.contains(where, key);
    };
    EXPECT_FALSE(is_duplicate());
    seen.remember(where, key);
    EXPECT_TRUE(is_duplicate());
    const std::size_t before = allocations, crypto_before = crypto_allocations;
    bool are_duplicates = true;
    for (int round = 0; round < 1000; ++round)
      are_duplicates = is_duplicate() && are_duplicates;
    EXPECT_EQ(allocations, before);
    // libcrypto 3.0 makes a new digest state each time; there is no way around it but its deprecated
    // functions, or hashing without it.
    EXPECT_LE(crypto_allocations - crypto_before, fields.empty() && detail::simd::can_digest() ? 0U : 1000U);
    EXPECT_TRUE(are_duplicates);
    EXPECT_EQ(key.namespace_, label);
    EXPECT_EQ(key, make_dedup_key(parse_envelope(message).value()));
  }
}

TEST(allocation, a_fingerprint_needs_none) {
  const auto message = usual_message();
  fingerprint print;
  const std::size_t before = allocations;
  for (int round = 0; round < 1000; ++round)
    if (const auto envelope = parse_envelope(message))
      print = fingerprint_of(envelope->payload);
  EXPECT_EQ(allocations, before);
  EXPECT_NE(print, fingerprint{});
}

TEST(allocation, rows_of_a_checked_snapshot_need_none) {
  const auto message = usual_message();
  const auto snapshot = parse_snapshot(parse_envelope(message).value()).value();
  std::size_t count = 0, bytes = 0;
  const std::size_t before = allocations;
  for (const auto& row : snapshot.rows())
    ++count, bytes += row.attributes.size() + row.uid.raw().size();
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(count, 100U);
  EXPECT_GT(bytes, 100U);
}

} // namespace kollect::test

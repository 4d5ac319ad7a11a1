// Fresh snapshots of many rows: parse_snapshot() against the exact reader of rows alone.

#include <support/exact_bytes.hpp>
#include <support/messages.hpp>
#include <support/random_rows.hpp>
#include <support/random_text.hpp>

#include <kollect/detail/item_reader.hpp>
#include <kollect/serialize_items.hpp>
#include <kollect/snapshot.hpp>

#include <gtest/gtest.h>

namespace kollect::test {

namespace {

struct verdict {
  std::optional<error> refused; ///< absent: nothing is wrong
  std::size_t place = 0;        ///< of what is wrong
  std::size_t rows = 0;         ///< that were read, if nothing is
  bool is_within = true;        ///< whether that is wrong within the array

  friend std::ostream& operator<<(std::ostream& out, const verdict& value) {
    return value.refused ? out << *value.refused << " at " << value.place : out << value.rows << " rows";
  }
};

/// What the exact reader says of an array, byte by byte.
verdict read_exactly(std::string_view payload) {
  detail::json_cursor cursor(payload, limits{}.max_depth);
  cursor.set_depth(1);
  verdict out;
  const bool is_read = cursor.read_array([&] {
    item_view row;
    detail::field_place place;
    ++out.rows;
    return detail::read_any_item<detail::row_text_state::unchecked>(cursor, payload, row, place);
  });
  if (!is_read)
    return {cursor.reason(), cursor.failed_at()};
  if (!cursor.at_end())
    return {error::syntax, cursor.position(), 0, false};
  return out;
}

void expect_same_verdict(std::string_view items) {
  const exact_bytes bytes(items);
  const auto wanted = read_exactly(bytes.view());
  const auto read = parse_payload(bytes.view());
  ASSERT_EQ(read.has_value(), !wanted.refused) << wanted << testing::PrintToString(std::string(items));
  if (read) {
    ASSERT_EQ(read->item_count, wanted.rows) << testing::PrintToString(std::string(items));
  } else {
    ASSERT_EQ(read.error().reason(), *wanted.refused) << wanted << testing::PrintToString(std::string(items));
    ASSERT_EQ(read.error().position->offset, wanted.place) << testing::PrintToString(std::string(items));
  }
  // In an export envelope, where they are hashed meanwhile; there is more text after them.
  const exact_bytes around(export_envelope_text(items, wanted.rows));
  const auto exported = parse_payload(around.view());
  if (wanted.refused && (!wanted.is_within || wanted.refused == error::truncated)) {
    ASSERT_FALSE(exported) << testing::PrintToString(std::string(items));
    return;
  }
  ASSERT_EQ(exported.has_value(), read.has_value()) << wanted << testing::PrintToString(std::string(items));
  if (exported) {
    ASSERT_EQ(exported->items_digest, sha256(items));
    ASSERT_EQ(exported->item_count, read->item_count);
  } else {
    ASSERT_EQ(exported.error().reason(), *wanted.refused);
    ASSERT_EQ(exported.error().position->offset, around.view().find(",\"items\":") + 9 + wanted.place);
  }
}

/// Rows of which most are spelled so that the fast reader takes them.
std::string random_items(seeded_random& random) {
  std::vector<item> rows;
  for (std::size_t count = random.below(5); count > 0; --count) {
    rows.push_back(random_item(random, "uid-" + std::to_string(count)));
    if (!random.once_in(4))
      for (auto* const text :
           {&rows.back().target_namespace, &rows.back().target_name, &rows.back().namespace_,
            &rows.back().name, &rows.back().group, &rows.back().version, &rows.back().kind})
        text->assign(random.below(40), static_cast<char>('a' + random.below(26)));
  }
  return serialize_items(rows).value();
}

} // namespace

TEST(fresh_snapshot, random_and_mutated_items_get_verdict_reason_and_place_of_the_exact_reader) {
  seeded_random random(test_seed(20261203));
  for (int round = 0; round < 2'000; ++round) {
    const auto items = random_items(random);
    expect_same_verdict(items);
    for (int times = 0; times < 25 && !HasFatalFailure(); ++times)
      expect_same_verdict("[" + mutate(random, items.substr(1, items.size() - 2)) + "]");
    if (HasFatalFailure())
      return;
  }
}

} // namespace kollect::test

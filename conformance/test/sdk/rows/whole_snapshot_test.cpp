#include <support/failure_is.hpp>
#include <support/scope_messages.hpp>

#include <kollect/whole_snapshot.hpp>

namespace kollect::test {
namespace {

/// Three parts of a set as a consumer keeps them, with the bytes that they are views of.
struct kept_set {
  std::vector<std::string> payloads{export_at(noon(), {"a"}, 1, 3), export_at(noon(), {"b"}, 2, 3),
                                    export_at(noon(), {"c", "d"}, 3, 3)};
  part_set set{{"c", "n", ""}, noon(), 1, 3};

  kept_part part(std::uint32_t index) const {
    return {{index, sha256(payloads[index - 1])}, payloads[index - 1]};
  }
};

TEST(whole_snapshot, of_one_message_says_what_decisions_need) {
  const auto message = message_at(noon(5), export_at(noon(), {"a", "b"}));
  const auto head = read_head(message).value();
  const auto snapshot = parse_snapshot(head.envelope).value();
  const auto whole = whole_snapshot_of(head, snapshot);
  EXPECT_EQ(whole.order, (snapshot_order{noon(), 1, head.key.payload}));
  EXPECT_EQ(whole.items_digest, sha256(items_of({"a", "b"})));
  EXPECT_TRUE(whole.parts.empty());
  EXPECT_EQ(whole.rows().size(), 2U);
}

TEST(whole_snapshot, of_a_set_does_not_depend_on_the_order_of_its_parts) {
  const kept_set kept;
  const auto whole = whole_snapshot_of(kept.set, {kept.part(3), kept.part(1), kept.part(2)});
  ASSERT_TRUE(whole) << whole.error();
  EXPECT_EQ(whole->rows().size(), 4U);
  const std::vector<sha256_digest> digests{kept.part(1).part.digest, kept.part(2).part.digest,
                                           kept.part(3).part.digest};
  EXPECT_EQ(whole->parts, digests);
  EXPECT_EQ(whole->order, order_of(kept.set, digests));
  const auto sorted = whole_snapshot_of(kept.set, {kept.part(1), kept.part(2), kept.part(3)}).value();
  EXPECT_EQ(whole->items_digest, sorted.items_digest);
}

// MP-04: never applied, not even in part.
TEST(whole_snapshot, is_refused_unless_each_part_is_there_once) {
  const kept_set kept;
  const auto a = kept.part(1), b = kept.part(2), c = kept.part(3);
  for (const auto& parts : std::vector<std::vector<kept_part>>{
           {}, {a}, {a, b}, {b, c}, {a, c}, {a, b, b}, {a, a, b}, {a, b, c, c}, {a, a, b, c}})
    EXPECT_TRUE(failure_is(whole_snapshot_of(kept.set, parts), error::torn_set)) << parts.size();
  auto beyond = c;
  beyond.part.part_index = 4;
  EXPECT_TRUE(failure_is(whole_snapshot_of(kept.set, {a, b, c, beyond}), error::torn_set));
}

TEST(whole_snapshot, says_when_a_payload_was_not_kept_as_it_came) {
  const kept_set kept;
  auto cut = kept.part(2);
  cut.payload.remove_suffix(1);
  const auto whole = whole_snapshot_of(kept.set, {kept.part(1), cut, kept.part(3)});
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().reason(), error::truncated);
}

TEST(whole_snapshot, once_held_is_a_duplicate_and_forgets_what_was_held_back) {
  const kept_set kept;
  const auto whole = whole_snapshot_of(kept.set, {kept.part(1), kept.part(2), kept.part(3)}).value();
  held_snapshot held;
  held.held_back = sha256("other");
  held.target_conflicts = 7;
  hold(held, whole);
  EXPECT_EQ(decide_snapshot(held, whole.order),
            (decision{outcome::duplicate, decision_reason::same_snapshot}));
  EXPECT_EQ(decide_part(held, kept.set, {}, kept.part(2).part).value(),
            (decision{outcome::duplicate, decision_reason::same_part}));
  EXPECT_EQ(held.items_digest, whole.items_digest);
  EXPECT_FALSE(held.held_back);
  EXPECT_EQ(held.target_conflicts, 7);
}

} // namespace
} // namespace kollect::test

#include "addresses.hpp"

namespace kollect::test {

TEST(odr, two_translation_units_see_the_same_library) {
  EXPECT_EQ(first_sight(), second_sight());
  for (const auto* const address : first_sight().addresses)
    EXPECT_NE(address, nullptr);
}

} // namespace kollect::test

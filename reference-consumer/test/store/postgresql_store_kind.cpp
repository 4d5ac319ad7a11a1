#include "store/store_suite.hpp"

#include "support/postgresql_place.hpp"

namespace kollect::consumer::test {

const auto postgresql_kind = testing::Values(store_kind{"postgresql", &make_postgresql_place});

INSTANTIATE_TEST_SUITE_P(postgresql, store_suite, postgresql_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(postgresql, parts_suite, postgresql_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(postgresql, rows_suite, postgresql_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(postgresql, dead_letters_suite, postgresql_kind, testing::PrintToStringParamName());

} // namespace kollect::consumer::test

#include "store/store_suite.hpp"

namespace kollect::consumer::test {

const auto sqlite_kind = testing::Values(store_kind{"sqlite", &make_sqlite_place});

INSTANTIATE_TEST_SUITE_P(sqlite, store_suite, sqlite_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(sqlite, parts_suite, sqlite_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(sqlite, rows_suite, sqlite_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(sqlite, dead_letters_suite, sqlite_kind, testing::PrintToStringParamName());

} // namespace kollect::consumer::test

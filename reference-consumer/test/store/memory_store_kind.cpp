#include "store/store_suite.hpp"

namespace kollect::consumer::test {

const auto memory_kind = testing::Values(store_kind{"memory", &make_memory_place});

INSTANTIATE_TEST_SUITE_P(memory, store_suite, memory_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(memory, parts_suite, memory_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(memory, rows_suite, memory_kind, testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(memory, dead_letters_suite, memory_kind, testing::PrintToStringParamName());

} // namespace kollect::consumer::test

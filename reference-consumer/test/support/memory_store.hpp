#ifndef KOLLECT_CONSUMER_TEST_MEMORY_STORE_HPP
#define KOLLECT_CONSUMER_TEST_MEMORY_STORE_HPP

#include "store/store.hpp"
#include "support/memory_database.hpp"

#include <memory>

namespace kollect::consumer::test {

// A third kind of store, as small as the ports allow: nothing of it is on a disk. It shows what a store has
// to do, and that nothing above the ports knows SQL.

std::unique_ptr<store> open_memory_store(std::shared_ptr<memory_database> opened);
std::unique_ptr<store_reader> open_memory_reader(std::shared_ptr<memory_database> opened);

} // namespace kollect::consumer::test

#endif

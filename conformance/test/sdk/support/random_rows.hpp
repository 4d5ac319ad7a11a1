#ifndef KOLLECT_SDK_TEST_RANDOM_ROWS_HPP
#define KOLLECT_SDK_TEST_RANDOM_ROWS_HPP

#include <support/seeded_random.hpp>

#include <kollect/item.hpp>
#include <kollect/snapshot.hpp>

#include <cstddef>
#include <string>

namespace kollect::test {

/// A row with random labels, and attributes of random shape or null; its uid is `uid`.
item random_item(seeded_random& random, std::string uid);

/// A snapshot of `rows` rows whose identities differ.
snapshot random_snapshot(seeded_random& random, std::size_t rows);

} // namespace kollect::test

#endif

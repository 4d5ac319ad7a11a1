#ifndef KOLLECT_SDK_TEST_RANDOM_TEXT_HPP
#define KOLLECT_SDK_TEST_RANDOM_TEXT_HPP

#include <support/seeded_random.hpp>

#include <cstddef>
#include <string>

namespace kollect::test {

/// A random string value: UTF-8 of every length, controls, quotes, what BYT-03 escapes.
std::string random_string(seeded_random& random);

/// A random JSON text with white space, escapes in every spelling and numbers of every kind, nested at most
/// `depth` levels. Without lone surrogates; all numbers fit a double.
std::string random_json(seeded_random& random, std::size_t depth);

/// The same text with one to three bytes changed, added, taken out, or a stretch repeated.
std::string mutate(seeded_random& random, std::string text);

} // namespace kollect::test

#endif

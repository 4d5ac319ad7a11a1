// What a program that is compiled with -fno-exceptions has to provide: Boost calls it instead of throwing.
#include <boost/throw_exception.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace boost {

void throw_exception(const std::exception& reason, const source_location&) {
  std::fprintf(stderr, "%s\n", reason.what());
  std::abort();
}

void throw_exception(const std::exception& reason) {
  throw_exception(reason, BOOST_CURRENT_LOCATION);
}

} // namespace boost

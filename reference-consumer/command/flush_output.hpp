#ifndef KOLLECT_CONSUMER_FLUSH_OUTPUT_HPP
#define KOLLECT_CONSUMER_FLUSH_OUTPUT_HPP

#include <kollect/error.hpp>

#include <iostream>

namespace kollect::consumer {

/// The code to end with once all results are written. error::store_full where standard output does not take
/// them.
inline result<int> flush_output(int code) {
  if (std::cout.flush())
    return code;
  return make_failure(error::store_full, "the output could not be written");
}

} // namespace kollect::consumer

#endif

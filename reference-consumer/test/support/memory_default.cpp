#include "support/store_place.hpp"

namespace kollect::consumer::test {

std::unique_ptr<store_place> make_default_place() {
  return make_memory_place();
}

} // namespace kollect::consumer::test

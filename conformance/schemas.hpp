#ifndef KOLLECT_CONFORMANCE_SCHEMAS_HPP
#define KOLLECT_CONFORMANCE_SCHEMAS_HPP

#include <string_view>

namespace kollect::conformance::schemas {

// The files of schema/ and of docs/schema, as they were when the program was built.
std::string_view strict_event();
std::string_view protocol();
std::string_view results();

} // namespace kollect::conformance::schemas

#endif

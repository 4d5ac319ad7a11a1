#ifndef KOLLECT_CONSUMER_SCHEMAS_HPP
#define KOLLECT_CONSUMER_SCHEMAS_HPP

#include <string_view>

namespace kollect::consumer::schemas {

// The files of docs/schema, as they were when the program was built.
std::string_view event();
std::string_view item();
std::string_view export_envelope();
std::string_view change();
std::string_view asyncapi_kafka();
std::string_view asyncapi_nats();

} // namespace kollect::consumer::schemas

#endif

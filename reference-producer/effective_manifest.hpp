#ifndef KOLLECT_PRODUCER_EFFECTIVE_MANIFEST_HPP
#define KOLLECT_PRODUCER_EFFECTIVE_MANIFEST_HPP

#include <kollect/connection.hpp>

#include <string>

namespace kollect::producer {

/// A KollectEventSink for a Kafka connection without TLS and login, such as to an embedded broker, so
/// that other programs find it.
std::string make_manifest(const connection& target);

} // namespace kollect::producer

#endif

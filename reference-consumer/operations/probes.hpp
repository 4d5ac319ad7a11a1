#ifndef KOLLECT_CONSUMER_PROBES_HPP
#define KOLLECT_CONSUMER_PROBES_HPP

#include "http/message.hpp"
#include "operations/monitor.hpp"

#include <string_view>

namespace kollect::consumer {

/// Answers /healthz, /readyz (503 when not well) and /metrics; 404 for anything else.
http_response answer_probe(const monitor& watched, std::string_view path);

} // namespace kollect::consumer

#endif

#ifndef KOLLECT_CONSUMER_PROBES_HPP
#define KOLLECT_CONSUMER_PROBES_HPP

#include "http/server.hpp"
#include "operations/monitor.hpp"

namespace kollect::consumer {

/// Answers /healthz, /readyz (503 when not well) and /metrics; 404 for anything else.
http_handler answer_probes(const monitor& watched);

} // namespace kollect::consumer

#endif

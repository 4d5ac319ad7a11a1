#include "operations/probes.hpp"

namespace kollect::consumer {
namespace {

http_response answer(const health_answer& found) {
  return {.status = found.is_well ? 200 : 503, .body = found.text + "\n"};
}

} // namespace

http_handler answer_probes(const monitor& watched) {
  return [&watched](const http_request& request) -> http_response {
    if (request.path == "/healthz")
      return answer(watched.health());
    if (request.path == "/readyz")
      return answer(watched.readiness());
    if (request.path == "/metrics")
      return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = watched.metrics()};
    return {.status = 404, .body = "there is nothing here; try /healthz, /readyz or /metrics\n"};
  };
}

} // namespace kollect::consumer

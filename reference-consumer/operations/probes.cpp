#include "operations/probes.hpp"

namespace kollect::consumer {
namespace {

http_response answer(const health_answer& found) {
  return {.status = found.is_well ? 200 : 503, .body = found.text + "\n"};
}

} // namespace

http_response answer_probe(const monitor& watched, std::string_view path) {
  if (path == "/healthz")
    return answer(watched.health());
  if (path == "/readyz")
    return answer(watched.readiness());
  if (path == "/metrics")
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = watched.metrics()};
  return {.status = 404, .body = "there is nothing here; try /healthz, /readyz or /metrics\n"};
}

} // namespace kollect::consumer

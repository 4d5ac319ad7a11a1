#include "command/commands.hpp"
#include "command/schemas.hpp"
#include "web/embedded.hpp"

#include <program/schema.hpp>

namespace kollect::consumer {

void add_schema(program::command& to) {
  program::add_schema(to, {{"event", "a message, as a consumer takes it", schemas::event()},
                           {"item", "a row", schemas::item()},
                           {"export-envelope", "an object around the rows", schemas::export_envelope()},
                           {"change", "an entry of the change feed", schemas::change()},
                           {"asyncapi-kafka", "messages and feed on Kafka", schemas::asyncapi_kafka()},
                           {"asyncapi-nats", "messages and feed on NATS", schemas::asyncapi_nats()},
                           {"openapi", "the read API", web::openapi_yaml()}});
}

} // namespace kollect::consumer

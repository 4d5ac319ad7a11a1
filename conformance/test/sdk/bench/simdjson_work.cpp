#include "simdjson_work.hpp"

#include <simdjson.h>

#include <memory>

namespace kollect::bench {

namespace {

struct on_demand {
  explicit on_demand(const std::string& message) : padded(message) {}

  std::string_view payload() {
    simdjson::ondemand::document document = parser.iterate(padded);
    simdjson::ondemand::object envelope = document.get_object();
    for (const char* const name : {"schemaVersion", "timestamp", "cluster", "namespace"})
      if (std::string_view(envelope[name].get_string()).empty())
        return {};
    simdjson::ondemand::value value = envelope["payload"];
    if (value.type() == simdjson::ondemand::json_type::array) {
      simdjson::ondemand::array array = value.get_array();
      return array.raw_json();
    }
    simdjson::ondemand::object object = value.get_object();
    return object.raw_json();
  }

  simdjson::ondemand::parser parser;
  simdjson::padded_string padded;
};

struct dom {
  explicit dom(const std::string& message) : padded(message) {}

  std::pair<std::size_t, std::size_t> sums() {
    simdjson::dom::element payload = parser.parse(padded)["payload"];
    simdjson::dom::array rows = payload.is_array() ? payload.get_array() : payload["items"].get_array();
    std::size_t count = 0, bytes = 0;
    for (simdjson::dom::object row : rows) {
      ++count;
      for (const char* const name : {"targetNamespace", "targetName", "namespace", "name", "uid"})
        bytes += std::string_view(row[name].get_string()).size();
    }
    return {count, bytes};
  }

  simdjson::dom::parser parser;
  simdjson::padded_string padded;
};

} // namespace

std::function<std::pair<std::size_t, std::size_t>()> rows_by_simdjson(const std::string& message) {
  return [shared = std::make_shared<dom>(message)] { return shared->sums(); };
}

std::function<std::string_view()> payload_by_simdjson(const std::string& message) {
  return [shared = std::make_shared<on_demand>(message)] { return shared->payload(); };
}

} // namespace kollect::bench

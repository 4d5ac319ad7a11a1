#include "simulation/inventory_model.hpp"
#include "simulation/whole_message.hpp"
#include "test/support/inventory_items.hpp"

#include <kollect/export.hpp>

#include <gtest/gtest.h>

namespace kollect::producer {
namespace {

TEST(whole_message, is_byte_for_byte_what_an_export_sends) {
  const auto instant = parse_timestamp("2026-01-15T12:00:00.5Z").value();
  for (const auto system : {broker_system::kafka, broker_system::nats})
    for (const auto form : {payload_form::array, payload_form::export_envelope})
      for (const std::size_t items : {0UL, 1UL, 2UL, 300UL})
        for (const std::string cluster : {"prod-west", "", "a \"quoted\" <label>"}) {
          const inventory_model inventory("team-a", {.items = items, .churn = 0, .empty_share = 0}, 1);
          row_texts texts;
          texts.update(inventory.rows(), inventory.in_namespace());
          connection sink;
          sink.system = system;
          sink.destination = "inventory.changes";
          snapshot source;
          source.scope = {cluster, "team-a", "all"};
          source.generation = 7;
          source.exported_at = instant;
          source.items = test::items_of(inventory);

          const auto payload = make_payloads(source, {.form = form, .max_export_bytes = 0}).value().at(0);
          const auto wanted = make_message(sink, source.scope, instant, payload);
          const export_envelope_header header{
              .generation = 7, .item_count = items, .exported_at = instant, .cluster = {}};
          const whole_message whole(texts, header, form);
          EXPECT_EQ(whole.payload_size(), payload.size());
          const auto made = whole.make(sink, source.scope, instant);
          EXPECT_EQ(made.value, wanted.value);
          EXPECT_EQ(made.key, wanted.key);
          EXPECT_EQ(made.headers, wanted.headers);
          EXPECT_EQ(made.destination, wanted.destination);
        }
}

} // namespace
} // namespace kollect::producer

// Code that must not compile: of each line with a mark the compiler has to complain, for the reason that the
// mark names, and of no other line. refused.py compiles this file once and looks at what was said.

#include <kollect/json_string.hpp>
#include <kollect/kafka/publisher.hpp>
#include <kollect/kollect.hpp>
#include <kollect/message_builder.hpp>
#include <kollect/nats/publisher.hpp>
#include <kollect/redact.hpp>

#include <string>

using namespace kollect;

std::string fetch();
std::string text;
const std::string constant;
sha256_hasher hasher;
dedup_key key;
std::string& out = text;
item row;
snapshot rows;
envelope sent;
connection sink;
outgoing_message message;
std::unique_ptr<publisher> producer;
std::unique_ptr<subscriber> consumer;

void refused() {
  (void)parse_envelope(fetch());                                 // deleted
  (void)parse_envelope(std::move(text), limits{});               // deleted
  (void)parse_envelope(std::move(constant));                     // deleted
  (void)parse_envelope(fetch(), hasher, key);                    // deleted
  (void)parse_payload(fetch());                                  // deleted
  (void)parse_row(fetch());                                      // deleted
  (void)inventory_from_key(fetch(), "c", "n");                   // deleted
  (void)row_range(fetch());                                      // deleted
  (void)json_string(fetch(), true);                              // deleted
  (void)make_failure(error::syntax, "no", fetch());              // deleted
  (void)parse_envelope(boost::json::string("{}"));               // deleted
  parse_envelope(text);                                          // nodiscard
  parse_items(text);                                             // nodiscard
  parse_payload(text);                                           // nodiscard
  kollect::serialize(row);                                       // nodiscard
  kollect::serialize(sent);                                      // nodiscard
  append_item(out, row);                                         // nodiscard
  make_message(sink, {}, {}, text);                              // nodiscard
  make_messages(rows, sink, {});                                 // nodiscard
  check_sizes({}, 1);                                            // nodiscard
  kafka::create_publisher(sink);                                 // nodiscard
  nats::create_publisher(sink);                                  // nodiscard
  producer->publish({}, {});                                     // nodiscard, virtual
  producer->check({});                                           // nodiscard, virtual
  consumer->commit({});                                          // nodiscard, virtual
  consumer->poll(1, 1, {});                                      // nodiscard, virtual
  consumer->keep_alive();                                        // nodiscard, virtual
  parse_timestamp(text);                                         // nodiscard
  kollect::diff({}, {});                                         // nodiscard
  compact_payload(text);                                         // nodiscard
  message_builder::begin(sink, {}, {}, payload_form::array, {}); // nodiscard
  producer->take_settled({});                                    // nodiscard, virtual
}

// What they should have been.
void taken() {
  (void)parse_envelope(text);
  (void)parse_envelope("{}");
  (void)parse_payload(text);
  (void)parse_row(std::string_view(text));
  (void)inventory_from_key(text, "c", "n");
  (void)row_range(text);
  (void)json_string(text, true);
}

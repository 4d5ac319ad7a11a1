#include "works.hpp"

#include "simdjson_work.hpp"

#include <support/items_parser.hpp>

#include <kollect/kollect.hpp>
#include <kollect/serialize_items.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <span>

namespace kollect::bench {

namespace {

/// Memory that a DOM is built in again and again.
using dom_memory = std::vector<unsigned char>;

std::shared_ptr<dom_memory> memory_for(const std::string& text) {
  return std::make_shared<dom_memory>(text.size() * 8 + 65'536);
}

boost::json::string_view boosted(const std::string& text) {
  return {text.data(), text.size()};
}

boost::json::parse_options deep() {
  boost::json::parse_options options;
  options.max_depth = 256;
  return options;
}

row_sums sums_of(const boost::json::array& rows) {
  row_sums sums;
  for (const auto& row : rows) {
    ++sums.rows;
    const auto& object = row.as_object();
    for (const auto* name : {"targetNamespace", "targetName", "namespace", "name", "uid"})
      sums.identity_bytes += object.at(name).as_string().size();
  }
  return sums;
}

row_sums sums_of_items(std::span<const item> items) {
  row_sums sums;
  for (const auto& row : items) {
    ++sums.rows;
    for (const auto* field : {&row.target_namespace, &row.target_name, &row.namespace_, &row.name, &row.uid})
      sums.identity_bytes += field->size();
  }
  return sums;
}

void add_identity(row_sums& sums, const item_view& row) {
  ++sums.rows;
  for (const auto* field : {&row.target_namespace, &row.target_name, &row.namespace_, &row.name, &row.uid})
    sums.identity_bytes += field->raw().size();
}

/// What is counted of the rows, each of them fingerprinted.
row_sums sums_of(const snapshot_view& snapshot) {
  row_sums sums;
  std::uint64_t prints = 0;
  for (const auto& row : snapshot.rows()) {
    prints ^= fingerprint_of(row.raw).low + row.attributes.size();
    add_identity(sums, row);
  }
  asm volatile("" : : "r"(prints));
  return sums;
}

} // namespace

fingerprint_work fingerprint_by_kollect(const corpus& data) {
  return [&data] { return fingerprint_of(parse_envelope(data.message)->payload); };
}

fingerprint compiled_fingerprint(std::string_view text) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

fingerprint_work fingerprint_by_simdjson(const corpus& data, fingerprint_function print) {
  return [payload = payload_by_simdjson(data.message), print] { return print(payload()); };
}

fingerprint_work fingerprint_by_boost_dom(const corpus& data) {
  return [&data, memory = memory_for(data.message)] {
    boost::json::monotonic_resource resource(memory->data(), memory->size());
    const auto read = boost::json::parse(boosted(data.message), &resource, deep());
    // A DOM has no raw payload: its place is given, in the peer's favour.
    return read.as_object().contains("payload") ? fingerprint_of(data.payload) : fingerprint{};
  };
}

fingerprint_work fingerprint_alone(const corpus& data, fingerprint_function print) {
  return [&data, print] { return print(data.payload); };
}

key_work key_by_kollect(const corpus& data) {
  return [&data, hasher = std::make_shared<sha256_hasher>(), key = dedup_key()]() mutable {
    (void)parse_envelope(data.message, *hasher, key);
    return key.payload;
  };
}

key_work key_by_boost_dom(const corpus& data) {
  return [&data, hasher = std::make_shared<sha256_hasher>(), memory = memory_for(data.message)] {
    boost::json::monotonic_resource resource(memory->data(), memory->size());
    const auto read = boost::json::parse(boosted(data.message), &resource, deep());
    return read.as_object().contains("payload") ? (*hasher)(data.payload) : sha256_digest{};
  };
}

key_work items_sha256_alone(const corpus& data) {
  return [&data, hasher = std::make_shared<sha256_hasher>()] { return (*hasher)(data.items); };
}

key_work sha256_alone(const corpus& data) {
  return [&data, hasher = std::make_shared<sha256_hasher>()] { return (*hasher)(data.payload); };
}

row_work rows_by_kollect(const corpus& data) {
  return [snapshot = parse_payload(data.payload).value()] { return sums_of(snapshot); };
}

row_work check_and_rows_by_kollect(const corpus& data) {
  return [&data] { return sums_of(*parse_snapshot(*parse_envelope(data.message))); };
}

row_work check_and_walk_by_kollect(const corpus& data) {
  return [&data] {
    row_sums sums;
    const auto snapshot = parse_snapshot(*parse_envelope(data.message)).value();
    for (const auto& row : snapshot.rows())
      add_identity(sums, row);
    return sums;
  };
}

row_work lazy_items_by_kollect(const corpus& data) {
  return [&data, row_as_item = item()]() mutable {
    constexpr auto views = detail::text_fields<item_view>();
    constexpr auto fields = detail::text_fields<item>();
    row_sums sums;
    std::size_t attributes = 0;
    const auto snapshot = parse_snapshot(*parse_envelope(data.message)).value();
    for (const auto& row : snapshot.rows()) {
      for (std::size_t index = 0; index < fields.size(); ++index) {
        auto& text = row_as_item.*(fields[index].second);
        text.clear();
        (row.*(views[index].second)).append_to(text);
        sums.identity_bytes += text.size();
      }
      ++sums.rows;
      attributes += row.attributes.size();
    }
    asm volatile("" : : "r"(attributes));
    return sums;
  };
}

row_work walk_by_simdjson(const corpus& data) {
  return [walk = rows_by_simdjson(data.message)] {
    const auto [rows, identity_bytes] = walk();
    return row_sums{rows, identity_bytes};
  };
}

row_work rows_by_boost_dom(const corpus& data) {
  return [&data, memory = memory_for(data.items)] {
    boost::json::monotonic_resource resource(memory->data(), memory->size());
    return sums_of(boost::json::parse(boosted(data.items), &resource, deep()).as_array());
  };
}

row_work items_by_kollect(const corpus& data) {
  return [&data, parser = std::make_shared<test::items_parser>()] {
    return sums_of_items(*parser->parse(data.items));
  };
}

row_work new_items_by_kollect(const corpus& data) {
  return [&data, memory = memory_for(data.items)] {
    boost::json::monotonic_resource resource(memory->data(), memory->size());
    return sums_of_items(*parse_items(data.items, {}, &resource));
  };
}

row_work items_by_boost_dom(const corpus& data) {
  return rows_by_boost_dom(data);
}

text_work encode_by_kollect(const corpus& data) {
  return [items = parse_items(data.items).value()] { return serialize_items(items).value(); };
}

text_work encode_by_boost(const corpus& data) {
  return
      [items = boost::json::parse(boosted(data.items), {}, deep())] { return boost::json::serialize(items); };
}

row_work fresh_snapshot(const corpus& data) {
  return [&data, hasher = std::make_shared<sha256_hasher>(), key = dedup_key()]() mutable {
    const auto envelope = parse_envelope(data.message, *hasher, key);
    row_map rows;
    collect_rows(*parse_snapshot(*envelope), rows);
    const auto changes = diff({}, rows);
    return row_sums{changes->size(), 0};
  };
}

row_work unchanged_snapshot(const corpus& data) {
  return [&data, held = data.payload] {
    const auto envelope = parse_envelope(data.message);
    return row_sums{envelope->payload == held ? 0U : 1U, 0};
  };
}

row_work duplicate_message(const corpus& data) {
  auto seen = std::make_shared<dedup_window>();
  const scope where{"prod-west", "team-a", "all"};
  seen->remember(where, make_dedup_key(*parse_envelope(data.message)));
  return [&data, seen, where, hasher = std::make_shared<sha256_hasher>(), key = dedup_key()]() mutable {
    (void)parse_envelope(data.message, *hasher, key);
    return row_sums{seen->contains(where, key) ? 0U : 1U, 0};
  };
}

} // namespace kollect::bench

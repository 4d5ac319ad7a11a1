#include "fault.hpp"

#include <kollect/checksum.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/order.hpp>
#include <kollect/parse.hpp>

#include <algorithm>
#include <iostream>

namespace kollect::testees {

namespace {

void replace(std::string& text, std::string_view from, std::string_view to, bool every = false) {
  for (auto at = text.find(from); at != std::string::npos;
       at = every ? text.find(from, at + to.size()) : std::string::npos)
    text.replace(at, from.size(), to);
}

std::string inventory_of(const export_plan& plan) {
  return plan.target.cluster + '\0' + plan.asked.namespace_ + '\0' + plan.asked.inventory;
}

std::string rows_of(const export_plan& plan) {
  const auto rows = serialize_items(plan.asked.items);
  return rows ? *rows : std::string();
}

void drop_first_row(producer::testee_export& asked) {
  if (asked.items.size() < 2)
    return;
  const auto first = std::ranges::min_element(asked.items, {}, canonical_sort_key);
  asked.items.erase(first);
}

void repeat_first_row(producer::testee_export& asked) {
  if (!asked.items.empty())
    asked.items.push_back(*std::ranges::min_element(asked.items, {}, canonical_sort_key));
}

/// As kollect::serialize(), but for the order of keys from the second level on.
void write_backwards(json_writer& out, const boost::json::value& value, int depth) {
  if (const auto* const array = value.if_array()) {
    out.begin_array();
    for (const auto& element : *array)
      write_backwards(out, element, depth + 1);
    out.end_array();
  } else if (const auto* const object = value.if_object()) {
    std::vector<std::string> names;
    for (const auto& member : *object)
      names.emplace_back(std::string_view(member.key()));
    std::ranges::sort(names);
    if (depth > 0)
      std::ranges::reverse(names);
    out.begin_object();
    for (const auto& name : names) {
      out.name(name);
      write_backwards(out, object->at(name), depth + 1);
    }
    out.end_object();
  } else {
    out.value(value);
  }
}

void write_nested_keys_backwards(serialized_item& row, const item& source) {
  const auto attributes = row.json.find(",\"attributes\":");
  row.json.erase(attributes + 14);
  json_writer out(row.json);
  write_backwards(out, source.attributes, 0);
  out.end_object();
}

void one_row_a_part(export_plan& plan) {
  if (plan.payloads.size() < 2)
    return;
  std::vector<payload_plan> single;
  for (const auto& part : plan.payloads)
    for (const auto& row : part.rows) {
      single.push_back({part.header, false, {row}, {}});
      single.back().header.part_index = static_cast<std::uint32_t>(single.size());
    }
  for (auto& part : single)
    part.header.part_total = static_cast<std::uint32_t>(single.size());
  plan.payloads = std::move(single);
}

void mislabel_last_part(export_plan& plan) {
  if (plan.payloads.size() > 1)
    --plan.payloads.back().header.part_index;
}

void mark_whole(export_plan& plan) {
  if (plan.payloads.size() == 1 && !plan.payloads.front().is_array && plan.asked.max_export_bytes == 0)
    plan.payloads.front().header.part_index = plan.payloads.front().header.part_total = 1;
}

void change_generation(export_plan& plan) {
  if (plan.payloads.size() == 1)
    ++plan.payloads.front().header.generation;
}

void change_generation_of_last_part(export_plan& plan) {
  if (plan.payloads.size() > 1)
    ++plan.payloads.back().header.generation;
}

/// On one of the two systems the payload has the other form.
void other_form_on_nats(export_plan& plan) {
  if (plan.target.system == broker_system::nats && plan.payloads.size() == 1)
    plan.payloads.front().is_array = !plan.payloads.front().is_array;
}

void count_one_less(payload_plan& payload) {
  if (payload.header.item_count > 0)
    replace(payload.text, "\"itemCount\":" + std::to_string(payload.header.item_count),
            "\"itemCount\":" + std::to_string(payload.header.item_count - 1));
}

void checksum_in_capitals(payload_plan& payload) {
  const auto at = payload.text.find("\"checksum\":\"");
  if (at != std::string::npos)
    std::transform(payload.text.begin() + static_cast<std::ptrdiff_t>(at) + 12,
                   payload.text.begin() + static_cast<std::ptrdiff_t>(at) + 76,
                   payload.text.begin() + static_cast<std::ptrdiff_t>(at) + 12, [](char letter) {
                     return letter >= 'a' && letter <= 'f' ? static_cast<char>(letter - 'a' + 'A') : letter;
                   });
}

/// Moves checksum to the end of the export envelope.
void reorder_export_envelope(payload_plan& payload) {
  const auto at = payload.text.find(",\"checksum\":\"");
  if (payload.is_array || at == std::string::npos)
    return;
  const auto field = payload.text.substr(at, 78);
  payload.text.erase(at, 78);
  payload.text.insert(payload.text.size() - 1, field);
}

void swap_labels(outgoing_message& message) {
  const auto cluster = message.value.find(",\"cluster\":"),
             namespace_ = message.value.find(",\"namespace\":"),
             payload = message.value.find(",\"payload\":");
  const auto first = message.value.substr(cluster, namespace_ - cluster),
             second = message.value.substr(namespace_, payload - namespace_);
  message.value.replace(cluster, payload - cluster, second + first);
}

bool is_known(const export_plan& plan, sink_memory& memory) {
  const auto where = inventory_of(plan), rows = rows_of(plan);
  const bool is_old = memory.seen[where].contains(rows) && memory.last[where] != rows;
  memory.seen[where].insert(rows);
  memory.last[where] = rows;
  return is_old;
}

bool is_unchanged(const export_plan& plan, sink_memory& memory) {
  const auto rows = rows_of(plan);
  return std::exchange(memory.last[inventory_of(plan)], rows) == rows;
}

/// Refuses a manifest of that system that lacks the key.
auto refuse_without(broker_system system, const char* key) {
  return [system, key](connection& target, std::string_view manifest) -> result<void> {
    if (target.system != system || manifest.find("\"" + std::string(key) + "\"") != std::string_view::npos)
      return {};
    return make_failure(error::missing_key, "spec has no " + std::string(key));
  };
}

std::vector<fault> envelope_faults() {
  return {
      {.clause = "ENV-01", .what = "leaves a row out", .request = drop_first_row},
      {.clause = "ENV-02", .what = "sends namespace before cluster", .message = swap_labels},
      {.clause = "ENV-03",
       .what = "sends another schemaVersion",
       .message =
           [](outgoing_message& message) {
             replace(message.value, "kollect.dev/v1alpha1", "kollect.dev/v1beta1");
           }},
      {.clause = "ENV-04", .what = "sends another form on NATS than on Kafka", .split = other_form_on_nats},
      {.clause = "ENV-05", .what = "makes the timestamp when it opens"}, // see sink_memory::first_instant
      {.clause = "ENV-06",
       .what = "sends another cluster",
       .open = [](connection& target, std::string_view) -> result<void> {
         target.cluster += "-2";
         return {};
       }},
      {.clause = "ENV-07",
       .what = "sends another namespace",
       .request = [](producer::testee_export& asked) { asked.namespace_ += "-2"; }},
      {.clause = "ENV-08", .what = "calls an export without payload a success", .accepts_nothing = true},
  };
}

std::vector<fault> payload_faults() {
  return {
      {.clause = "PAY-01", .what = "sends checksum as the last field", .payload = reorder_export_envelope},
      {.clause = "PAY-02", .what = "sends the checksum in capitals", .payload = checksum_in_capitals},
      {.clause = "PAY-03", .what = "counts one row less", .payload = count_one_less},
      {.clause = "PAY-04",
       .what = "sends exportedAt an hour late",
       .split =
           [](export_plan& plan) {
             for (auto& payload : plan.payloads)
               payload.header.exported_at = *payload.header.exported_at + std::chrono::hours(1);
           }},
      {.clause = "PAY-05", .what = "sends another generation", .split = change_generation},
      {.clause = "ROW-01",
       .what = "sends an empty group",
       .row =
           [](serialized_item& row, const item& source) {
             if (source.group.empty())
               replace(row.json, ",\"version\":", ",\"group\":\"\",\"version\":");
           }},
      {.clause = "ROW-02",
       .what = "sends {} for no attributes",
       .request =
           [](producer::testee_export& asked) {
             for (auto& row : asked.items)
               if (row.attributes.is_null())
                 row.attributes = boost::json::object();
           }},
      {.clause = "ROW-03", .what = "sends a row twice", .request = repeat_first_row},
      {.clause = "ORD-01",
       .what = "sends the rows backwards",
       .split =
           [](export_plan& plan) {
             for (auto& payload : plan.payloads)
               std::ranges::reverse(payload.rows);
           }},
      {.clause = "BYT-01",
       .what = "puts a space before the payload",
       .message =
           [](outgoing_message& message) { replace(message.value, ",\"payload\":", ",\"payload\": "); }},
      {.clause = "BYT-02",
       .what = "sorts the keys of nested objects backwards",
       .row = write_nested_keys_backwards},
      {.clause = "BYT-03",
       .what = "writes escapes in capitals",
       .row = [](serialized_item& row, const item&) { replace(row.json, "\\u003c", "\\u003C", true); }},
      {.clause = "BYT-04",
       .what = "writes whole numbers with a fraction",
       .row = [](serialized_item& row,
                 const item&) { replace(row.json, "\"replicas\":2", "\"replicas\":2.0"); }},
  };
}

std::vector<fault> set_faults() {
  return {
      {.clause = "MP-01", .what = "puts each row into a part of its own", .split = one_row_a_part},
      {.clause = "MP-02", .what = "sends a row that alone is over the limit", .ignores_oversized_rows = true},
      {.clause = "MP-03", .what = "puts part marks on a snapshot that is whole", .split = mark_whole},
      {.clause = "MP-04", .what = "sends two parts with one index", .split = mislabel_last_part},
      {.clause = "MP-05",
       .what = "sends another generation in the last part",
       .split = change_generation_of_last_part},
      {.clause = "SIZE-01",
       .what = "drops what is large, and calls it a success",
       .is_swallowed = [](const export_plan& plan,
                          sink_memory&) { return plan.messages.front().value.size() > 19'000; }},
  };
}

std::vector<fault> kafka_faults() {
  return {
      {.clause = "KAF-01",
       .what = "sends the key without the inventory",
       .message =
           [](outgoing_message& message) {
             if (message.key)
               message.key =
                   message.key->substr(0, message.key->rfind('/')).replace(message.key->find(':'), 1, "/");
           }},
      {.clause = "KAF-02", .what = "takes the partitions in turn", .how = delivery::any_partition},
      {.clause = "KAF-03", .what = "publishes with acks=1", .how = delivery::one_replica},
      {.clause = "KAF-04",
       .what = "sends no headers",
       .message =
           [](outgoing_message& message) {
             std::erase_if(message.headers, [](const auto& one) { return one.name.starts_with("kollect"); });
           }},
      {.clause = "KAF-05",
       .what = "does not know spec.endpoint",
       .open = refuse_without(broker_system::kafka, "brokers")},
      {.clause = "KAF-06", .what = "makes a topic that is missing", .how = delivery::topic_made},
      {.clause = "KAF-07",
       .what = "trims the password",
       .open = [](connection& target, std::string_view) -> result<void> {
         if (target.secret)
           std::erase(target.secret->password, ' ');
         return {};
       }},
      {.clause = "KAF-08",
       .what = "trusts every certificate",
       .open = [](connection& target, std::string_view) -> result<void> {
         if (target.tls)
           target.tls->insecure_skip_verify = true;
         return {};
       }},
  };
}

std::vector<fault> nats_faults() {
  return {
      {.clause = "NAT-01",
       .what = "does not know spec.endpoint",
       .open = refuse_without(broker_system::nats, "url")},
      {.clause = "NAT-02",
       .what = "hashes the payload without the labels",
       .message =
           [](outgoing_message& message) {
             for (auto& one : message.headers)
               if (one.name == "Nats-Msg-Id")
                 one.value = to_string(sha256(message.value));
           }},
      {.clause = "NAT-03",
       .what = "makes dashes of the dots in a stream's name",
       .open = [](connection& target, std::string_view manifest) -> result<void> {
         if (manifest.find("\"stream\":\"a.") != std::string_view::npos)
           std::ranges::replace(target.stream, '_', '-');
         return {};
       }},
      {.clause = "NAT-04",
       .what = "trusts every certificate",
       .open = [](connection& target, std::string_view) -> result<void> {
         if (target.tls)
           target.tls->insecure_skip_verify = true;
         return {};
       }},
      {.clause = "NAT-05", .what = "calls a duplicate an error", .how = delivery::duplicates_refused},
      {.clause = "NAT-06", .what = "leaves out snapshots that it has sent before", .is_swallowed = is_known},
  };
}

std::vector<fault> delivery_faults() {
  return {
      {.clause = "DED-01",
       .what = "forgets what an outage interrupts, and calls it a success",
       .how = delivery::forgetful},
      {.clause = "DEL-02",
       .what = "does not publish an empty snapshot",
       .is_swallowed = [](const export_plan& plan, sink_memory&) { return plan.asked.items.empty(); }},
      {.clause = "DEL-04", .what = "does not publish what has not changed", .is_swallowed = is_unchanged},
      {.clause = "SEC-01", .what = "redacts nothing"}, // see the sink's request stage
      {.clause = "SEC-02",
       .what = "prints its password",
       .open = [](connection& target, std::string_view) -> result<void> {
         if (target.secret)
           std::cerr << "logging in with " << target.secret->password << target.secret->token << std::endl;
         return {};
       }},
  };
}

} // namespace

std::span<const fault> faults() {
  static const auto all = [] {
    std::vector<fault> joined;
    for (auto family : {envelope_faults(), payload_faults(), set_faults(), kafka_faults(), nats_faults(),
                        delivery_faults()})
      std::ranges::move(family, std::back_inserter(joined));
    return joined;
  }();
  return all;
}

const fault* find_fault(std::string_view name) {
  const auto all = faults(), more = variations();
  if (const auto found = std::ranges::find(all, name, &fault::clause); found != all.end())
    return &*found;
  const auto found = std::ranges::find(more, name, &fault::name);
  return found == more.end() ? nullptr : &*found;
}

} // namespace kollect::testees

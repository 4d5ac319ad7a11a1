#include "broken_sink.hpp"

#include <publish_confirmed.hpp>

#include <kollect/export.hpp>
#include <kollect/kafka/message_limit.hpp>
#include <kollect/kafka/publisher.hpp>
#include <kollect/message_builder.hpp>
#include <kollect/nats/publisher.hpp>
#include <kollect/redact.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace kollect::testees {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds patience = 3s;

result<std::unique_ptr<publisher>> create(const connection& target) {
  if (target.system == broker_system::nats)
    return nats::create_publisher(target);
  kafka::publisher_options options;
  options.client.connect_timeout = patience;
  return kafka::create_publisher(target, options);
}

/// Puts a payload in the place of `[]` that make_message() would refuse.
void put_payload(outgoing_message& message, const export_plan& plan, std::string_view payload) {
  constexpr std::string_view end = "[]}";
  message.value.replace(message.value.size() - end.size(), end.size(), std::string(payload) + "}");
  for (auto& one : message.headers)
    if (one.name == message_id_header)
      one.value = nats_message_id(plan.target.cluster, plan.asked.namespace_, payload);
}

timestamp now() {
  return kollect::now();
}

} // namespace

result<void> broken_sink::open(const program::testee_request& request) {
  publisher_.reset();
  raw_.reset();
  memory_ = {};
  memory_.first_instant = now();
  auto target = program::decode_testee_open(request);
  if (!target)
    return target.error();
  target_ = std::move(*target);
  if (fault_.open)
    if (auto opened = fault_.open(target_, request.manifest); !opened)
      return opened;
  const bool is_plain_kafka = target_.system == broker_system::kafka && !target_.tls && !target_.secret;
  constexpr std::array raw{delivery::any_partition, delivery::one_replica, delivery::no_replica,
                           delivery::topic_made};
  if (is_plain_kafka && std::ranges::find(raw, fault_.how) != raw.end()) {
    auto made = raw_kafka::create(target_, fault_.how, patience);
    if (!made)
      return made.error();
    raw_.emplace(std::move(*made));
  }
  auto made = create(target_);
  if (!made)
    return made.error();
  publisher_ = std::move(*made);
  if (!target_.connection_test)
    return {};
  auto checked = publisher_->check(patience);
  // Who makes topics does not mind a missing one here either.
  const bool is_forgiven =
      fault_.how == delivery::topic_made && !checked && checked.error().reason() == error::topic_missing;
  return is_forgiven ? result<void>() : checked;
}

result<void> broken_sink::close() {
  publisher_.reset();
  raw_.reset();
  return {};
}

result<void> broken_sink::make_payloads(export_plan& plan) const {
  std::vector<serialized_item> rows;
  for (const auto& row : plan.asked.items) {
    auto text = serialize_for_sorting(row);
    if (!text)
      return text.error();
    rows.push_back(std::move(*text));
    if (fault_.row)
      fault_.row(rows.back(), row);
  }
  sort_canonically(rows);
  export_envelope_header header{
      .generation = plan.asked.generation, .item_count = rows.size(), .exported_at = plan.asked.exported_at};
  const auto limit = plan.asked.max_export_bytes;
  std::size_t row_bytes = 0;
  for (const auto& row : rows)
    row_bytes += row.json.size();
  const auto whole = payload_size(payload_form::export_envelope, header, row_bytes);
  if (!whole)
    return whole.error();
  plan.payloads.push_back({header, false, rows, {}});
  if (rows.empty() || limit == 0 || *whole <= limit)
    return {};
  auto parts = split_items(std::move(rows), header, limit);
  if (!parts && fault_.ignores_oversized_rows)
    return {};
  if (!parts)
    return parts.error();
  plan.payloads.clear();
  header.part_total = static_cast<std::uint32_t>(parts->size());
  for (auto& part : *parts) {
    ++header.part_index;
    header.item_count = part.size();
    plan.payloads.push_back({header, false, std::move(part), {}});
  }
  return {};
}

result<void> broken_sink::make_texts(export_plan& plan) const {
  for (auto& payload : plan.payloads) {
    payload.header.item_count = payload.rows.size();
    const auto items = join_items(payload.rows);
    auto text =
        payload.is_array ? result<std::string>(items) : serialize_export_envelope(payload.header, items);
    if (!text)
      return text.error();
    payload.text = std::move(*text);
    if (fault_.payload)
      fault_.payload(payload);
  }
  return {};
}

result<void> broken_sink::make_messages(export_plan& plan) {
  plan.instant = fault_.clause == "ENV-05" ? memory_.first_instant : now();
  const scope where{plan.target.cluster, plan.asked.namespace_, plan.asked.inventory};
  for (const auto& payload : plan.payloads) {
    auto made = make_message(plan.target, where, plan.instant, "[]");
    if (!made)
      return made.error();
    put_payload(*made, plan, payload.text);
    plan.messages.push_back(std::move(*made));
    if (fault_.message)
      fault_.message(plan.messages.back());
  }
  return {};
}

result<void> broken_sink::export_snapshot(const program::testee_request& request) {
  if (!publisher_)
    return make_failure(error::closed, "no sink is open");
  auto asked = producer::decode_testee_export(request);
  if (!asked && fault_.accepts_nothing && asked.error().reason() == error::empty_export)
    return {};
  if (!asked)
    return asked.error();
  export_plan plan{.target = target_, .asked = std::move(*asked)};
  if (fault_.refuse)
    if (auto refused = fault_.refuse(plan.asked); !refused)
      return refused.error();
  const bool redacts = fault_.name.empty() ? fault_.clause != "SEC-01" : fault_.name != "leaves-redaction";
  if (redacts)
    for (auto& row : plan.asked.items)
      redact(row);
  if (fault_.request)
    fault_.request(plan.asked);
  if (auto made = make_payloads(plan); !made)
    return made;
  if (fault_.split)
    fault_.split(plan);
  if (auto made = make_texts(plan); !made)
    return made;
  if (auto made = make_messages(plan); !made)
    return made;
  if (fault_.is_swallowed && fault_.is_swallowed(plan, memory_))
    return {};
  return publish(plan.messages);
}

result<void> broken_sink::publish(const std::vector<outgoing_message>& messages) {
  if (raw_)
    return raw_->publish(messages);
  return publish_with_sdk(messages);
}

result<void> broken_sink::publish_with_sdk(const std::vector<outgoing_message>& messages) {
  const bool is_forgetful = fault_.how == delivery::forgetful;
  const auto answers = is_forgetful ? publisher_->publish(messages, 1s)
                                    : producer::publish_confirmed(*publisher_, messages, patience);
  for (const auto& answer : answers) {
    if (answer && answer->duplicate && fault_.how == delivery::duplicates_refused)
      return make_failure(error::not_acknowledged, "the stream has it already");
    if (answer || fault_.how == delivery::full_stream_ignored)
      continue;
    const bool is_outage =
        is_forgetful && answer.error().code == condition::unavailable && !publisher_->check(500ms);
    return is_outage ? forget_after_outage() : answer.error();
  }
  return {};
}

/// Whether or not the message was stored.
result<void> broken_sink::forget_after_outage() {
  for (int attempt = 0; attempt < 40; ++attempt) {
    auto made = create(target_);
    if (!made)
      continue;
    publisher_ = std::move(*made);
    if (publisher_->check(1s))
      return {};
  }
  return make_failure(error::broker_unavailable, "the broker stays away");
}

} // namespace kollect::testees

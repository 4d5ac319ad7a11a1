#include "simulation/message_stream.hpp"

#include "simulation/poison.hpp"

#include <kollect/export.hpp>
#include <kollect/serialize.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace kollect::producer {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view inventory_name = "all";
constexpr std::array namespace_names{"checkout"sv, "payments"sv,  "search"sv, "warehouse"sv,
                                     "identity"sv, "analytics"sv, "media"sv,  "support"sv};

std::string make_cluster_name(const std::string& label, std::size_t index, std::size_t clusters) {
  if (clusters == 1 && !label.empty())
    return label;
  return (label.empty() ? "cluster" : label) + "-" + std::to_string(index + 1);
}

std::string make_namespace_name(std::size_t index) {
  return std::string(namespace_names[index % namespace_names.size()]) + "-" + std::to_string(index + 1);
}

} // namespace

message_stream::message_stream(const simulation_options& options, connection sink)
    : options_(options), sink_(std::move(sink)), clock_(options.base_time),
      numbers_(combine_seeds(options.seed, 0)) {
  const churn_options churn{options.items, options.churn, options.empty_share};
  scopes_.reserve(options.clusters * options.namespaces);
  for (std::size_t cluster = 0; cluster < options.clusters; ++cluster)
    for (std::size_t index = 0; index < options.namespaces; ++index)
      scopes_.push_back({make_cluster_name(sink_.cluster, cluster, options.clusters),
                         inventory_model(make_namespace_name(index), churn,
                                         combine_seeds(options.seed, scopes_.size() + 1))});
}

result<std::optional<outgoing_message>> message_stream::next() {
  while (ready_.empty()) {
    if (round_ == options_.rounds || scopes_.empty())
      return std::optional<outgoing_message>();
    if (auto made = make_snapshot(scopes_[next_scope_]); !made)
      return made.error();
    if (++next_scope_ == scopes_.size())
      next_scope_ = 0, ++round_;
  }
  std::optional<outgoing_message> message(std::move(ready_.front()));
  ready_.pop_front();
  return message;
}

result<void> message_stream::make_snapshot(simulated_scope& which) {
  if (round_ != 0)
    which.inventory.advance();
  snapshot source;
  source.scope = {which.cluster, which.inventory.in_namespace(), std::string(inventory_name)};
  source.generation = static_cast<std::int64_t>(1 + round_ / 4); // PAY-05: snapshots share generations
  source.exported_at = clock_.tick();
  source.items = which.inventory.make_items();
  auto payloads = make_payloads(source, {choose_form(which.inventory), options_.max_export_bytes});
  if (!payloads)
    return payloads.error();

  ++counts_.snapshots;
  if (payloads->size() > 1)
    counts_.parts += payloads->size();
  for (const auto& payload : *payloads) {
    auto message = make_message(sink_, source.scope, clock_.tick(), payload);
    const auto copies = numbers_.times(options_.duplicates);
    counts_.duplicates += copies;
    for (std::size_t copy = 0; copy < copies; ++copy)
      add(message);
    add(std::move(message));
    for (auto left = numbers_.times(options_.poison); left != 0; --left) {
      const auto kind = counts_.poison++ % poison_kind_count();
      add(make_poison(kind, sink_, source.scope, clock_.tick(), numbers_));
    }
  }
  if (round_ + 1 == options_.rounds)
    expect(source);
  return {};
}

payload_form message_stream::choose_form(const inventory_model& inventory) {
  const bool alternate = numbers_.chance(0.5);
  if (sink_.system == broker_system::nats && !inventory.is_novel())
    return payload_form::export_envelope;
  switch (options_.payload) {
  case payload_mix::array:
    return payload_form::array;
  case payload_mix::export_envelope:
    return payload_form::export_envelope;
  case payload_mix::mixed:
    break;
  }
  return alternate ? payload_form::export_envelope : payload_form::array;
}

void message_stream::add(outgoing_message message) {
  ++counts_.messages;
  counts_.bytes += message.value.size();
  ready_.push_back(std::move(message));
}

void message_stream::expect(const snapshot& last) {
  auto where = last.scope;
  if (sink_.system == broker_system::nats)
    where.inventory.clear();
  row_map rows;
  for (const auto& row : last.items)
    rows.insert_or_assign(row.identity(), serialize(row));
  expected_rows_ += rows.size();
  expected_.apply(where, {last.exported_at, last.generation, {}}, std::move(rows));
}

result<std::vector<outgoing_message>> take_shuffled(message_stream& stream, std::uint64_t seed) {
  std::vector<outgoing_message> messages;
  for (;;) {
    auto message = stream.next();
    if (!message)
      return message.error();
    if (!message->has_value())
      break;
    messages.push_back(std::move(**message));
  }
  random_source numbers(combine_seeds(seed, ~std::uint64_t{0}));
  for (std::size_t left = messages.size(); left > 1; --left)
    std::swap(messages[left - 1], messages[numbers.below(left)]);
  return messages;
}

} // namespace kollect::producer

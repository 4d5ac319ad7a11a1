#include "simulation/message_stream.hpp"

#include "simulation/poison.hpp"

#include <kollect/export.hpp>
#include <kollect/message_builder.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

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
  sink_.cluster.clear(); // each scope has its own
}

result<shared_message> message_stream::next() {
  while (ready_.empty()) {
    if (round_ == options_.rounds || scopes_.empty())
      return shared_message();
    if (auto made = make_snapshot(scopes_[next_scope_]); !made)
      return made.error();
    if (++next_scope_ == scopes_.size())
      next_scope_ = 0, ++round_;
  }
  auto message = std::move(ready_.front());
  ready_.pop_front();
  return message;
}

result<void> message_stream::make_snapshot(simulated_scope& which) {
  if (round_ != 0)
    which.inventory.advance();
  const auto kept_before = which.texts.memory();
  which.texts.update(which.inventory.rows(), which.inventory.in_namespace());
  const scope where{which.cluster, which.inventory.in_namespace(), std::string(inventory_name)};
  const export_envelope_header header{
      .generation = static_cast<std::int64_t>(1 + round_ / 4), // PAY-05: snapshots share generations
      .item_count = which.inventory.size(),
      .exported_at = clock_.tick(),
      .cluster = {}};
  const auto form = choose_form(which.inventory);
  const auto size = payload_size(form, header, which.texts.json_bytes());
  if (!size)
    return size.error();

  ++counts_.snapshots;
  // An empty snapshot is sent whatever the limit, as make_payloads() does.
  const bool is_whole =
      which.inventory.size() == 0 || options_.max_export_bytes == 0 || *size <= options_.max_export_bytes;
  if (auto made = is_whole ? make_whole(which, where, header, form) : make_parts(which, where, header); !made)
    return made;
  if (round_ + 1 == options_.rounds)
    expect(which, where, header);
  keep_texts(which.texts, kept_before);
  return {};
}

result<void> message_stream::make_whole(const simulated_scope& from, const scope& where,
                                        const export_envelope_header& header, payload_form form) {
  auto building = message_builder::begin(sink_, where, clock_.tick(), form, header, from.texts.json_bytes());
  if (!building)
    return building.error();
  for (const auto& row : from.texts.rows())
    building->add_row(row.text.json);
  return add_copies(building->finish(), where);
}

result<void> message_stream::make_parts(const simulated_scope& from, const scope& where,
                                        const export_envelope_header& header) {
  std::vector<serialized_item> rows;
  rows.reserve(from.texts.rows().size());
  for (const auto& row : from.texts.rows())
    rows.push_back(row.text);
  const auto payloads = make_part_payloads(std::move(rows), header, options_.max_export_bytes);
  if (!payloads)
    return payloads.error();
  if (payloads->size() > 1)
    counts_.parts += payloads->size();
  for (const auto& payload : *payloads)
    if (auto added = add_copies(make_message(sink_, where, clock_.tick(), payload), where); !added)
      return added;
  return {};
}

/// A message, its duplicates, and the poison after it.
result<void> message_stream::add_copies(result<outgoing_message> made, const scope& where) {
  if (!made)
    return made.error();
  const auto message = std::make_shared<const outgoing_message>(std::move(*made));
  const auto copies = numbers_.times(options_.duplicates);
  counts_.duplicates += copies;
  for (std::size_t copy = 0; copy <= copies; ++copy)
    add(message);
  for (auto left = numbers_.times(options_.poison); left != 0; --left) {
    const auto kind = counts_.poison++ % poison_kind_count();
    auto poison = make_poison(kind, sink_, where, clock_.tick(), numbers_);
    if (!poison)
      return poison.error();
    add(std::make_shared<const outgoing_message>(std::move(*poison)));
  }
  return {};
}

/// Keeps the texts for the next round if they fit.
void message_stream::keep_texts(row_texts& texts, std::size_t kept_before) {
  kept_ -= kept_before;
  if (kept_ + texts.memory() > options_.row_memory)
    texts.clear();
  kept_ += texts.memory();
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

void message_stream::add(shared_message message) {
  ++counts_.messages;
  counts_.bytes += message->value.size();
  ready_.push_back(std::move(message));
}

void message_stream::expect(const simulated_scope& from, scope where, const export_envelope_header& header) {
  expected_rows_ += from.inventory.size();
  if (!options_.is_state_expected)
    return;
  if (sink_.system == broker_system::nats)
    where.inventory.clear();
  row_map rows;
  for (const auto& row : from.texts.rows())
    rows.insert_or_assign(identity_of(row.model, where.namespace_), row.text.json);
  expected_.apply(where, {*header.exported_at, header.generation, {}}, std::move(rows));
}

result<std::vector<shared_message>> take_shuffled(message_stream& stream, std::uint64_t seed) {
  std::vector<shared_message> messages;
  for (;;) {
    auto message = stream.next();
    if (!message)
      return message.error();
    if (*message == nullptr)
      break;
    messages.push_back(std::move(*message));
  }
  random_source numbers(combine_seeds(seed, ~std::uint64_t{0}));
  for (std::size_t left = messages.size(); left > 1; --left)
    std::swap(messages[left - 1], messages[numbers.below(left)]);
  return messages;
}

} // namespace kollect::producer

#include "support/fleet.hpp"

#include "support/messages.hpp"

#include <kollect/multipart.hpp>
#include <kollect/serialize.hpp>

#include <string>
#include <utility>

namespace kollect::consumer::test {
namespace {

/// The rows of one inventory over time.
class inventory {
public:
  inventory(scope where, seeded_random& random) : where_(std::move(where)), random_(&random) {
    for (std::size_t count = random.below(12); count > 0; --count)
      rows_.push_back(new_row());
  }

  const scope& where() const { return where_; }
  const std::vector<item>& rows() const { return rows_; }

  void advance() {
    if (random_->once_in(5))
      return; // nothing has happened
    if (random_->once_in(12))
      rows_.clear();
    for (auto& row : rows_)
      if (random_->once_in(3))
        row.attributes = {{"revision", ++revision_}};
    if (!rows_.empty() && random_->once_in(2))
      rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(random_->below(rows_.size())));
    if (!rows_.empty() && random_->once_in(3))
      rows_.front().uid = "uid-" + std::to_string(++revision_); // re-created
    if (random_->once_in(2))
      rows_.push_back(new_row());
  }

private:
  item new_row() {
    return make_row("row-" + std::to_string(++revision_), 1,
                    random_->once_in(2) ? "deployments" : "services");
  }

  scope where_;
  seeded_random* random_;
  std::vector<item> rows_;
  std::int64_t revision_ = 0;
};

/// Writes a fleet's log.
class publisher_model {
public:
  publisher_model(seeded_random& random, broker_system system)
      : random_(random), is_kafka_(system == broker_system::kafka) {}

  void publish(const inventory& source, std::int64_t round) {
    snapshot taken;
    taken.scope = source.where();
    taken.items = source.rows();
    taken.generation = static_cast<std::int64_t>(random_.below(3));
    taken.exported_at = {noon(round * 60).seconds,
                         static_cast<std::uint32_t>(random_.below(3) * 100'000'000)};
    const auto form = random_.once_in(2) ? payload_form::array : payload_form::export_envelope;
    const std::size_t limit = form == payload_form::array || random_.once_in(2) ? 0 : 900;
    // Two sets of one instant and generation would be one set with conflicting parts.
    if (limit != 0)
      taken.generation = ++last_generation_;
    const auto payloads = make_payloads(taken, {.form = form, .max_export_bytes = limit}).value();

    const bool is_torn = payloads.size() > 1 && random_.once_in(4);
    const std::size_t lost = is_torn ? random_.below(payloads.size()) : payloads.size();
    send(taken, form, payloads, *taken.exported_at, lost);
    if (random_.once_in(4))
      send(taken, form, payloads, *taken.exported_at + std::chrono::seconds(random_.below(100)),
           payloads.size());
  }

  fleet take(std::vector<scope> scopes) {
    out_.scopes = std::move(scopes);
    return std::move(out_);
  }

private:
  /// One export call: `lost` is the part that never reaches the broker.
  void send(const snapshot& taken, payload_form form, const std::vector<std::string>& payloads,
            const timestamp& instant, std::size_t lost) {
    for (std::size_t index = 0; index < payloads.size(); ++index) {
      if (index == lost)
        continue;
      const auto message = make_one(taken.scope, instant, payloads[index]);
      if (random_.once_in(8))
        out_.messages.push_back(make_poison(message));
      out_.messages.push_back({message, false, false});
    }
    if (lost == payloads.size())
      out_.expected.apply(taken.scope, order(taken, form, payloads, instant), rows_of(taken.items));
  }

  static snapshot_order order(const snapshot& taken, payload_form form,
                              const std::vector<std::string>& payloads, const timestamp& instant) {
    if (form == payload_form::array)
      return {instant, 0, sha256(payloads.front())};
    if (payloads.size() == 1)
      return {*taken.exported_at, taken.generation, sha256(payloads.front())};
    std::string digests;
    for (const auto& payload : payloads) {
      const auto digest = sha256(payload);
      digests.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
    }
    return {*taken.exported_at, taken.generation, sha256(digests)};
  }

  outgoing_message make_one(const scope& where, const timestamp& instant, const std::string& payload) {
    auto message = make_kafka_message(where, instant, payload);
    if (!is_kafka_)
      message.key.reset();
    else if (where.inventory.empty())
      message.key = where.cluster + "/" + where.namespace_; // as the operator does
    return message;
  }

  static std::string replaced(std::string text, std::string_view from, std::string_view with) {
    return text.replace(text.find(from), from.size(), with);
  }

  fleet_message make_poison(outgoing_message message) {
    fleet_message out{std::move(message), false, true};
    auto& value = out.message.value;
    switch (random_.below(7)) {
    case 0:
      value.resize(1 + random_.below(value.size() - 1));
      break;
    case 1:
      value.clear();
      break;
    case 2:
      value.clear(), out.is_tombstone = true;
      break;
    case 3:
      value = replaced(value, "v1alpha1", "v9");
      break;
    case 4:
      value = replaced(value, "Z\"", "+02:00\"");
      break;
    case 5:
      value = replaced(value, "2026-", "2126-");
      break;
    default:
      value += "{}";
      break;
    }
    return out;
  }

  seeded_random& random_;
  bool is_kafka_;
  std::int64_t last_generation_ = 10;
  fleet out_;
};

} // namespace

fleet make_fleet(seeded_random& random, broker_system system) {
  std::vector<inventory> inventories;
  std::vector<scope> scopes;
  for (const std::string cluster : {"east", "west"})
    for (const std::string in_namespace : {"team-a", "team/b"})
      for (const std::string name : {"", "web"}) {
        if (!name.empty() && system == broker_system::nats)
          continue; // nothing there tells inventories apart
        scopes.push_back({cluster, in_namespace, name});
        inventories.emplace_back(scopes.back(), random);
      }
  publisher_model model(random, system);
  for (std::int64_t round = 0; round < 5; ++round)
    for (auto& one : inventories) {
      // Now and then two snapshots of one round, dated alike: their order is settled by what else they hold.
      for (std::size_t time = random.once_in(4) ? 2 : 1; time > 0; --time) {
        one.advance();
        model.publish(one, round);
      }
    }
  return model.take(std::move(scopes));
}

} // namespace kollect::consumer::test

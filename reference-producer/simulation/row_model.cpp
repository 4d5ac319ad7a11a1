#include "simulation/row_model.hpp"

#include "simulation/attributes.hpp"
#include "simulation/random_source.hpp"

#include <array>
#include <string_view>

namespace kollect::producer {

namespace {

using namespace std::string_view_literals;

constexpr std::array words{"api"sv,     "billing"sv, "cache"sv,  "catalog"sv, "checkout"sv, "gateway"sv,
                           "indexer"sv, "ledger"sv,  "mailer"sv, "orders"sv,  "router"sv,   "search"sv};

std::string make_name(const row_model& model) {
  return std::string(words[model.ordinal % words.size()]) + "-" + std::to_string(model.ordinal);
}

/// A UUID of version 4, as Kubernetes gives each object.
std::string make_uid(std::uint64_t seed) {
  constexpr std::string_view digits = "0123456789abcdef";
  random_source numbers(seed);
  std::string uid = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
  for (char& letter : uid)
    if (letter == 'x')
      letter = digits[numbers.below(16)];
  return uid;
}

} // namespace

std::size_t object_kind_count() noexcept {
  return object_kinds().size();
}

bool shows_revisions(const row_model& model) noexcept {
  return object_kinds()[model.kind].has_attributes;
}

item make_item(const row_model& model, const std::string& namespace_) {
  const auto& kind = object_kinds()[model.kind];
  attribute_source source{make_name(model), namespace_, model.revision,
                          random_source(combine_seeds(model.seed, 1)),
                          random_source(combine_seeds(model.seed, model.revision + 2))};
  item row;
  row.target_namespace = namespace_;
  row.target_name = kind.target_name;
  row.namespace_ = namespace_;
  row.name = source.name;
  row.group = kind.group;
  row.version = kind.version;
  row.kind = kind.kind;
  row.uid = make_uid(model.seed);
  row.attributes = kind.make(source);
  return row;
}

} // namespace kollect::producer

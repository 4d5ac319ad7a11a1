#include "simulation/row_model.hpp"

#include "simulation/attributes.hpp"
#include "simulation/random_source.hpp"

#include <kollect/text_end.hpp>

#include <array>
#include <initializer_list>
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

std::string join_with_nul(std::initializer_list<std::string_view> fields) {
  std::size_t size = fields.size() - 1;
  for (const auto field : fields)
    size += field.size();
  std::string text;
  text.reserve(size);
  for (const auto& field : fields) {
    if (&field != fields.begin())
      text += '\0';
    text += field;
  }
  return text;
}

void append_member(text_end& out, char before, std::string_view name, std::string_view value) {
  out += before;
  out += '"';
  out += name;
  out += "\":";
  append_json(out, value);
}

} // namespace

std::size_t object_kind_count() noexcept {
  return object_kinds().size();
}

bool shows_revisions(const row_model& model) noexcept {
  return object_kinds()[model.kind].has_attributes;
}

serialized_item make_row(const row_model& model, const std::string& namespace_) {
  const auto& kind = object_kinds()[model.kind];
  attribute_source source{make_name(model), namespace_, model.revision,
                          random_source(combine_seeds(model.seed, 1)),
                          random_source(combine_seeds(model.seed, model.revision + 2))};
  const auto uid = make_uid(model.seed);
  serialized_item row;
  row.sort_key = join_with_nul(
      {namespace_, kind.target_name, namespace_, source.name, uid, kind.group, kind.version, kind.kind});
  row.json.reserve(likely_row_bytes * 4);
  {
    text_end out(row.json);
    append_member(out, '{', "targetNamespace", namespace_);
    append_member(out, ',', "targetName", kind.target_name);
    append_member(out, ',', "namespace", namespace_);
    append_member(out, ',', "name", source.name);
    if (!kind.group.empty())
      append_member(out, ',', "group", kind.group);
    append_member(out, ',', "version", kind.version);
    append_member(out, ',', "kind", kind.kind);
    append_member(out, ',', "uid", uid);
    out += R"(,"attributes":)";
    kind.append(out, source);
    out += '}';
  }
  row.json.shrink_to_fit();
  return row;
}

row_identity identity_of(const row_model& model, const std::string& namespace_) {
  return {namespace_, std::string(object_kinds()[model.kind].target_name), namespace_, make_name(model),
          make_uid(model.seed)};
}

} // namespace kollect::producer

#include <support/random_rows.hpp>
#include <support/random_text.hpp>

#include <kollect/parse.hpp>

#include <utility>

namespace kollect::test {

item random_item(seeded_random& random, std::string uid) {
  item row;
  for (auto* const text : {&row.target_namespace, &row.target_name, &row.namespace_, &row.name, &row.group,
                           &row.version, &row.kind})
    *text = random_string(random);
  row.uid = std::move(uid);
  if (random.once_in(8))
    return row;
  auto& attributes = row.attributes.emplace_object();
  for (std::size_t count = random.below(4); count > 0; --count)
    attributes[random_string(random)] = parse_value(random_json(random, 3)).value();
  return row;
}

snapshot random_snapshot(seeded_random& random, std::size_t rows) {
  snapshot out;
  out.scope = {random_string(random), random_string(random), random_string(random)};
  out.generation = static_cast<std::int64_t>(random.below(3));
  out.exported_at = {static_cast<std::int64_t>(random.below(4'000'000'000)),
                     static_cast<std::uint32_t>(random.below(1'000'000'000))};
  for (std::size_t index = 0; index < rows; ++index)
    out.items.push_back(random_item(random, "uid-" + std::to_string(index)));
  return out;
}

} // namespace kollect::test

#include "row_identities.hpp"

#include <kollect/checksum.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace kollect::conformance {

digest digest_of(std::string_view text) {
  const auto whole = sha256(text);
  digest half{};
  std::copy_n(whole.bytes.begin(), half.size(), half.begin());
  return half;
}

namespace {

/// The order in which rows are sorted (ORD-01); the first five identify a row (ROW-03).
constexpr std::array<std::string_view, 8> sorted_by{
    "targetNamespace", "targetName", "namespace", "name", "uid", "group", "version", "kind"};
constexpr std::size_t identifying = 5, group = 5;

using row_texts = std::array<std::optional<std::string>, sorted_by.size()>;

/// Those that are strings, the first of each name.
row_texts read_row(const json_node& row) {
  row_texts texts;
  std::size_t found = 0;
  for (const auto& member : row.members()) {
    const auto place = std::ranges::find_if(sorted_by, [&](auto name) { return member.name == name; });
    const auto index = static_cast<std::size_t>(place - sorted_by.begin());
    if (place == sorted_by.end() || texts[index] || member.value.kind != json_kind::string)
      continue;
    texts[index] = member.value.text.decode();
    if (++found == sorted_by.size())
      break; // what comes now is attributes
  }
  return texts;
}

} // namespace

row_identity identity_of(const json_node& row) {
  auto texts = read_row(row);
  const auto take = [&](std::size_t index) { return std::move(texts[index]).value_or(""); };
  return {take(0), take(1), take(2), take(3), take(4)};
}

bool has_identity(const json_node& row) {
  const auto texts = read_row(row);
  for (std::size_t index = 0; index < texts.size(); ++index)
    if (index != group && !texts[index])
      return false;
  return true;
}

std::string sort_key_of(const json_node& row) {
  std::string key;
  for (bool is_first = true; const auto& text : read_row(row)) {
    key.append(is_first ? "" : std::string(1, '\0')).append(text.value_or(""));
    is_first = false;
  }
  return key;
}

std::optional<digest> identity_digest(const json_node& row) {
  const auto texts = read_row(row);
  std::string joined;
  for (std::size_t index = 0; index < texts.size(); ++index) {
    if (index != group && !texts[index])
      return {};
    if (index < identifying)
      joined.append(std::to_string(texts[index]->size())).append(":").append(*texts[index]);
  }
  return digest_of(joined);
}

void row_identities::add(const message_facts& message,
                         const std::function<void(const json_node&)>& repeated) {
  std::vector<digest> own;
  for (const auto& row : message.rows())
    if (const auto known = identity_digest(row)) // else ROW-01
      own.push_back(*known);
  std::ranges::sort(own);
  std::vector<digest> twice;
  std::ranges::set_intersection(own, all_, std::back_inserter(twice));
  for (std::size_t index = 1; index < own.size(); ++index)
    if (own[index] == own[index - 1])
      twice.push_back(own[index]);
  if (!twice.empty())
    tell(message, std::move(twice), repeated);
  const auto middle = static_cast<std::ptrdiff_t>(all_.size());
  all_.insert(all_.end(), own.begin(), own.end());
  std::inplace_merge(all_.begin(), all_.begin() + middle, all_.end());
}

void row_identities::tell(const message_facts& message, std::vector<digest> twice,
                          const std::function<void(const json_node&)>& repeated) const {
  std::ranges::sort(twice);
  twice.erase(std::unique(twice.begin(), twice.end()), twice.end());
  std::vector<bool> is_there;
  for (const auto& one : twice)
    is_there.push_back(std::ranges::binary_search(all_, one));
  for (const auto& row : message.rows()) {
    const auto known = identity_digest(row);
    const auto place = known ? std::ranges::lower_bound(twice, *known) : twice.end();
    if (place == twice.end() || *place != *known)
      continue;
    const auto index = static_cast<std::size_t>(place - twice.begin());
    if (is_there[index])
      repeated(row);
    is_there[index] = true;
  }
}

} // namespace kollect::conformance

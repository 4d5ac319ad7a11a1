#include "query/index_paths.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kollect::consumer {
namespace {

struct known_path {
  std::string_view name;
  bool index_paths::*is_indexed;
};

constexpr std::array known_paths{known_path{"kind", &index_paths::kind},
                                 known_path{"name", &index_paths::name},
                                 known_path{"namespace", &index_paths::item_namespace},
                                 known_path{"uid", &index_paths::uid},
                                 known_path{"labels", &index_paths::labels},
                                 known_path{"owners", &index_paths::owners},
                                 known_path{"images", &index_paths::images}};

/// Where Kubernetes has images, in workloads, pods and cron jobs, and where an inventory that picks
/// attributes may put them.
constexpr std::array image_paths{"image",
                                 "images.*",
                                 "spec.containers.*.image",
                                 "spec.initContainers.*.image",
                                 "spec.template.spec.containers.*.image",
                                 "spec.template.spec.initContainers.*.image",
                                 "spec.jobTemplate.spec.template.spec.containers.*.image",
                                 "spec.jobTemplate.spec.template.spec.initContainers.*.image"};

/// The words of a list; commas with a backslash before them belong to a word.
std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> out(1);
  for (std::size_t at = 0; at < list.size(); ++at) {
    if (list[at] == ',') {
      out.emplace_back();
      continue;
    }
    out.back() += list[at];
    if (list[at] == '\\' && at + 1 < list.size())
      out.back() += list[++at];
  }
  return out;
}

failure refuse(const std::string& word, const std::string& sentence) {
  return make_failure(error::invalid_value, "\"" + word + "\" " + sentence);
}

result<void> add_path(index_paths& to, const std::string& word) {
  const auto known = std::find_if(known_paths.begin(), known_paths.end(),
                                  [&](const known_path& one) { return one.name == word; });
  if (known != known_paths.end()) {
    to.*(known->is_indexed) = true;
    return {};
  }
  if (!word.starts_with(attribute_prefix))
    return refuse(word, "cannot be indexed: name some of kind, name, namespace, uid, labels, owners, images "
                        "and attr.PATH, with commas between, or none");
  auto text = word.substr(attribute_prefix.size());
  if (auto path = parse_attribute_path(text); !path)
    return refuse(word, "is no path: " + path.error().message);
  to.attributes.push_back(std::move(text));
  return {};
}

} // namespace

result<index_paths> parse_index_paths(std::string_view list) {
  index_paths out;
  if (list == "none" || list.empty())
    return out;
  for (const auto& word : words_of(list))
    if (auto added = add_path(out, word); !added)
      return added.error();
  auto& attributes = out.attributes;
  std::sort(attributes.begin(), attributes.end());
  attributes.erase(std::unique(attributes.begin(), attributes.end()), attributes.end());
  return out;
}

std::string text_of(const index_paths& paths) {
  std::string out;
  for (const auto& one : known_paths)
    if (paths.*(one.is_indexed))
      out.append(out.empty() ? "" : ",").append(one.name);
  for (const auto& text : paths.attributes)
    out.append(out.empty() ? "" : ",").append(attribute_prefix).append(text);
  return out.empty() ? "none" : out;
}

std::vector<indexed_attribute> indexed_attributes(const index_paths& paths) {
  std::vector<indexed_attribute> out;
  const auto add = [&out](const std::string& text) {
    if (auto path = parse_attribute_path(text))
      out.push_back({text, std::move(*path)});
  };
  if (paths.images)
    for (const auto* const text : image_paths)
      add(text);
  for (const auto& text : paths.attributes)
    if (!paths.images || std::find(image_paths.begin(), image_paths.end(), text) == image_paths.end())
      add(text);
  return out;
}

bool is_covered(const attribute_path& asked, const attribute_path& indexed) {
  return std::equal(
      asked.begin(), asked.end(), indexed.begin(), indexed.end(),
      [](const path_segment& one, const path_segment& other) { return other.is_any || one == other; });
}

} // namespace kollect::consumer

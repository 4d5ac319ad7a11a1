#include <program/config_file.hpp>

#include <program/suggestion.hpp>

#include <kollect/read_file.hpp>
#include <kollect/yaml/read.hpp>

#include <utility>

namespace kollect::program {
namespace {

/// Flags that are about reading flags, or ask for something else than work.
bool is_configurable(const flag& one) {
  return !one.is_word && one.name != "config" && one.name != "help" && one.name != "version";
}

/// The flag of a name in a command, or in one below it.
const flag* find_flag(const command& in, std::string_view name) {
  if (const auto* const found = in.find(name); found != nullptr && is_configurable(*found))
    return found;
  for (const auto& below : in.commands())
    if (const auto* const found = find_flag(*below, name))
      return found;
  return nullptr;
}

void collect_names(const command& in, std::vector<std::string>& names) {
  for (const auto& one : in.flags())
    if (is_configurable(one))
      names.push_back(one.name);
  for (const auto& below : in.commands()) {
    names.push_back(below->name());
    collect_names(*below, names);
  }
}

failure refuse(error reason, const std::string& what, const std::string& source, const text_position& where) {
  auto refusal = make_failure(reason, what, {}, where);
  refusal.source = source;
  return refusal;
}

std::optional<failure> check_value(const flag& named, const node& value, const std::string& source) {
  if (value.kind == node_kind::sequence && named.is_list) {
    for (const auto& element : value.elements)
      if (auto wrong = check_value(named, element, source))
        return wrong;
    return {};
  }
  if (value.kind == node_kind::mapping || value.kind == node_kind::sequence || value.kind == node_kind::null)
    return refuse(error::invalid_value,
                  named.name + " must have " + (named.is_list ? "one value or a list of them" : "one value") +
                      ", not " + std::string(to_string(value.kind)),
                  source, value.position);
  if (named.is_secret && named.is_secret(value.text))
    return refuse(error::invalid_value,
                  named.name +
                      " holds a password, which does not belong in this file: put the value into the "
                      "environment variable " +
                      named.variable(),
                  source, value.position);
  return {};
}

std::optional<failure> check_keys(const command& in, const node& section, const std::string& source) {
  for (const auto& [key, where, value] : section.entries) {
    const auto* const below = in.find_command(key);
    if (below != nullptr && value.kind == node_kind::mapping) {
      if (auto wrong = check_keys(*below, value, source))
        return wrong;
      continue;
    }
    const auto* const named = find_flag(in, key);
    if (named == nullptr) {
      std::vector<std::string> names;
      collect_names(in, names);
      return refuse(error::unknown_key,
                    in.full_name() + " has no flag " + quote_value(key) + did_you_mean(key, names), source,
                    where);
    }
    if (auto wrong = check_value(*named, value, source))
      return wrong;
  }
  return {};
}

} // namespace

result<config_file> config_file::read(const std::filesystem::path& path, const command& program) {
  const auto text = read_file(path, document_limits{}.max_bytes);
  if (!text)
    return text.error();
  auto documents = yaml::read(*text, path.string());
  if (!documents) {
    auto refusal = documents.error();
    if (refusal.reason() == error::manifest_syntax)
      refusal.message += " (a configuration file is YAML with one flag a line, such as `max-depth: 64`)";
    return refusal;
  }
  config_file out;
  out.source_ = path.string();
  if (documents->size() > 1)
    return refuse(error::manifest_syntax, "a configuration file is one YAML document", out.source_,
                  (*documents)[1].root.position);
  if (documents->empty() || documents->front().root.kind == node_kind::null)
    return out;
  out.root_ = std::move(documents->front().root);
  if (out.root_.kind != node_kind::mapping)
    return refuse(error::manifest_syntax,
                  "a configuration file is YAML with one flag a line, such as `max-depth: 64`", out.source_,
                  out.root_.position);
  if (auto wrong = check_keys(program, out.root_, out.source_))
    return *std::move(wrong);
  return out;
}

std::vector<configured_value> config_file::values_of(const command& of, const flag& named) const {
  std::vector<configured_value> out;
  // From the program down to the command: the last one that names the flag is the strongest.
  std::vector<const command*> path;
  for (const command* at = &of; at != nullptr; at = at->parent())
    path.insert(path.begin(), at);
  const node* section = &root_;
  for (std::size_t level = 0; section != nullptr; section = section->find(path[level]->name())) {
    if (const auto* const value = is_configurable(named) ? section->find(named.name) : nullptr;
        value != nullptr && value->kind != node_kind::mapping) {
      out.clear();
      const auto add = [&](const node& one) {
        out.push_back({one.text, source_ + ":" + std::to_string(one.position.line) + ":" +
                                     std::to_string(one.position.column)});
      };
      if (value->kind == node_kind::sequence)
        for (const auto& element : value->elements)
          add(element);
      else
        add(*value);
    }
    if (++level == path.size())
      break;
  }
  return out;
}

} // namespace kollect::program

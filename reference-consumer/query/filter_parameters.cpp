#include "query/filter_parameters.hpp"

#include <program/printable.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace kollect::consumer {
namespace {

struct text_field {
  std::string_view name;
  text_condition item_filter::*condition;
};

constexpr std::array text_fields{text_field{"cluster", &item_filter::cluster},
                                 text_field{"namespace", &item_filter::namespace_},
                                 text_field{"inventory", &item_filter::inventory},
                                 text_field{"target", &item_filter::target},
                                 text_field{"group", &item_filter::group},
                                 text_field{"version", &item_filter::version},
                                 text_field{"kind", &item_filter::kind},
                                 text_field{"name", &item_filter::name},
                                 text_field{"uid", &item_filter::uid},
                                 text_field{"itemNamespace", &item_filter::item_namespace},
                                 text_field{"owner", &item_filter::owner}};

constexpr std::array<std::string_view, 14> names{
    "cluster", "namespace", "inventory",     "target", "group",  "version",     "kind",
    "name",    "uid",       "itemNamespace", "owner",  "labels", "annotations", "search"};

/// How a parameter compares what it names.
enum class parameter_operator { is, is_not, less, at_most, greater, at_least };

struct condition_text {
  std::string_view name;
  parameter_operator how = parameter_operator::is;
  std::string value;
};

/// Where the name of an attribute ends: at the first `<` or `>` without a backslash.
std::size_t end_of_path(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '\\')
      ++at;
    else if (name[at] == '<' || name[at] == '>')
      return at;
  }
  return name.size();
}

/// Takes `path>=` with its value apart, and `path>value`, whose `=` belongs to the value.
condition_text take_apart(const parameter& one) {
  const std::string_view name = one.name;
  if (name.starts_with(attribute_prefix)) {
    if (const auto end = end_of_path(name); end < name.size()) {
      const bool is_less = name[end] == '<';
      const auto rest = std::string(name.substr(end + 1)) + (one.has_value ? "=" + one.value : "");
      if (rest.starts_with('=')) // of a client that encodes all of `path>=value`
        return {name.substr(0, end), is_less ? parameter_operator::at_most : parameter_operator::at_least,
                rest.substr(1)};
      return {name.substr(0, end), is_less ? parameter_operator::less : parameter_operator::greater, rest};
    }
  }
  if (one.has_value && name.ends_with('!'))
    return {name.substr(0, name.size() - 1), parameter_operator::is_not, one.value};
  return {name, parameter_operator::is, one.value};
}

failure refuse(const parameter& one, std::string_view sentence) {
  return make_failure(error::invalid_value, about_parameter(one.name, one.value, sentence));
}

/// As in kind==Pod, kind=!Pod and attr.spec.replicas=>=3, which would find nothing and not say why.
bool begins_with_operator(std::string_view value) {
  return !value.empty() && std::string_view("=!<>").find(value.front()) != std::string_view::npos;
}

class filter_reader {
public:
  filter_reader(empty_value empty, const filter_limits& bounds) : empty_(empty), bounds_(bounds) {}

  result<void> add(const parameter& one) {
    const auto given = take_apart(one);
    if (given.value.empty() && empty_ == empty_value::is_absent)
      return {};
    const auto field = std::find_if(text_fields.begin(), text_fields.end(),
                                    [&](const text_field& known) { return known.name == given.name; });
    const bool has_pattern = field != text_fields.end() || given.name.starts_with(attribute_prefix);
    if (has_pattern && begins_with_operator(given.value))
      return refuse(one,
                    "a value that begins with =, !, < or > looks like a second operator: write NAME=VALUE, "
                    "NAME!=VALUE or, of attributes, NAME>=VALUE and the like; a backslash before it makes it "
                    "part of the text");
    auto added = field != text_fields.end()                 ? add_text(*field, given)
                 : given.name.starts_with(attribute_prefix) ? add_attribute(one, given)
                 : given.how == parameter_operator::is_not
                     ? refuse(one, "only names, kinds and the like, and attr.PATH, have !=")
                 : given.name == "search" ? add_words(given.value)
                                          : add_selector(one, given);
    if (added && terms_ > bounds_.terms)
      return make_failure(error::invalid_value,
                          "there are more than " + std::to_string(bounds_.terms) +
                              " values, words, requirements and steps of paths in this question "
                              "(--max-filter-terms): ask for less at once");
    return added;
  }

  item_filter take() { return std::move(out_); }

private:
  result<void> add_text(const text_field& field, const condition_text& given) {
    auto text = given.value;
    if (field.name == "kind")
      text = to_lower(text);
    if (const auto slash = text.find('/'); field.name == "owner" && slash != std::string::npos)
      text = to_lower(text.substr(0, slash)) + text.substr(slash);
    add_pattern(out_.*field.condition, given.how, text);
    return {};
  }

  void add_pattern(text_condition& to, parameter_operator how, std::string_view text) {
    (how == parameter_operator::is_not ? to.unwanted : to.wanted).push_back(parse_pattern(text));
    ++terms_;
  }

  result<void> add_attribute(const parameter& one, const condition_text& given) {
    if (given.how == parameter_operator::is && !one.has_value)
      return refuse(one,
                    "it lacks a value: attr.PATH=VALUE, where * stands for any text; so have !=, <, <=, > "
                    "and >=");
    const auto path_text = given.name.substr(attribute_prefix.size());
    auto path = parse_attribute_path(path_text);
    if (!path)
      return refuse(one, path.error().message + " of what follows attr.");
    terms_ += path->size();
    auto& condition = condition_at(path_text, std::move(*path));
    const auto how = given.how;
    if (how == parameter_operator::is || how == parameter_operator::is_not) {
      add_pattern(condition.is, how, given.value);
      return {};
    }
    ++terms_;
    condition.bounds.push_back({how == parameter_operator::less      ? comparison::less
                                : how == parameter_operator::at_most ? comparison::at_most
                                : how == parameter_operator::greater ? comparison::greater
                                                                     : comparison::at_least,
                                given.value});
    return {};
  }

  attribute_condition& condition_at(std::string_view path_text, attribute_path path) {
    for (auto& known : out_.attributes)
      if (known.path_text == path_text)
        return known;
    return out_.attributes.emplace_back(attribute_condition{std::string(path_text), std::move(path)});
  }

  result<void> add_words(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    while ((text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size())), !text.empty())) {
      const auto word = text.substr(0, text.find_first_of(blanks));
      out_.words.push_back(to_lower(word));
      ++terms_;
      text.remove_prefix(word.size());
    }
    return {};
  }

  result<void> add_selector(const parameter& one, const condition_text& given) {
    auto selector = parse_label_selector(given.value);
    if (!selector)
      return refuse(one, selector.error().message);
    auto& to = given.name == "labels" ? out_.labels : out_.annotations;
    for (auto& requirement : *selector) {
      terms_ += 1 + requirement.values.size();
      to.push_back(std::move(requirement));
    }
    return {};
  }

  empty_value empty_;
  filter_limits bounds_;
  std::size_t terms_ = 0;
  item_filter out_;
};

} // namespace

std::span<const std::string_view> filter_names() {
  return names;
}

bool is_filter_parameter(const parameter& one) {
  const auto name = take_apart(one).name;
  return name.starts_with(attribute_prefix) || std::find(names.begin(), names.end(), name) != names.end();
}

result<item_filter> read_filter(std::span<const parameter> given, empty_value empty,
                                const filter_limits& bounds) {
  filter_reader reader(empty, bounds);
  for (const auto& one : given)
    if (auto added = reader.add(one); !added)
      return added.error();
  return reader.take();
}

std::string about_parameter(std::string_view name, std::string_view value, std::string_view sentence) {
  constexpr std::size_t longest = 100;
  const auto shortened = [](std::string_view text) {
    return program::printable(text.size() > longest ? std::string(text.substr(0, longest)) + "..."
                                                    : std::string(text));
  };
  return "the parameter " + shortened(name) + " is \"" + shortened(value) + "\": " + std::string(sentence);
}

} // namespace kollect::consumer

#include "query/item_filter.hpp"

#include "query/number.hpp"

#include <kollect/limits.hpp>
#include <kollect/parse.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace kollect::consumer {
namespace {

/// The text of a field, which is copied only where it has escapes.
bool holds(const text_condition& condition, const json_string& field) {
  if (condition.empty())
    return true;
  return field.is_plain() ? holds(condition, field.raw()) : holds(condition, field.decode());
}

/// One value against a pattern: numbers by what they are, whatever their spelling.
bool is_value(const text_pattern& pattern, std::string_view text, const std::optional<number>& value) {
  if (value && pattern.is_exact())
    if (const auto wanted = read_number(pattern.parts.front()))
      return compare(*wanted, *value) == 0;
  return holds(pattern, text);
}

bool is_within(comparison how, int order) {
  switch (how) {
  case comparison::less:
    return order < 0;
  case comparison::at_most:
    return order <= 0;
  case comparison::greater:
    return order > 0;
  case comparison::at_least:
    return order >= 0;
  }
  return false;
}

/// A bound that is a number is one for numbers, and for texts that hold one; any other compares texts.
bool is_within(const attribute_bound& bound, std::string_view text, bool is_comparable) {
  if (!is_comparable)
    return false;
  const auto limit = read_number(bound.value);
  if (!limit)
    return is_within(bound.how, text.compare(bound.value));
  const auto value = read_number(text);
  return value && is_within(bound.how, compare(*value, *limit));
}

/// What the values at a path have shown so far.
class attribute_matcher {
public:
  explicit attribute_matcher(const attribute_condition& condition)
      : condition_(condition), is_held_(condition.bounds.size(), false) {}

  void look_at(std::string_view raw) {
    const auto text = scalar_text(raw);
    if (!text)
      return;
    const bool is_number = raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9');
    const auto value = is_number ? read_number(raw) : std::nullopt;
    const auto fits = [&](const text_pattern& one) { return is_value(one, *text, value); };
    const auto& is = condition_.is;
    is_wanted_ = is_wanted_ || std::any_of(is.wanted.begin(), is.wanted.end(), fits);
    is_unwanted_ = is_unwanted_ || std::any_of(is.unwanted.begin(), is.unwanted.end(), fits);
    for (std::size_t index = 0; index < is_held_.size(); ++index)
      is_held_[index] =
          is_held_[index] || is_within(condition_.bounds[index], *text, is_number || raw.front() == '"');
  }

  bool holds() const {
    return !is_unwanted_ && (condition_.is.wanted.empty() || is_wanted_) &&
           std::find(is_held_.begin(), is_held_.end(), false) == is_held_.end();
  }

private:
  const attribute_condition& condition_;
  std::vector<bool> is_held_;
  bool is_wanted_ = false;
  bool is_unwanted_ = false;
};

bool holds(const attribute_condition& condition, std::string_view attributes) {
  attribute_matcher matcher(condition);
  visit_values(attributes, condition.path, [&](std::string_view raw) { matcher.look_at(raw); });
  return matcher.holds();
}

path_segment member(std::string_view name) {
  return {false, std::string(name), {}};
}

/// Where Kubernetes has it, and where an inventory that picks attributes may put it.
std::array<attribute_path, 2> places_of(std::string_view field) {
  return {attribute_path{member(field)}, attribute_path{member("metadata"), member(field)}};
}

/// `uid`, `name` and `kind/name` of each owner.
std::vector<std::string> owners_of(const item_view& row) {
  std::vector<std::string> out;
  for (auto place : places_of("ownerReferences")) {
    place.push_back({true, "*", {}});
    visit_values(row.attributes, place, [&out](std::string_view raw) { add_owner(out, raw); });
  }
  return out;
}

bool holds_for_owners(const text_condition& condition, const item_view& row) {
  if (condition.empty())
    return true;
  const auto owners = owners_of(row);
  const auto is_any = [&](const text_pattern& one) {
    return std::any_of(owners.begin(), owners.end(),
                       [&](const std::string& owner) { return !owner.empty() && holds(one, owner); });
  };
  return (condition.wanted.empty() ||
          std::any_of(condition.wanted.begin(), condition.wanted.end(), is_any)) &&
         std::none_of(condition.unwanted.begin(), condition.unwanted.end(), is_any);
}

/// Looks for words until all of them were found.
class word_search {
public:
  explicit word_search(const std::vector<std::string>& words) {
    for (const auto& word : words)
      missing_.push_back(&word);
  }

  bool has_all() const { return missing_.empty(); }

  void look_at(std::string_view text) {
    if (has_all())
      return;
    const auto lower = to_lower(text);
    std::erase_if(missing_, [&](const std::string* word) { return contains(lower, *word); });
  }

  void look_at(const json_string& text) {
    text.is_plain() ? look_at(text.raw()) : look_at(std::string_view(text.decode()));
  }

  /// All values within a JSON value; the names of members are none.
  bool look_into(json_reader& reader) {
    const auto kind = reader.peek();
    if (kind == json_kind::object)
      return reader.read_object([&](const json_string&) { return look_into(reader); });
    if (kind == json_kind::array)
      return reader.read_array([&] { return look_into(reader); });
    if (kind == json_kind::string) {
      json_string text;
      if (!reader.read_string(text))
        return false;
      look_at(text);
      return !has_all();
    }
    std::string_view raw;
    if (!reader.read_value(raw))
      return false;
    look_at(raw);
    return !has_all();
  }

private:
  std::vector<const std::string*> missing_;
};

bool is_found(const std::vector<std::string>& words, const item_view& row) {
  if (words.empty())
    return true;
  word_search search(words);
  for (const auto* field : {&row.name, &row.namespace_, &row.kind, &row.target_name})
    search.look_at(*field);
  if (search.has_all() || row.attributes.empty())
    return search.has_all();
  json_reader reader(row.attributes, max_depth_ceiling);
  (void)search.look_into(reader);
  return search.has_all();
}

bool holds_for_kind(const text_condition& condition, const json_string& kind) {
  return condition.empty() || holds(condition, std::string_view(to_lower(kind.decode())));
}

} // namespace

void add_labels(label_list& to, std::string_view object) {
  json_reader reader(object, max_depth_ceiling);
  if (reader.peek() != json_kind::object)
    return;
  (void)reader.read_object([&](const json_string& name) {
    std::string_view value;
    if (!reader.read_value(value))
      return false;
    if (auto text = scalar_text(value))
      to.emplace_back(name.decode(), std::move(*text));
    return true;
  });
}

void add_owner(std::vector<std::string>& to, std::string_view reference) {
  std::string uid, name, kind;
  json_reader reader(reference, max_depth_ceiling);
  if (reader.peek() != json_kind::object)
    return;
  (void)reader.read_object([&](const json_string& field) {
    std::string_view value;
    if (!reader.read_value(value))
      return false;
    for (const auto& [known, text] : {std::pair{"uid", &uid}, {"name", &name}, {"kind", &kind}})
      if (field == known)
        *text = scalar_text(value).value_or(std::string());
    return true;
  });
  to.push_back(std::move(uid));
  to.push_back(to_lower(kind) + "/" + name);
  to.push_back(std::move(name));
}

label_list labels_of(const item_view& row, std::string_view field) {
  label_list out;
  for (const auto& place : places_of(field))
    visit_values(row.attributes, place, [&out](std::string_view raw) { add_labels(out, raw); });
  return out;
}

bool looks_at_rows(const item_filter& filter) {
  for (const auto* field : {&filter.target, &filter.group, &filter.version, &filter.kind, &filter.name,
                            &filter.uid, &filter.item_namespace, &filter.owner})
    if (!field->empty())
      return true;
  return !(filter.labels.empty() && filter.annotations.empty() && filter.attributes.empty() &&
           filter.words.empty());
}

bool holds(const item_filter& filter, const scope& which) {
  return holds(filter.cluster, std::string_view(which.cluster)) &&
         holds(filter.namespace_, std::string_view(which.namespace_)) &&
         holds(filter.inventory, std::string_view(which.inventory));
}

bool holds(const item_filter& filter, const item_view& row) {
  // What costs least comes first.
  if (!holds(filter.target, row.target_name) || !holds(filter.group, row.group) ||
      !holds(filter.version, row.version) || !holds_for_kind(filter.kind, row.kind) ||
      !holds(filter.name, row.name) || !holds(filter.uid, row.uid) ||
      !holds(filter.item_namespace, row.namespace_))
    return false;
  for (const auto& one : filter.attributes)
    if (!holds(one, row.attributes))
      return false;
  return holds_for_owners(filter.owner, row) &&
         (filter.labels.empty() || holds(filter.labels, labels_of(row))) &&
         (filter.annotations.empty() || holds(filter.annotations, labels_of(row, "annotations"))) &&
         is_found(filter.words, row);
}

std::optional<item_view> view_row(std::string_view item) {
  const auto row = parse_row(item, {.max_depth = max_depth_ceiling});
  return row ? std::optional(*row) : std::nullopt;
}

namespace {

/// Texts one after the other, each with its length, so that none can look like two.
class text_writer {
public:
  text_writer& add(std::string_view text) {
    out_.append(std::to_string(text.size())).append(":").append(text);
    return *this;
  }
  text_writer& count(std::size_t number) {
    out_.append(std::to_string(number)).append(";");
    return *this;
  }

  template <class Elements, class Add>
  void all(const Elements& elements, Add&& each) {
    count(elements.size());
    for (const auto& one : elements)
      each(one);
  }

  void add(const text_condition& condition) {
    for (const auto* side : {&condition.wanted, &condition.unwanted})
      all(*side, [&](const text_pattern& pattern) {
        all(pattern.parts, [&](const std::string& part) { add(std::string_view(part)); });
      });
  }

  void add(const label_selector& selector) {
    all(selector, [&](const label_requirement& one) {
      add(std::string_view(one.key)).count(static_cast<std::size_t>(one.how));
      all(one.values, [&](const std::string& value) { add(std::string_view(value)); });
      add(std::string_view(std::to_string(one.bound)));
    });
  }

  void add(const attribute_condition& one) {
    add(std::string_view(one.path_text));
    add(one.is);
    all(one.bounds, [&](const attribute_bound& bound) {
      count(static_cast<std::size_t>(bound.how)).add(std::string_view(bound.value));
    });
  }

  std::string take() { return std::move(out_); }

private:
  std::string out_;
};

} // namespace

std::string text_of(const item_filter& filter) {
  text_writer out;
  for (const auto* field :
       {&filter.cluster, &filter.namespace_, &filter.inventory, &filter.target, &filter.group,
        &filter.version, &filter.kind, &filter.name, &filter.uid, &filter.item_namespace, &filter.owner})
    out.add(*field);
  out.add(filter.labels);
  out.add(filter.annotations);
  out.all(filter.attributes, [&](const attribute_condition& one) { out.add(one); });
  out.all(filter.words, [&](const std::string& word) { out.add(std::string_view(word)); });
  return out.take();
}

} // namespace kollect::consumer

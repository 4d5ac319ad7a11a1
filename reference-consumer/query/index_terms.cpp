#include "query/index_terms.hpp"

#include "query/escaped_letters.hpp"

#include "query/number.hpp"

#include <kollect/item.hpp>

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace kollect::consumer {
namespace {

/// Values of paths are looked into up to here; those that are longer fit every pattern.
constexpr std::size_t longest_text = 256;
/// So many bytes together are indexed, to find parts of values.
constexpr std::size_t gram_bytes = 3;

/// Tells terms of one kind from those of others.
enum class term_kind : std::uint64_t {
  kind = 1,
  name,
  name_head,
  item_namespace,
  uid,
  label_key,
  label_value,
  owner,
  value,
  number_value,
  any_value,
  long_value,
  gram
};

index_term hash(std::string_view text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

index_term make_term(term_kind kind, std::string_view text) {
  return hash(text, static_cast<std::uint64_t>(kind));
}

/// A term about something that has a name itself: a label, or a path.
index_term make_term(term_kind kind, std::string_view of, std::string_view text) {
  return hash(text, make_term(kind, of));
}

/// Equal numbers have equal terms, however they are spelled.
index_term number_term(std::string_view path, const number& value) {
  const double real = value.real + 0.0; // of both zeros the same
  char bytes[sizeof real];
  std::memcpy(bytes, &real, sizeof real);
  return make_term(term_kind::number_value, path, {bytes, sizeof bytes});
}

/// Up to the first mark that names are put together with, which is part of it. A pattern that begins with
/// such a text asks for names that do.
std::optional<std::string_view> head_of(std::string_view name) {
  const auto end = name.find_first_of("-.");
  return end == name.npos ? std::nullopt : std::optional(name.substr(0, end + 1));
}

/// There are many of them: their bytes are spread by one multiplication.
index_term gram_term(std::uint64_t seed, std::string_view gram) {
  std::uint64_t value = seed;
  for (const char letter : gram)
    value = (value ^ static_cast<unsigned char>(letter)) * 0x9E3779B97F4A7C15U;
  return value ^ (value >> 32U);
}

void add_grams(std::vector<index_term>& to, std::string_view path, std::string_view text) {
  const auto seed = make_term(term_kind::gram, path);
  for (std::size_t at = 0; at + gram_bytes <= text.size(); ++at)
    to.push_back(gram_term(seed, text.substr(at, gram_bytes)));
}

/// What is noted of a value at a path.
void add_value(std::vector<index_term>& to, std::string_view path, std::string_view raw) {
  const auto text = scalar_text(raw);
  if (!text)
    return;
  to.push_back(make_term(term_kind::any_value, path));
  const bool is_number = raw.front() != '"';
  const auto value = is_number ? read_number(raw) : std::nullopt;
  to.push_back(value ? number_term(path, *value) : make_term(term_kind::value, path, *text));
  if (text->size() > longest_text)
    to.push_back(make_term(term_kind::long_value, path));
  add_grams(to, path, std::string_view(*text).substr(0, longest_text));
}

} // namespace

/// All paths that are indexed, as one tree, so that attributes are read once.
class term_maker::tree {
public:
  explicit tree(const index_paths& paths) : attributes_(indexed_attributes(paths)) {
    nodes_.emplace_back();
    for (const std::string place : {"", "metadata."}) {
      if (paths.labels)
        add(place + "labels", leaf::labels, 0);
      if (paths.owners)
        add(place + "ownerReferences.*", leaf::owner, 0);
    }
    for (std::size_t index = 0; index < attributes_.size(); ++index)
      add(attributes_[index].text, leaf::attribute, index);
  }

  void add_terms(std::vector<index_term>& to, std::string_view attributes) const {
    if (attributes.empty() || nodes_.size() == 1)
      return;
    json_reader reader(attributes, max_depth_ceiling);
    (void)visit(reader, {0}, to); // what is broken has no values
  }

private:
  enum class leaf { labels, owner, attribute };
  struct node {
    std::vector<std::pair<path_segment, std::size_t>> next{};
    std::vector<std::pair<leaf, std::size_t>> ends{}; ///< of paths, with the number of an attribute
  };
  using places = boost::container::small_vector<std::size_t, 4>;

  void add(const std::string& text, leaf what, std::size_t number) {
    const auto path = parse_attribute_path(text).value();
    std::size_t at = 0;
    for (const auto& segment : path) {
      auto& next = nodes_[at].next;
      const auto known =
          std::find_if(next.begin(), next.end(), [&](const auto& one) { return one.first == segment; });
      if (known != next.end()) {
        at = known->second;
        continue;
      }
      next.emplace_back(segment, nodes_.size());
      at = nodes_.size();
      nodes_.emplace_back();
    }
    nodes_[at].ends.emplace_back(what, number);
  }

  /// Where a step leads to.
  template <class Fits>
  places step(const places& from, const Fits& fits) const {
    places out;
    for (const auto at : from)
      for (const auto& [segment, next] : nodes_[at].next)
        if (segment.is_any || fits(segment))
          out.push_back(next);
    return out;
  }

  bool visit(json_reader& reader, const places& at, std::vector<index_term>& to) const {
    const bool is_end =
        std::any_of(at.begin(), at.end(), [&](auto one) { return !nodes_[one].ends.empty(); });
    if (at.empty() || is_end) {
      std::string_view raw;
      if (!reader.read_value(raw))
        return false;
      if (is_end)
        end(raw, at, to);
      return true;
    }
    return descend(reader, at, to);
  }

  bool descend(json_reader& reader, const places& at, std::vector<index_term>& to) const {
    const auto kind = reader.peek();
    if (kind == json_kind::object)
      return reader.read_object([&](const json_string& name) {
        return visit(reader, step(at, [&](const path_segment& one) { return name == one.name; }), to);
      });
    if (kind == json_kind::array) {
      std::size_t index = 0;
      return reader.read_array([&] {
        const auto next = step(at, [&](const path_segment& one) { return one.index == index; });
        ++index;
        return visit(reader, next, to);
      });
    }
    std::string_view raw;
    return reader.read_value(raw);
  }

  /// A value where paths end; others may go on from there.
  void end(std::string_view raw, const places& at, std::vector<index_term>& to) const {
    places further;
    for (const auto one : at) {
      for (const auto& [what, number] : nodes_[one].ends)
        add_end(what, number, raw, to);
      if (!nodes_[one].next.empty())
        further.push_back(one);
    }
    if (further.empty())
      return;
    json_reader reader(raw, max_depth_ceiling);
    (void)descend(reader, further, to);
  }

  void add_end(leaf what, std::size_t number, std::string_view raw, std::vector<index_term>& to) const {
    if (what == leaf::attribute)
      return add_value(to, attributes_[number].text, raw);
    if (what == leaf::owner) {
      std::vector<std::string> owners;
      add_owner(owners, raw);
      for (const auto& owner : owners)
        if (!owner.empty())
          to.push_back(make_term(term_kind::owner, owner));
      return;
    }
    label_list labels;
    add_labels(labels, raw);
    for (const auto& [key, value] : labels) {
      to.push_back(make_term(term_kind::label_key, key));
      to.push_back(make_term(term_kind::label_value, key, value));
    }
  }

  std::vector<indexed_attribute> attributes_;
  std::vector<node> nodes_;
};

term_maker::term_maker(const index_paths& paths)
    : paths_(paths), tree_(std::make_unique<const tree>(paths)) {}

term_maker::~term_maker() = default;

std::vector<index_term> term_maker::terms_of(std::string_view item) const {
  std::vector<index_term> out;
  const auto row = view_row(item);
  if (!row)
    return out;
  if (paths_.kind)
    out.push_back(make_term(term_kind::kind, to_lower(row->kind.decode())));
  if (paths_.name) {
    const auto name = row->name.decode();
    out.push_back(make_term(term_kind::name, name));
    if (const auto head = head_of(name))
      out.push_back(make_term(term_kind::name_head, *head));
  }
  if (paths_.item_namespace)
    out.push_back(make_term(term_kind::item_namespace, row->namespace_.decode()));
  if (paths_.uid)
    out.push_back(make_term(term_kind::uid, row->uid.decode()));
  tree_->add_terms(out, row->attributes);
  return out;
}

namespace {

/// Any of the patterns of a condition, each as `sets_of(pattern)` has it; nothing where one has none, as rows
/// that fit that one may have any terms.
template <class SetsOf>
void add_choice(needed_terms& to, const text_condition& condition, const SetsOf& sets_of) {
  term_choice choice;
  for (const auto& pattern : condition.wanted) {
    auto sets = sets_of(pattern);
    if (sets.empty())
      return;
    choice.insert(choice.end(), sets.begin(), sets.end());
  }
  if (!choice.empty())
    to.push_back(std::move(choice));
}

void add_exact(needed_terms& to, bool is_indexed, const text_condition& condition, term_kind kind) {
  if (is_indexed)
    add_choice(to, condition, [kind](const text_pattern& one) {
      return one.is_exact() ? term_choice{{make_term(kind, one.parts.front())}} : term_choice{};
    });
}

term_choice sets_of_name(const text_pattern& pattern) {
  if (pattern.is_exact())
    return {{make_term(term_kind::name, pattern.parts.front())}};
  const auto head = head_of(pattern.parts.front());
  return head ? term_choice{{make_term(term_kind::name_head, *head)}} : term_choice{};
}

term_choice sets_of_value(std::string_view path, const text_pattern& pattern) {
  if (pattern.is_exact()) {
    const auto& text = pattern.parts.front();
    term_choice out{{make_term(term_kind::value, path, text)}};
    if (const auto value = read_number(text))
      out.push_back({number_term(path, *value)});
    return out;
  }
  term_set grams{make_term(term_kind::any_value, path)};
  for (const auto& part : pattern.parts)
    add_grams(grams, path, part);
  return {std::move(grams), {make_term(term_kind::long_value, path)}};
}

void add_labels_needed(needed_terms& to, const label_selector& selector) {
  for (const auto& one : selector) {
    if (one.how == label_operator::not_in || one.how == label_operator::absent)
      continue;
    if (one.how != label_operator::in) {
      to.push_back({{make_term(term_kind::label_key, one.key)}});
      continue;
    }
    term_choice choice;
    for (const auto& value : one.values)
      choice.push_back({make_term(term_kind::label_value, one.key, value)});
    if (!choice.empty())
      to.push_back(std::move(choice));
  }
}

const indexed_attribute* find_covering(const std::vector<indexed_attribute>& known,
                                       const attribute_condition& asked) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const indexed_attribute& one) {
    return is_covered(asked.path, one.path);
  });
  return found == known.end() ? nullptr : &*found;
}

void add_attributes_needed(needed_terms& to, const item_filter& filter, const index_paths& paths) {
  const auto known = indexed_attributes(paths);
  for (const auto& one : filter.attributes) {
    const auto* const indexed = find_covering(known, one);
    if (indexed == nullptr)
      continue;
    add_choice(to, one.is,
               [&](const text_pattern& pattern) { return sets_of_value(indexed->text, pattern); });
    if (!one.bounds.empty())
      to.push_back({{make_term(term_kind::any_value, indexed->text)}});
  }
}

} // namespace

needed_terms terms_needed(const item_filter& filter, const index_paths& paths) {
  needed_terms out;
  add_exact(out, paths.kind, filter.kind, term_kind::kind);
  add_exact(out, paths.item_namespace, filter.item_namespace, term_kind::item_namespace);
  add_exact(out, paths.uid, filter.uid, term_kind::uid);
  add_exact(out, paths.owners, filter.owner, term_kind::owner);
  if (paths.name)
    add_choice(out, filter.name, sets_of_name);
  if (paths.labels)
    add_labels_needed(out, filter.labels);
  add_attributes_needed(out, filter, paths);
  return out;
}

namespace {

/// Whether a row without escaped letters has this text only if it has these bytes.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return letter >= ' ' && letter <= '~' &&
           std::string_view("\"\\<>&").find(letter) == std::string_view::npos;
  });
}

void add_text(std::vector<std::string>& to, const std::string& text) {
  if (is_plain(text))
    to.push_back(text);
}

/// The longest part of the only pattern. Numbers may be spelled otherwise.
void add_texts(std::vector<std::string>& to, const text_condition& condition) {
  if (condition.wanted.size() != 1)
    return;
  const auto& parts = condition.wanted.front().parts;
  const auto longest = std::max_element(parts.begin(), parts.end(), [](const auto& one, const auto& other) {
    return one.size() < other.size();
  });
  if (!(parts.size() == 1 && read_number(parts.front())))
    add_text(to, *longest);
}

} // namespace

std::vector<std::string> texts_needed(const item_filter& filter) {
  std::vector<std::string> out;
  for (const auto* field :
       {&filter.target, &filter.group, &filter.version, &filter.name, &filter.uid, &filter.item_namespace})
    add_texts(out, *field);
  for (const auto* selector : {&filter.labels, &filter.annotations})
    for (const auto& one : *selector)
      if (one.how != label_operator::not_in && one.how != label_operator::absent) {
        add_text(out, one.key);
        if (one.how == label_operator::in && one.values.size() == 1)
          add_text(out, one.values.front());
      }
  for (const auto& one : filter.attributes)
    add_texts(out, one.is);
  return out;
}

bool may_fit(std::string_view item, const std::vector<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(), [item](const auto& text) { return contains(item, text); }) ||
         has_escaped_letters(item);
}

std::string_view unindexed_path(const item_filter& filter, const index_paths& paths) {
  const auto known = indexed_attributes(paths);
  for (const auto& one : filter.attributes)
    if (find_covering(known, one) == nullptr)
      return one.path_text;
  return {};
}

} // namespace kollect::consumer

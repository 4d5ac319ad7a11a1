#ifndef KOLLECT_MANIFEST_DETAIL_MANIFEST_FIELD_HPP
#define KOLLECT_MANIFEST_DETAIL_MANIFEST_FIELD_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/detail/manifest_path.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/nearest_name.hpp>
#include <kollect/version.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// A place in a document as a decoder sees it: a node or its absence, and its path. Reading never
/// stops: what is wrong yields an empty value, and the document's first failure is kept for the end.
/// Values of scalars are not repeated in messages, as they may be secrets (SEC-02).
class manifest_field {
public:
  /// The root of `from`. The first failure goes to `first`; both must outlive all fields made from it.
  manifest_field(const document& from, std::optional<failure>& first)
      : source_(&from.source), first_(&first), node_(&from.root), position_(from.root.position) {}

  /// There and not null; Kubernetes takes a null for an absent value.
  bool present() const noexcept { return node_ != nullptr && node_->kind != node_kind::null; }
  const text_position& position() const noexcept { return position_; }
  const node& value() const noexcept { return *node_; }             ///< only where present()
  bool is_element() const noexcept { return path_.ends_with(']'); } ///< of a list

  void fail(error reason, const std::string& what, std::string_view clause = {}) const {
    if (*first_)
      return;
    *first_ = make_failure(reason, (path_.empty() ? "the document" : path_) + " " + what, clause, position_);
    (*first_)->source = *source_;
  }

  /// Passes the failure of a check on, if there is one.
  template <class Value>
  void expect(const result<Value>& checked) const {
    if (!checked)
      fail(checked.error().reason(), checked.error().message, checked.error().clause);
  }

  /// The value under a key; absent if this is not a mapping or lacks the key.
  manifest_field operator[](std::string_view key) const {
    const node* child = node_ == nullptr ? nullptr : node_->find(key);
    return {*this, child, child_path(path_, key), child == nullptr ? position_ : child->position};
  }

  /// Fails if there is nothing; its place is then that of the mapping that lacks it.
  const manifest_field& required(std::string_view clause = {}) const {
    if (!present())
      fail(error::missing_key, "is required but missing", clause);
    return *this;
  }

  /// Fails if this is not a mapping or has a key that is not among `keys`.
  void only(std::initializer_list<std::string_view> keys) const {
    if (!is(node_kind::mapping))
      return;
    for (const auto& entry : node_->entries) {
      if (std::find(keys.begin(), keys.end(), entry.key) != keys.end())
        continue;
      const manifest_field unknown(*this, nullptr, child_path(path_, entry.key), entry.key_position);
      return unknown.fail(error::unknown_key,
                          "is not a known key; " + suggest_name(entry.key, std::span(keys)));
    }
  }

  /// A string; empty where absent.
  std::string text() const { return is(node_kind::string) ? node_->text : std::string(); }

  bool boolean(bool otherwise) const {
    return is(node_kind::boolean) ? node_->text.front() == 't' || node_->text.front() == 'T' : otherwise;
  }

  /// The elements of a list; none where absent.
  std::vector<manifest_field> elements() const {
    std::vector<manifest_field> fields;
    if (!is(node_kind::sequence))
      return fields;
    for (std::size_t index = 0; index < node_->elements.size(); ++index) {
      const auto& element = node_->elements[index];
      fields.push_back({*this, &element, element_path(path_, index), element.position});
    }
    return fields;
  }

  /// The keys and values of a mapping; none where absent.
  std::vector<std::pair<std::string, manifest_field>> members() const {
    std::vector<std::pair<std::string, manifest_field>> fields;
    if (!is(node_kind::mapping))
      return fields;
    for (const auto& entry : node_->entries)
      fields.emplace_back(
          entry.key, manifest_field(*this, &entry.value, child_path(path_, entry.key), entry.value.position));
    return fields;
  }

  /// True if present and of this kind; any other kind is a failure, absence is not.
  bool is(node_kind wanted) const {
    if (!present())
      return false;
    if (node_->kind == wanted)
      return true;
    std::string what =
        "must be " + std::string(to_string(wanted)) + ", not " + std::string(to_string(node_->kind));
    const bool is_plain = node_->kind == node_kind::boolean || node_->kind == node_kind::number;
    if (wanted == node_kind::string && is_plain)
      what += "; put it in quotes";
    if ((wanted == node_kind::boolean || wanted == node_kind::number) && node_->is_quoted)
      what += "; write it without quotes";
    fail(error::invalid_value, what);
    return false;
  }

private:
  manifest_field(const manifest_field& parent, const node* value, std::string path, text_position position)
      : source_(parent.source_), first_(parent.first_), node_(value), path_(std::move(path)),
        position_(position) {}

  const std::string* source_;
  std::optional<failure>* first_;
  const node* node_;
  std::string path_;
  text_position position_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

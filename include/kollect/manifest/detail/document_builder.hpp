#ifndef KOLLECT_MANIFEST_DETAIL_DOCUMENT_BUILDER_HPP
#define KOLLECT_MANIFEST_DETAIL_DOCUMENT_BUILDER_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/detail/manifest_path.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/version.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail {

/// Makes a document from the events of a parser; the YAML and the JSON reader share it, and so the
/// rules on depth, size and duplicate keys. After the first failure every call answers false.
class document_builder {
public:
  document_builder(std::string source, const document_limits& bounds) : bounds_(bounds) {
    document_.source = std::move(source);
  }

  /// The next scalar of the innermost mapping is a key.
  bool expects_key() const noexcept {
    return !open_.empty() && open_.back().target->kind == node_kind::mapping && !open_.back().key;
  }

  bool scalar(node_kind kind, std::string text, bool is_quoted, text_position position) {
    if (expects_key())
      return add_key(kind, std::move(text), position);
    // The parsers place an empty value at whatever follows it; its key is the better place.
    if (kind == node_kind::null && !open_.empty() && open_.back().key)
      position = open_.back().key_position;
    return add(node{kind, is_quoted, position, std::move(text), {}, {}}) != nullptr;
  }

  bool begin(node_kind kind, text_position position) {
    if (expects_key())
      return refuse("a key must be a plain scalar; {{ }} of a template is to be filled in before", position);
    if (open_.size() >= bounds_.max_depth)
      return refuse("nested deeper than " + std::to_string(bounds_.max_depth) + " levels", position);
    node* target = add(node{kind, false, position, {}, {}, {}});
    if (target == nullptr)
      return false;
    open_.push_back({target, {}, {}, {}});
    return true;
  }

  void end() noexcept { open_.pop_back(); }

  /// Keeps the first failure only. Answers false.
  bool refuse(std::string what, text_position position, error reason = error::manifest_syntax) {
    if (failure_)
      return false;
    const std::string path = current_path();
    failure_ = make_failure(reason, path.empty() ? std::move(what) : path + ": " + what, {}, position);
    failure_->source = document_.source;
    return false;
  }

  const std::optional<failure>& failed() const noexcept { return failure_; }
  document take() { return std::move(document_); }

private:
  struct level {
    node* target; // stays valid: its parent gets no further child before this level ends
    std::optional<std::string> key;
    text_position key_position;
    std::unordered_map<std::string, text_position> keys;
  };

  bool add_key(node_kind kind, std::string text, text_position position) {
    if (kind == node_kind::null)
      return refuse("a key is missing", position);
    auto& here = open_.back();
    const auto [first, is_new] = here.keys.emplace(text, position);
    here.key = std::move(text);
    here.key_position = position;
    if (is_new)
      return true;
    return refuse("this key is there twice, first at " + std::to_string(first->second.line) + ":" +
                      std::to_string(first->second.column) + "; remove one of them",
                  position, error::duplicate_key);
  }

  node* add(node child) {
    if (failure_)
      return nullptr;
    if (++nodes_ > bounds_.max_nodes) {
      refuse("more than " + std::to_string(bounds_.max_nodes) + " values in one document", child.position);
      return nullptr;
    }
    if (open_.empty())
      return &(document_.root = std::move(child));
    auto& here = open_.back();
    if (!here.key)
      return &here.target->elements.emplace_back(std::move(child));
    auto& entry = here.target->entries.emplace_back(
        mapping_entry{std::move(*here.key), here.key_position, std::move(child)});
    here.key.reset();
    return &entry.value;
  }

  /// The path of the pending key or of the list's next element.
  std::string current_path() const {
    std::string path;
    for (std::size_t index = 0; index < open_.size(); ++index) {
      const auto& here = open_[index];
      const bool is_innermost = index + 1 == open_.size();
      if (here.target->kind == node_kind::sequence)
        path = element_path(path, here.target->elements.size() - (is_innermost ? 0 : 1));
      else if (here.key)
        path = child_path(path, *here.key);
      else if (!is_innermost)
        path = child_path(path, here.target->entries.back().key);
    }
    return path;
  }

  document document_;
  document_limits bounds_;
  std::vector<level> open_;
  std::size_t nodes_ = 0;
  std::optional<failure> failure_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::detail

#endif

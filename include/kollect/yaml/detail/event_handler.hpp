#ifndef KOLLECT_YAML_DETAIL_EVENT_HANDLER_HPP
#define KOLLECT_YAML_DETAIL_EVENT_HANDLER_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/detail/document_builder.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/version.hpp>
#include <kollect/yaml/detail/core_schema.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::yaml::detail {

using kollect::detail::document_builder;

[[nodiscard]] inline text_position to_position(const YAML::Mark& mark) noexcept {
  return {static_cast<std::size_t>(mark.pos), static_cast<std::size_t>(mark.line) + 1,
          static_cast<std::size_t>(mark.column) + 1};
}

/// Leaves yaml-cpp's parser; the failure is in the handler.
struct parsing_refused {};

/// Makes documents from yaml-cpp's events, and refuses what a manifest does not need: anchors,
/// aliases, merge keys and tags. No value is ever made twice, so nothing can grow beyond the text.
class event_handler final : public YAML::EventHandler {
public:
  event_handler(std::string_view text, std::string source, const document_limits& bounds)
      : text_(text), source_(std::move(source)), bounds_(bounds) {}

  const std::optional<failure>& failed() const noexcept { return failure_; }
  std::vector<document> take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    builder_.emplace(source_, bounds_);
    // yaml-cpp takes any text behind a complete value for one more document, sometimes without end.
    const auto position = to_position(mark);
    const bool has_marker = position.column == 1 && text_.substr(position.offset).starts_with("---");
    if (!documents_.empty() && !has_marker)
      refuse("there is more text after the document; a new one begins with ---", position);
    if (documents_.size() == bounds_.max_documents)
      refuse("there are more than " + std::to_string(bounds_.max_documents) + " documents", position);
  }
  void OnDocumentEnd() override { documents_.push_back(builder_->take()); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(anchor, mark);
    proceed(builder_->scalar(node_kind::null, {}, false, to_position(mark)));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse("an alias (*name) is not allowed; write the value out", to_position(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(anchor, mark);
    const bool is_quoted = tag == "!";
    refuse_tag(is_quoted ? std::string() : tag, mark);
    if (!is_quoted && value == "<<" && builder_->expects_key())
      refuse("a merge key (<<) is not allowed; write the keys out", to_position(mark));
    proceed(builder_->scalar(is_quoted ? node_kind::string : plain_scalar_kind(value), value, is_quoted,
                             to_position(mark)));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(node_kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { builder_->end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(node_kind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { builder_->end(); }

private:
  void begin(node_kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(anchor, mark);
    refuse_tag(tag, mark);
    proceed(builder_->begin(kind, to_position(mark)));
  }

  void refuse_anchor(YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor != YAML::NullAnchor)
      refuse("an anchor (&name) is not allowed; write the value out", to_position(mark));
  }

  /// yaml-cpp gives `?` for no tag.
  void refuse_tag(const std::string& tag, const YAML::Mark& mark) {
    if (!tag.empty() && tag != "?")
      refuse("a tag (!name) is not allowed; remove it", to_position(mark));
  }

  void refuse(std::string what, text_position position) {
    proceed(builder_->refuse(std::move(what), position));
  }

  void proceed(bool is_fine) {
    if (is_fine)
      return;
    failure_ = builder_->failed();
    throw parsing_refused{};
  }

  std::string_view text_;
  std::string source_;
  document_limits bounds_;
  std::optional<document_builder> builder_;
  std::vector<document> documents_;
  std::optional<failure> failure_;
};

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::yaml::detail

#endif

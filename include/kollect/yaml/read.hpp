#ifndef KOLLECT_YAML_READ_HPP
#define KOLLECT_YAML_READ_HPP

#include <kollect/detail/utf8.hpp>
#include <kollect/error.hpp>
#include <kollect/manifest/decode.hpp>
#include <kollect/manifest/detail/line_counter.hpp>
#include <kollect/manifest/document.hpp>
#include <kollect/manifest/document_json.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/read_file.hpp>
#include <kollect/version.hpp>
#include <kollect/yaml/detail/event_handler.hpp>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE::yaml {

namespace detail {

[[nodiscard]] inline failure syntax_failure(std::string what, const std::string& source,
                                            std::optional<text_position> position = {}) {
  auto refusal = make_failure(error::manifest_syntax, std::move(what), {}, position);
  refusal.source = source;
  return refusal;
}

/// YAML text is UTF-8 without control characters. yaml-cpp would guess other encodings, and take the
/// byte 0x04 for the end.
[[nodiscard]] inline std::optional<failure> refuse_bytes(std::string_view text, const std::string& source) {
  const auto refuse = [&](std::size_t at, const char* what) {
    return syntax_failure(what, source, kollect::detail::line_counter(text).at(at));
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_line_end = byte == '\n' || (byte == '\r' && text.substr(at + 1, 1) == "\n");
    if ((byte < 0x20 && byte != '\t' && !is_line_end) || byte == 0x7F)
      return refuse(at, "a control character is not allowed here; use an escape within double quotes");
    const auto length = kollect::detail::utf8_length(text, at);
    if (length == 0)
      return refuse(at, "the text is not UTF-8");
    at += length;
  }
  return {};
}

/// Where a tab stands in the indentation of a line: yaml-cpp refuses it further on, and for another reason.
[[nodiscard]] inline std::optional<text_position> find_indenting_tab(std::string_view text) {
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    const auto content = line.find_first_not_of(" \t\r");
    const auto tab = line.find('\t');
    if (content != std::string_view::npos && tab < content)
      return text_position{begin + tab, number, tab + 1};
    begin = end + 1;
  }
  return {};
}

[[nodiscard]] inline result<std::vector<document>> read_yaml(std::string_view text, const std::string& source,
                                                             const document_limits& bounds) {
  event_handler handler(text, source, bounds);
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(handler)) {
    }
    return handler.take();
  } catch (const parsing_refused&) {
    return *handler.failed();
  } catch (const YAML::Exception& exception) {
    if (const auto tab = find_indenting_tab(text);
        tab && (exception.mark.is_null() || tab->line <= to_position(exception.mark).line + 1))
      return syntax_failure("a tab in the indentation; use blanks", source, tab);
    // What follows a colon in these messages is a piece of the text, which may be of a secret (SEC-02).
    const auto what = exception.msg.substr(0, exception.msg.find(':'));
    const bool has_mark = !exception.mark.is_null();
    return syntax_failure("not valid YAML: " + what, source,
                          has_mark ? std::optional(to_position(exception.mark)) : std::nullopt);
  } catch (const std::exception&) {
    return syntax_failure("not valid YAML", source);
  }
}

/// Whether a text begins as a JSON object must: with `{` and then `"` or `}`, white space aside. Only YAML
/// has keys without quotes.
[[nodiscard]] inline bool begins_as_json(std::string_view text) noexcept {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos || text[first] != '{')
    return false;
  const auto second = text.find_first_not_of(blank, first + 1);
  return second == std::string_view::npos || text[second] == '"' || text[second] == '}';
}

} // namespace detail

/// Reads all documents of a text; `source` names it in error messages. Text that begins with `{` and a
/// double quote is read as one JSON value, since YAML does not know JSON's escaped surrogate pairs;
/// anything else as YAML 1.2.
///
/// Strict: refuses duplicate keys, anchors, aliases, merge keys, tags, what is not UTF-8, and what is
/// beyond `bounds`, each with line and column. Linear in the text.
/// Reasons: error::manifest_syntax, error::duplicate_key.
[[nodiscard]] inline result<std::vector<document>> read(std::string_view text, const std::string& source,
                                                        const document_limits& bounds = {}) {
  if (text.size() > bounds.max_bytes)
    return detail::syntax_failure(
        "the text is longer than the limit of " + std::to_string(bounds.max_bytes) + " bytes", source);
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3); // a byte order mark is no content
  if (!detail::begins_as_json(text)) {
    if (auto refusal = detail::refuse_bytes(text, source))
      return *refusal;
    return detail::read_yaml(text, source, bounds);
  }
  auto json = read_document_json(text, source, bounds);
  if (json)
    return std::vector<document>{std::move(*json)};
  auto refusal = json.error();
  if (refusal.reason() == error::manifest_syntax)
    refusal.message += " (a text that begins with {\" is read as JSON)";
  return refusal;
}

/// Reads and decodes a manifest that is already in memory: see read() and decode_manifest().
[[nodiscard]] inline result<manifest_file>
read_manifest_text(std::string_view text, const std::string& source, const document_limits& bounds = {}) {
  auto documents = read(text, source, bounds);
  if (!documents)
    return documents.error();
  auto file = decode_manifest(*documents);
  if (file)
    file->source = source;
  return file;
}

/// Reads and decodes a manifest file. A file that cannot be read, or is larger than the limit, is
/// error::file_unreadable; no more than the limit is ever read of it. For the rest see read() and
/// decode_manifest().
[[nodiscard]] inline result<manifest_file> read_manifest(const std::filesystem::path& path,
                                                         const document_limits& bounds = {}) {
  auto text = kollect::read_file(path, bounds.max_bytes);
  if (!text)
    return text.error();
  return read_manifest_text(*text, path.string(), bounds);
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE::yaml

#endif
